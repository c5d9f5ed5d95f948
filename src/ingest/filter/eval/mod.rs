//! Asks a filter about entries. What the scanner knows is asked first; a record is walked only if that does not decide.

mod compare;
mod record;
mod steps;
mod value;
mod walk;

pub use record::Record;

use super::program::{self, Check, Leaf, Needle, Plan, Slot, Test};
use super::schema::Type;
use crate::ingest::scan::Marks;
use record::Fact;
use value::{Raw, Value, default_of};
use walk::{Found, walk};

/// A condition with its fields, and room for the values of one record after the other.
#[derive(Debug)]
pub struct Matcher<'f> {
    test: Option<&'f Test>,
    plan: &'f Plan,
    marks: Marks,
    found: Vec<Found>,
}

impl<'f> Matcher<'f> {
    pub(super) fn new(test: Option<&'f Test>, plan: &'f Plan) -> Matcher<'f> {
        Matcher {
            test,
            plan,
            marks: Marks::default(),
            found: vec![],
        }
    }

    /// Whether the entry is one that the filter takes. A record that is no JSON object is not.
    pub fn matches(&mut self, record: &Record<'_>) -> bool {
        let Some(test) = self.test else { return true };
        let known = Known {
            plan: self.plan,
            record,
        };
        if let Some(decided) = decide(test, &known) {
            return decided;
        }
        let Some(bytes) = record.json_bytes() else {
            let line = Line {
                plan: self.plan,
                record,
            };
            return decide(test, &line).unwrap_or(false);
        };
        if walk(bytes, self.plan, &mut self.marks, &mut self.found).is_err() {
            return false;
        }
        let walked = Walked {
            known,
            bytes,
            found: &self.found,
        };
        decide(test, &walked).unwrap_or(false)
    }
}

/// Where the values of fields come from.
trait Facts {
    /// Whether any value of the leaf's field meets its condition; `None` if the values are not known.
    fn any(&self, leaf: &Leaf) -> Option<bool>;
}

/// Kleene's logic: what is unknown does not matter where the rest decides.
fn decide(test: &Test, facts: &impl Facts) -> Option<bool> {
    match test {
        Test::Leaf(leaf) => facts.any(leaf),
        Test::Not(inner) => decide(inner, facts).map(|b| !b),
        Test::And(parts) => until(parts, facts, false),
        Test::Or(parts) => until(parts, facts, true),
    }
}

/// The deciding value if any part has it, else the other one if all are known.
fn until(parts: &[Test], facts: &impl Facts, deciding: bool) -> Option<bool> {
    let mut all_known = true;
    for part in parts {
        match decide(part, facts) {
            Some(b) if b == deciding => return Some(deciding),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!deciding)
}

/// Whether a value meets the leaf's condition after the leaf's steps.
fn meets(value: &Value<'_>, leaf: &Leaf) -> bool {
    if leaf.steps.is_empty() {
        return compare::holds(value, &leaf.check);
    }
    steps::apply(value, &leaf.steps).is_some_and(|value| compare::holds(&value, &leaf.check))
}

/// Whether a field without any value meets the condition: by its default, if it has one.
fn meets_unset(slot: &Slot, leaf: &Leaf) -> bool {
    let is_asked = slot.has_default && !matches!(leaf.check, Check::Present);
    is_asked && default_of(slot.ty).is_some_and(|value| meets(&value, leaf))
}

/// Whether the value is one that was set. What a LogEntry leaves out when it is the default is not; nor is null, except in
/// a payload, where it is a value.
fn is_present(slot: &Slot, value: &Value<'_>) -> bool {
    let is_default = slot.has_default && slot.ty != Type::Duration && default_of(slot.ty).as_ref() == Some(value);
    let is_unset = slot.keys.len() == 1 && *value == Value::Null;
    !is_default && !is_unset
}

/// Whether a field with one value or none meets the condition.
fn single(slot: &Slot, leaf: &Leaf, fact: Option<Fact<'_>>) -> bool {
    let mut scratch = String::new();
    let value = match fact {
        None => None,
        Some(Fact::Text(raw)) => Raw::String(raw).typed(slot.ty, &mut scratch),
        Some(Fact::Value(value)) => Some(value),
    };
    match (value, &leaf.check) {
        (None, _) => meets_unset(slot, leaf),
        (Some(value), Check::Present) => is_present(slot, &value),
        (Some(value), _) => meets(&value, leaf),
    }
}

/// What the scanner knows.
struct Known<'a, 'r> {
    plan: &'a Plan,
    record: &'a Record<'r>,
}

impl Known<'_, '_> {
    fn fact(&self, leaf: &Leaf) -> Option<bool> {
        let slot = &self.plan.slots[leaf.slot];
        if let (Check::LogId(_), Some(name)) = (&leaf.check, self.record.log()) {
            return Some(single(slot, leaf, Some(Fact::Text(name))));
        }
        let fact = self.record.known(slot.known?)?;
        Some(single(slot, leaf, fact))
    }
}

impl Facts for Known<'_, '_> {
    fn any(&self, leaf: &Leaf) -> Option<bool> {
        let is_everything = self.plan.slots[leaf.slot].keys.is_empty();
        match (&leaf.check, self.record.scanned_bytes()) {
            (Check::Compare(_, needle), Some(bytes)) if is_everything => anywhere(needle, bytes, self.record),
            _ => self.fact(leaf),
        }
    }
}

/// Whether any field holds the text, as far as it shows in the bytes of the record: what is not there is in no string.
fn anywhere(needle: &Needle, bytes: &[u8], record: &Record<'_>) -> Option<bool> {
    if let Some(number) = needle.severity {
        let Some(Fact::Value(severity)) = record.known(program::Known::Severity)? else {
            return None;
        };
        if severity == Value::Severity(number) {
            return Some(true);
        }
    }
    let is_plain = needle.number.is_none() && needle.bool.is_none() && needle.time.is_none();
    let is_text = is_plain && needle.duration.is_none() && !needle.is_null;
    (is_text && !needle.text.may_be_in_json(bytes)).then_some(false)
}

/// A line of plain text: what is not known does not exist.
struct Line<'a, 'r> {
    plan: &'a Plan,
    record: &'a Record<'r>,
}

impl Facts for Line<'_, '_> {
    fn any(&self, leaf: &Leaf) -> Option<bool> {
        let slot = &self.plan.slots[leaf.slot];
        let fact = |field| self.record.known(field).flatten();
        if !slot.keys.is_empty() {
            return Some(single(slot, leaf, slot.known.and_then(fact)));
        }
        let text = Slot {
            ty: Type::Text,
            ..slot.clone()
        };
        let known = [program::Known::TextPayload, program::Known::Time];
        Some(known.into_iter().any(|field| single(&text, leaf, fact(field))))
    }
}

/// What a walk found.
struct Walked<'a, 'r> {
    known: Known<'a, 'r>,
    bytes: &'a [u8],
    found: &'a [Found],
}

impl Facts for Walked<'_, '_> {
    fn any(&self, leaf: &Leaf) -> Option<bool> {
        if let Some(decided) = self.known.fact(leaf) {
            return Some(decided);
        }
        let slot = &self.known.plan.slots[leaf.slot];
        let mut scratch = String::new();
        let mut state = match &leaf.check {
            Check::Words(words) => Some(words.none()),
            _ => None,
        };
        let mut is_set = false;
        for found in self.found.iter().filter(|f| f.slot == leaf.slot) {
            let Some(value) = found.raw(self.bytes).typed(found.ty, &mut scratch) else {
                continue;
            };
            is_set = true;
            let is_met = match (&leaf.check, &mut state, &value) {
                (Check::Words(words), Some(state), Value::Text(text)) => words.look(text, state),
                (Check::Words(_), ..) => false,
                (Check::Present, _, value) => is_present(slot, value),
                (_, _, value) => meets(value, leaf),
            };
            if is_met {
                return Some(true);
            }
        }
        Some(!is_set && meets_unset(slot, leaf))
    }
}
