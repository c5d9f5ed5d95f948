//! The syntax tree of a filter. Every part that an error can point at knows its place.

/// A range of bytes of the filter's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    /// From the start of this span to the end of the other.
    pub fn to(self, end: Span) -> Span {
        Span {
            start: self.start,
            end: end.end,
        }
    }
}

/// A Boolean expression. `And` and `Or` hold at least two parts, none of their own kind.
#[derive(Debug, Clone)]
pub enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare(Comparison),
    /// A function that is true or false by itself.
    Call(Call),
    /// A global restriction: a value that any field may hold.
    Word(Literal),
}

/// `target op value`.
#[derive(Debug, Clone)]
pub struct Comparison {
    pub target: Target,
    pub op: Op,
    pub op_span: Span,
    pub value: Value,
}

/// What stands left of an operator.
#[derive(Debug, Clone)]
pub enum Target {
    Field(Path),
    /// `cast(target, TYPE, TIMEZONE("zone"))`
    Cast(Box<Target>, CastType, Option<Literal>, Span),
    /// `regexp_extract(target, "regex")`
    Extract(Box<Target>, Literal, Span),
}

impl Target {
    pub fn span(&self) -> Span {
        match self {
            Target::Field(path) => path.span,
            Target::Cast(.., span) | Target::Extract(.., span) => *span,
        }
    }

    /// The field that it is made of.
    pub fn field(&self) -> &Path {
        match self {
            Target::Field(path) => path,
            Target::Cast(inner, ..) | Target::Extract(inner, ..) => inner.field(),
        }
    }
}

/// What stands right of an operator: `*`, a value, or several in parentheses.
#[derive(Debug, Clone)]
pub enum Value {
    /// `:*`
    Present,
    One(Literal),
    And(Vec<Value>),
    Or(Vec<Value>),
    Not(Box<Value>),
}

/// `jsonPayload."a.b".c`
#[derive(Debug, Clone)]
pub struct Path {
    pub segments: Vec<Segment>,
    pub span: Span,
}

/// One name of a path.
#[derive(Debug, Clone)]
pub struct Segment {
    pub name: String,
    pub quoted: bool,
    pub span: Span,
}

/// A value as it was written.
#[derive(Debug, Clone)]
pub struct Literal {
    /// What stands between the quotes, or the bare text.
    pub raw: String,
    pub quoted: bool,
    pub span: Span,
}

/// Functions that are true or false.
#[derive(Debug, Clone)]
pub enum Call {
    /// `log_id("run.googleapis.com/stderr")`
    LogId(Literal),
    /// `ip_in_net(field, "10.0.0.0/8")`
    InNet(Target, Literal),
    /// `sample(field, 0.01)`
    Sample(Path, Literal),
    /// `SEARCH(field, "words")`, `SEARCH("words")`
    Search(Option<Path>, Literal),
    /// `source(projects/acme-shop)`
    Source(Literal),
}

/// Types that `cast` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastType {
    String,
    Int64,
    Float64,
    Bool,
    Timestamp,
    Duration,
}

impl CastType {
    pub const ALL: [(CastType, &'static str); 6] = [
        (CastType::String, "STRING"),
        (CastType::Int64, "INT64"),
        (CastType::Float64, "FLOAT64"),
        (CastType::Bool, "BOOL"),
        (CastType::Timestamp, "TIMESTAMP"),
        (CastType::Duration, "DURATION"),
    ];

    pub fn name(self) -> &'static str {
        CastType::ALL[self as usize].1
    }
}

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Has,
    Match,
    NoMatch,
}

impl Op {
    pub fn sign(self) -> &'static str {
        match self {
            Op::Eq => "=",
            Op::Ne => "!=",
            Op::Lt => "<",
            Op::Le => "<=",
            Op::Gt => ">",
            Op::Ge => ">=",
            Op::Has => ":",
            Op::Match => "=~",
            Op::NoMatch => "!~",
        }
    }

    pub fn is_regex(self) -> bool {
        matches!(self, Op::Match | Op::NoMatch)
    }
}
