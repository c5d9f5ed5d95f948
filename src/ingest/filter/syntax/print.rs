//! The tree as text: one canonical form, with all the parentheses that a reader needs. Parsed again it is the same tree.

use std::fmt;

use super::escape::{pattern_of, quote, text_of};
use super::tree::{Call, Comparison, Expr, Literal, Op, Path, Target, Value};

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::And(parts) => joined(f, parts, " AND ", |part| matches!(part, Expr::Or(_))),
            Expr::Or(parts) => joined(f, parts, " OR ", |part| matches!(part, Expr::And(_))),
            Expr::Not(inner) => match **inner {
                Expr::And(_) | Expr::Or(_) => write!(f, "NOT ({inner})"),
                _ => write!(f, "NOT {inner}"),
            },
            Expr::Compare(comparison) => write!(f, "{comparison}"),
            Expr::Call(call) => write!(f, "{call}"),
            Expr::Word(literal) => f.write_str(&text(literal)),
        }
    }
}

/// Parts with a word between them, in parentheses where `groups` says so.
fn joined<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    parts: &[T],
    word: &str,
    groups: impl Fn(&T) -> bool,
) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(word)?;
        }
        if groups(part) {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.target, self.op.sign())?;
        let values = Values(&self.value, self.op);
        match self.value {
            Value::Present | Value::One(_) => write!(f, "{values}"),
            _ => write!(f, "({values})"),
        }
    }
}

/// Values as they stand in the parentheses behind an operator.
pub(super) fn values(value: &Value, op: Op) -> String {
    Values(value, op).to_string()
}

fn with(parts: &[Value], op: Op) -> Vec<Values<'_>> {
    parts.iter().map(|v| Values(v, op)).collect()
}

struct Values<'a>(&'a Value, Op);

impl fmt::Display for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Values(value, op) = *self;
        match value {
            Value::Present => f.write_str("*"),
            Value::One(literal) if op.is_regex() => f.write_str(&regex(literal)),
            Value::One(literal) => f.write_str(&text(literal)),
            Value::And(parts) => joined(f, &with(parts, op), " AND ", |v| matches!(v.0, Value::Or(_))),
            Value::Or(parts) => joined(f, &with(parts, op), " OR ", |v| matches!(v.0, Value::And(_))),
            Value::Not(inner) => match **inner {
                Value::And(_) | Value::Or(_) => write!(f, "NOT ({})", Values(inner, op)),
                _ => write!(f, "NOT {}", Values(inner, op)),
            },
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Field(field) => f.write_str(&path(field)),
            Target::Cast(inner, ty, None, _) => write!(f, "cast({inner}, {})", ty.name()),
            Target::Cast(inner, ty, Some(zone), _) => {
                write!(f, "cast({inner}, {}, TIMEZONE({}))", ty.name(), always_quoted(zone))
            }
            Target::Extract(inner, pattern, _) => write!(f, "regexp_extract({inner}, {})", regex(pattern)),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Call::LogId(id) => write!(f, "log_id({})", always_quoted(id)),
            Call::InNet(target, net) => write!(f, "ip_in_net({target}, {})", always_quoted(net)),
            Call::Sample(field, fraction) => write!(f, "sample({}, {})", path(field), fraction.raw),
            Call::Search(None, query) => write!(f, "SEARCH({})", always_quoted(query)),
            Call::Search(Some(field), query) => write!(f, "SEARCH({}, {})", path(field), always_quoted(query)),
            Call::Source(source) => write!(f, "source({})", always_quoted(source)),
        }
    }
}

/// The path with its dots, each name quoted where it must be.
pub fn path(path: &Path) -> String {
    let name = |name: &str| {
        if is_plain(name) { name.to_owned() } else { quote(name) }
    };
    let names: Vec<String> = path.segments.iter().map(|s| name(&s.name)).collect();
    names.join(".")
}

/// Whether bare text needs no quotes: letters, digits, `_`, and no word of the language.
fn is_plain(text: &str) -> bool {
    let is_word = matches!(text, "AND" | "OR" | "NOT");
    !text.is_empty() && !is_word && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn text(literal: &Literal) -> String {
    if !literal.quoted && is_plain(&literal.raw) {
        return literal.raw.clone();
    }
    always_quoted(literal)
}

fn always_quoted(literal: &Literal) -> String {
    if literal.quoted {
        quote(&text_of(&literal.raw).0)
    } else {
        quote(&literal.raw)
    }
}

/// A regex keeps its own escapes: only quotes and backslashes are the string's.
fn regex(literal: &Literal) -> String {
    let pattern = if literal.quoted {
        pattern_of(&literal.raw)
    } else {
        literal.raw.clone()
    };
    format!("\"{}\"", pattern.replace('\\', "\\\\").replace('"', "\\\""))
}
