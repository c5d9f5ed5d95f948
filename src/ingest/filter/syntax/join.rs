//! Conditions, or values, joined by AND or OR: flat, without parentheses that change nothing.

use super::tree::{Expr, Value};

/// Parts that are joined in the same way.
pub(super) trait Joined: Sized {
    /// The parts of an AND (`is_and`) or OR, if it is one; itself otherwise.
    fn parts(self, is_and: bool) -> Result<Vec<Self>, Self>;
}

impl Joined for Expr {
    fn parts(self, is_and: bool) -> Result<Vec<Expr>, Expr> {
        match (self, is_and) {
            (Expr::And(parts), true) | (Expr::Or(parts), false) => Ok(parts),
            (other, _) => Err(other),
        }
    }
}

impl Joined for Value {
    fn parts(self, is_and: bool) -> Result<Vec<Value>, Value> {
        match (self, is_and) {
            (Value::And(parts), true) | (Value::Or(parts), false) => Ok(parts),
            (other, _) => Err(other),
        }
    }
}

/// One part as it is, several joined; parentheses that change nothing are gone.
pub(super) fn join<T: Joined>(mut parts: Vec<T>, kind: impl Fn(Vec<T>) -> T) -> T {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    let is_and = kind(vec![]).parts(true).is_ok();
    let flat = parts
        .into_iter()
        .flat_map(|part| part.parts(is_and).unwrap_or_else(|part| vec![part]));
    kind(flat.collect())
}
