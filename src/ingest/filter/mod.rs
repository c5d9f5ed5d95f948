//! The Logging query language: parsed with positions in errors, evaluated over entries as Cloud Logging would.
//!
//! Input: the text of a filter, and entries as they stand in their source. Output: whether an entry matches. The same
//! text goes to the API and is evaluated on files; where Google's documents leave something open, docs/filter.md says
//! what is done here. A filter that cannot be evaluated is an error: it never just lets entries through.
//!
//! ```text
//! text ─ lexer, parser ─▶ tree ─ schema, check ─▶ conditions over fields ─ known fields, walk ─▶ true or false
//! ```

mod error;
mod eval;
mod fold;
mod program;
mod re2;
mod schema;
mod syntax;
#[cfg(test)]
mod tests;

use std::fmt;

pub use error::{FilterError, Warning};
pub use eval::{Matcher, Record};
pub use syntax::{CHARS_MAX, DEPTH_MAX, quote};

use crate::model::Window;
use program::Checked;
use syntax::Expr;

/// A filter of the Logging query language.
///
/// ```
/// use logverdict::ingest::filter::{Filter, Record};
///
/// let filter = Filter::parse(r#"severity>=ERROR AND textPayload:"timeout""#)?;
/// assert!(filter.matches(&Record::json(br#"{"severity":"ERROR","textPayload":"Timeout of db-1"}"#)));
/// let error = Filter::parse("severty=ERROR").unwrap_err();
/// assert_eq!((error.column, error.hint.as_str()), (1, "did you mean severity?"));
/// # Ok::<(), logverdict::ingest::filter::FilterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Filter {
    text: String,
    root: Option<Expr>,
    checked: Checked,
    warnings: Vec<Warning>,
}

impl Filter {
    /// Reads a filter. An empty one takes every entry.
    ///
    /// # Errors
    /// Anything that Cloud Logging would not take, or that is not supported here, with its place and a hint.
    pub fn parse(text: &str) -> Result<Filter, FilterError> {
        let error = |fault| FilterError::new(text, fault);
        let parsed = syntax::parse(text).map_err(error)?;
        let checked = program::check(parsed.root.as_ref()).map_err(error)?;
        let mut warnings = parsed.warnings;
        let odd = checked.warnings.iter();
        warnings.extend(odd.map(|w| Warning::new(text, w.span, w.message.clone())));
        warnings.sort_by_key(|w| (w.line, w.column));
        Ok(Filter {
            text: text.to_owned(),
            root: parsed.root,
            checked,
            warnings,
        })
    }

    /// Whether the filter takes an entry. For many entries a [`Matcher`] is faster.
    pub fn matches(&self, record: &Record<'_>) -> bool {
        self.matcher().matches(record)
    }

    /// Room for asking about one entry after the other.
    pub fn matcher(&self) -> Matcher<'_> {
        Matcher::new(self.checked.test.as_ref(), &self.checked.plan)
    }

    /// The text as it was given. It may end in a comment: put a line end behind it before anything else.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What may not mean what it seems to, in the order of the text.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The time outside of which no entry can match, as far as the conditions on `timestamp` say. It may be empty.
    pub fn time_bounds(&self) -> Window {
        self.root.as_ref().map_or(Window::ALL, program::time_bounds)
    }

    /// Whether it asks nothing, and so takes every entry.
    pub fn takes_all(&self) -> bool {
        self.root.is_none()
    }
}

/// The canonical form: no comments, values quoted, parentheses wherever AND and OR meet. It is read as the same filter.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.as_ref().map_or(Ok(()), |root| root.fmt(f))
    }
}
