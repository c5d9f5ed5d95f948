//! The fields that a filter names, each once, as a tree of names: one walk over a record meets them all.

use super::super::schema::{Key, LOG_ENTRY, Type};

/// A field whose values are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub keys: Vec<Key>,
    pub ty: Type,
    /// Everything below the field belongs to it.
    pub is_deep: bool,
    /// Unset, its values are its type's default.
    pub has_default: bool,
    /// The scanner knows it: no walk is needed.
    pub known: Option<Known>,
}

/// Fields that the scanner reads anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    Severity,
    Time,
    LogName,
    InsertId,
    Trace,
    TextPayload,
    ResourceType,
    Project,
    Location,
    Service,
    Revision,
    Status,
    Latency,
}

/// One name on the way to fields.
#[derive(Debug, Clone)]
pub struct Node {
    pub ty: Type,
    /// Names that lead on, and the nodes that they lead to.
    pub edges: Vec<(Key, usize)>,
    /// Slots whose values stand here.
    pub slots: Vec<usize>,
    /// Slots whose values stand here or anywhere below.
    pub deep: Vec<usize>,
}

/// All fields of a filter. Node 0 is the entry.
#[derive(Debug, Clone)]
pub struct Plan {
    pub nodes: Vec<Node>,
    pub slots: Vec<Slot>,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            nodes: vec![Node::new(Type::Message(LOG_ENTRY))],
            slots: vec![],
        }
    }
}

impl Node {
    fn new(ty: Type) -> Node {
        Node {
            ty,
            edges: vec![],
            slots: vec![],
            deep: vec![],
        }
    }
}

impl Plan {
    /// The number of a slot; equal ones are one.
    pub fn slot(&mut self, mut slot: Slot) -> usize {
        if let Some(number) = self
            .slots
            .iter()
            .position(|s| s.keys == slot.keys && s.is_deep == slot.is_deep)
        {
            return number;
        }
        let number = self.slots.len();
        slot.known = known(&slot);
        let mut node = 0;
        for key in &slot.keys {
            node = self.step(node, key);
        }
        if slot.is_deep {
            self.nodes[node].deep.push(number);
        } else {
            self.nodes[node].slots.push(number);
        }
        self.slots.push(slot);
        number
    }

    fn step(&mut self, node: usize, key: &Key) -> usize {
        if let Some((_, next)) = self.nodes[node].edges.iter().find(|(k, _)| k == key) {
            return *next;
        }
        let next = self.nodes.len();
        self.nodes.push(Node::new(below(self.nodes[node].ty, key)));
        self.nodes[node].edges.push((key.clone(), next));
        next
    }
}

/// The type of what a key leads to.
fn below(ty: Type, key: &Key) -> Type {
    match (ty, key) {
        (Type::Message(fields) | Type::List(fields), Key::Field(name, _)) => {
            fields.iter().find(|f| f.name == *name).map_or(Type::Struct, |f| f.ty)
        }
        (Type::Labels, _) => Type::Text,
        _ => ty,
    }
}

fn known(slot: &Slot) -> Option<Known> {
    if slot.is_deep {
        return None;
    }
    let names: Vec<&str> = slot
        .keys
        .iter()
        .map(|key| match key {
            Key::Field(name, _) => name,
            Key::Exact(name) | Key::Loose(name) => name.as_str(),
        })
        .collect();
    Some(match names[..] {
        ["severity"] => Known::Severity,
        ["timestamp"] => Known::Time,
        ["logName"] => Known::LogName,
        ["insertId"] => Known::InsertId,
        ["trace"] => Known::Trace,
        ["textPayload"] => Known::TextPayload,
        ["resource", "type"] => Known::ResourceType,
        ["resource", "labels", "project_id"] => Known::Project,
        ["resource", "labels", "location"] => Known::Location,
        ["resource", "labels", "service_name"] => Known::Service,
        ["resource", "labels", "revision_name"] => Known::Revision,
        ["httpRequest", "status"] => Known::Status,
        ["httpRequest", "latency"] => Known::Latency,
        _ => return None,
    })
}
