//! The time that a filter asks for: what its conditions on `timestamp` say that all entries must meet.

use super::super::syntax::{Expr, Op, Target, Value, text_of};
use super::needle::time;
use crate::model::{Timestamp, Window};

/// The window outside of which no entry can match; without bounds where the filter says nothing for sure.
pub fn time_bounds(expr: &Expr) -> Window {
    match expr {
        Expr::And(parts) => parts.iter().map(time_bounds).fold(Window::ALL, intersect),
        Expr::Compare(comparison) => {
            let Target::Field(field) = &comparison.target else {
                return Window::ALL;
            };
            let is_timestamp = matches!(&field.segments[..], [only] if only.name == "timestamp");
            match &comparison.value {
                Value::One(literal) if is_timestamp => {
                    let text = if literal.quoted {
                        text_of(&literal.raw).0
                    } else {
                        literal.raw.clone()
                    };
                    time(&text).map_or(Window::ALL, |time| window(comparison.op, time))
                }
                _ => Window::ALL,
            }
        }
        _ => Window::ALL,
    }
}

fn window(op: Op, time: Timestamp) -> Window {
    // The end of time is no bound.
    let after = time.0.checked_add(1).map(Timestamp);
    let (start, end) = match op {
        Op::Eq | Op::Has => (Some(time), after),
        Op::Ge => (Some(time), None),
        Op::Gt => (after.or(Some(time)), None),
        Op::Lt => (None, Some(time)),
        Op::Le => (None, after),
        Op::Ne | Op::Match | Op::NoMatch => (None, None),
    };
    Window { start, end }
}

fn intersect(a: Window, b: Window) -> Window {
    Window {
        start: a.start.max(b.start),
        end: [a.end, b.end].into_iter().flatten().min(),
    }
}
