//! Walks a record once and notes where the values of the plan's fields stand.

use super::super::program::{Node, Plan};
use super::super::schema::{Type, find, loose};
use super::value::Raw;
use crate::ingest::scan::{Cursor, Marks, NotJson, Token, decode, seconds_and_nanos};

/// A value of a slot: its bytes stand at `start..end` of the record.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    pub slot: usize,
    pub ty: Type,
    kind: Kind,
    start: usize,
    end: usize,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    String,
    Scalar,
    Nanos(i64),
    Container,
}

impl Found {
    /// The value in its record.
    pub fn raw<'a>(&self, record: &'a [u8]) -> Raw<'a> {
        let bytes = record.get(self.start..self.end).unwrap_or_default();
        match self.kind {
            Kind::String => Raw::String(bytes),
            Kind::Scalar => Raw::Scalar(bytes),
            Kind::Nanos(ns) => Raw::Nanos(ns),
            Kind::Container => Raw::Container,
        }
    }
}

/// Notes the values of all slots. `found` and `marks` are room that is used again.
///
/// # Errors
/// The record is no JSON object.
pub fn walk(record: &[u8], plan: &Plan, marks: &mut Marks, found: &mut Vec<Found>) -> Result<(), NotJson> {
    found.clear();
    marks.mark(record);
    // What stands before the object (a byte order mark, white space) was passed by the scanner.
    let start = memchr::memchr(b'{', record).ok_or(NotJson)?;
    let first = marks.quotes().partition_point(|q| (*q as usize) < start);
    let mut cursor = Cursor::new(record, start, record.len(), marks.quotes(), first);
    let root = &plan.nodes[0];
    let mut walker = Walker {
        plan,
        found,
        deep: root.deep.clone(),
    };
    walker.object(&mut cursor, Some(root), root.ty, false)
}

struct Walker<'w> {
    plan: &'w Plan,
    found: &'w mut Vec<Found>,
    /// Slots to which everything belongs here.
    deep: Vec<usize>,
}

impl<'w> Walker<'w> {
    /// `is_wrapped`: the audit entry of Log Analytics, whose fields stand one level deeper.
    fn object(
        &mut self,
        c: &mut Cursor<'_>,
        node: Option<&'w Node>,
        ty: Type,
        is_wrapped: bool,
    ) -> Result<(), NotJson> {
        c.object(|c, raw| {
            let mut scratch = String::new();
            let (name, _) = decode(raw, &mut scratch);
            if is_wrapped && loose(name) == "auditlog" && c.peek() == Some(b'{') {
                return self.object(c, node, ty, false);
            }
            let next = node.and_then(|node| {
                let (_, next) = node.edges.iter().find(|(key, _)| key.is(name))?;
                Some(&self.plan.nodes[*next])
            });
            match next {
                Some(next) => {
                    let before = self.deep.len();
                    self.deep.extend(&next.deep);
                    let is_wrapped = ty != Type::Any && next.ty == Type::Any;
                    self.value(c, Some(next), next.ty, is_wrapped)?;
                    self.deep.truncate(before);
                    Ok(())
                }
                None if self.deep.is_empty() => c.skip(),
                None => self.value(c, None, below(ty, name), false),
            }
        })
    }

    fn value(&mut self, c: &mut Cursor<'_>, node: Option<&'w Node>, ty: Type, is_wrapped: bool) -> Result<(), NotJson> {
        match c.value()? {
            Token::String(text) => {
                // The cursor stands behind the closing quote.
                let end = c.position() - 1;
                self.note(node, ty, (Kind::String, end - text.len(), end));
                Ok(())
            }
            Token::Scalar(text) => {
                let end = c.position();
                self.note(node, ty, (Kind::Scalar, end - text.len(), end));
                Ok(())
            }
            Token::Object if ty == Type::Duration => {
                if let Some(ns) = seconds_and_nanos(c)? {
                    self.note(node, ty, (Kind::Nanos(ns), 0, 0));
                }
                Ok(())
            }
            Token::Object => {
                self.note_container(node, ty);
                self.object(c, node, ty, is_wrapped)
            }
            // No LogEntry has a list where one value belongs: it is not set then.
            Token::Array if ty.is_scalar() => c.skip(),
            Token::Array => {
                // A list that is not set is an empty one; in a payload an empty array is a value.
                if matches!(ty, Type::Struct | Type::Any) {
                    self.note_container(node, ty);
                }
                c.array(|c| self.value(c, node, ty, false))
            }
        }
    }

    /// Notes a value for the slots of its place, and for those of everything around it.
    fn note(&mut self, node: Option<&Node>, ty: Type, (kind, start, end): (Kind, usize, usize)) {
        let here = node.map_or(&[][..], |node| &node.slots);
        for slot in here.iter().chain(&self.deep).copied() {
            self.found.push(Found {
                slot,
                ty,
                kind,
                start,
                end,
            });
        }
    }

    fn note_container(&mut self, node: Option<&Node>, ty: Type) {
        for slot in node.map_or(&[][..], |node| &node.slots).iter().copied() {
            self.found.push(Found {
                slot,
                ty,
                kind: Kind::Container,
                start: 0,
                end: 0,
            });
        }
    }
}

/// The type of a name that the plan does not know. What no LogEntry has is of the type that its JSON says.
fn below(ty: Type, name: &str) -> Type {
    match ty {
        Type::Message(fields) | Type::List(fields) => find(fields, name).map_or(Type::Struct, |f| f.ty),
        Type::Labels => Type::Text,
        Type::Any => Type::Any,
        _ => Type::Struct,
    }
}
