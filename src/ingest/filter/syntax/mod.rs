//! The text of a filter and its tree: lexer, parser, printer. What the names in it mean is not known here.

mod calls;
mod escape;
mod join;
mod lexer;
mod parser;
mod print;
mod tree;
mod values;

pub use escape::{pattern_of, quote, text_of};
pub use parser::{CHARS_MAX, DEPTH_MAX, parse};
pub use print::path;
pub use tree::{Call, CastType, Comparison, Expr, Literal, Op, Path, Segment, Span, Target, Value};
