//! Tokens to the tree, as AIP-160 and Cloud Logging have it: NOT binds tightest, then OR, then AND.
//!
//! ```text
//! expression = factor { ["AND"] factor }
//! factor     = term { "OR" term }
//! term       = { "NOT" | "-" } ( "(" expression ")" | comparison | function | value )
//! ```

use super::super::error::{Fault, Warning};
use super::calls::{self, Applied};
use super::join::{Joined, join};
use super::lexer::{Kind, Token, tokens};
use super::tree::{Comparison, Expr, Literal, Path, Segment, Span, Target};

/// Characters that a filter may have; Cloud Logging takes no more.
pub const CHARS_MAX: usize = 20_000;

/// Parentheses, NOTs and functions inside of each other; protects the stack.
pub const DEPTH_MAX: usize = 100;

/// A filter's tree (`None`: it is empty and takes everything) and what is odd about it.
#[derive(Debug, Clone)]
pub struct Parsed {
    pub root: Option<Expr>,
    pub warnings: Vec<Warning>,
}

/// Parses a filter.
pub fn parse(text: &str) -> Result<Parsed, Fault> {
    if let Some((start, _)) = text.char_indices().nth(CHARS_MAX) {
        let span = Span { start, end: start };
        let message = format!("the filter has more than {CHARS_MAX} characters");
        return Err(Fault::new(
            span,
            message,
            "Cloud Logging takes no more: shorten it, or split the work",
        ));
    }
    let mut parser = Parser {
        text,
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
        warnings: vec![],
    };
    let mut root = None;
    if parser.kind() != Kind::End {
        root = Some(parser.expression()?);
    }
    match parser.kind() {
        Kind::End => Ok(Parsed {
            root,
            warnings: parser.warnings,
        }),
        _ => Err(parser.stray()),
    }
}

pub(super) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    warnings: Vec<Warning>,
}

impl<'a> Parser<'a> {
    pub(super) fn token(&self) -> Token {
        self.tokens[self.at]
    }

    pub(super) fn kind(&self) -> Kind {
        self.token().kind
    }

    pub(super) fn after(&self) -> Option<Token> {
        self.tokens.get(self.at + 1).copied()
    }

    /// The token that was passed last.
    pub(super) fn last(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    /// Passes a token; the last one stays.
    pub(super) fn advance(&mut self) -> Token {
        let token = self.token();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    /// Goes back to the token before, which named a function after all.
    pub(super) fn step_back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    pub(super) fn slice(&self, span: Span) -> &'a str {
        &self.text[span.start..span.end]
    }

    pub(super) fn warn(&mut self, span: Span, message: String) {
        self.warnings.push(Warning::new(self.text, span, message));
    }

    /// Does one level deeper what nests.
    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth >= DEPTH_MAX {
            let message = format!("the filter nests deeper than {DEPTH_MAX} levels");
            return Err(Fault::new(self.token().span, message, "take out parentheses and NOTs"));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn expression(&mut self) -> Result<Expr, Fault> {
        let start = self.token().span;
        let mut all = vec![];
        let has_or = self.chain(&mut all, Parser::term, Expr::Or)?;
        let parts = all.len();
        let expr = join(all, Expr::And);
        if has_or && parts > 1 {
            let span = start.to(self.last());
            self.warn_mixed(span, &expr.to_string());
        }
        Ok(expr)
    }

    /// Parts joined by AND, by nothing, and tighter by OR. Tells whether there was an OR.
    pub(super) fn chain<T: Joined>(
        &mut self,
        all: &mut Vec<T>,
        term: impl Fn(&mut Self) -> Result<T, Fault>,
        or: impl Fn(Vec<T>) -> T,
    ) -> Result<bool, Fault> {
        let mut has_or = false;
        loop {
            let mut either = vec![term(self)?];
            while self.kind() == Kind::Or {
                self.advance();
                has_or = true;
                either.push(term(self)?);
            }
            all.push(join(either, &or));
            match self.kind() {
                Kind::And => {
                    self.advance();
                }
                Kind::End | Kind::Close => return Ok(has_or),
                Kind::Word | Kind::Quoted | Kind::Open | Kind::Minus | Kind::Not => {}
                _ => return Err(self.stray()),
            }
        }
    }

    pub(super) fn warn_mixed(&mut self, span: Span, reading: &str) {
        const READING_CHARS: usize = 200;
        let mut short: String = reading.chars().take(READING_CHARS).collect();
        if short.len() < reading.len() {
            short.push('…');
        }
        let message =
            format!("AND and OR are mixed without parentheses; OR binds tighter, so this is read as: {short}");
        self.warn(span, message);
    }

    fn term(&mut self) -> Result<Expr, Fault> {
        match self.kind() {
            Kind::Not | Kind::Minus => {
                self.advance();
                let inner = self.nested(Parser::term)?;
                Ok(Expr::Not(Box::new(inner)))
            }
            Kind::Open => {
                let open = self.advance();
                let inner = self.nested(Parser::expression)?;
                self.close(open.span)?;
                Ok(inner)
            }
            Kind::Word | Kind::Quoted => self.operand(),
            _ => Err(self.unexpected("a condition", "write FIELD=VALUE, or a text to search for")),
        }
    }

    pub(super) fn close(&mut self, open: Span) -> Result<Span, Fault> {
        match self.kind() {
            Kind::Close => Ok(self.advance().span),
            Kind::End => Err(Fault::new(
                open,
                "this parenthesis is not closed",
                "write the ) that is missing",
            )),
            _ => Err(self.stray()),
        }
    }

    /// A comparison, a function, or a value alone.
    fn operand(&mut self) -> Result<Expr, Fault> {
        let first = self.token();
        let is_call = first.kind == Kind::Word && self.after().is_some_and(|t| t.kind == Kind::Open && t.is_glued);
        if is_call {
            return match self.nested(calls::call)? {
                Applied::Target(target) => match self.kind() {
                    Kind::Operator(_) => self.comparison(target),
                    _ => {
                        let hint = "compare its result: cast(FIELD, INT64)>100";
                        Err(Fault::new(
                            target.span(),
                            "the result of this function is not compared",
                            hint,
                        ))
                    }
                },
                Applied::Call(call) => match self.kind() {
                    Kind::Operator(_) => Err(Fault::new(
                        self.token().span,
                        "this function is true or false by itself",
                        "leave out the operator and the value; write NOT before it for the opposite",
                    )),
                    _ => Ok(Expr::Call(call)),
                },
            };
        }
        let path = self.path()?;
        match self.kind() {
            Kind::Operator(_) => self.comparison(Target::Field(path)),
            Kind::Star if self.token().is_glued => Err(self.wildcard()),
            _ => self.word(path),
        }
    }

    /// A value alone, which was read as a path.
    fn word(&mut self, path: Path) -> Result<Expr, Fault> {
        let quoted = path.segments.iter().any(|s| s.quoted);
        if quoted && path.segments.len() > 1 {
            let hint = "write an operator and a value behind it, such as =\"x\" or :*";
            return Err(Fault::new(path.span, "this field is not compared with anything", hint));
        }
        let text = self.slice(path.span);
        let raw = if quoted { &text[1..text.len() - 1] } else { text };
        self.warn_word(raw, quoted, path.span);
        Ok(Expr::Word(Literal {
            raw: raw.to_owned(),
            quoted,
            span: path.span,
        }))
    }

    fn warn_word(&mut self, text: &str, quoted: bool, span: Span) {
        let upper = text.to_ascii_uppercase();
        if !quoted && matches!(upper.as_str(), "AND" | "OR" | "NOT") {
            self.warn(
                span,
                format!("{text} is a word to search for here; the operator is {upper}"),
            );
        } else if !quoted && calls::is_name(text) && self.kind() == Kind::Open {
            self.warn(
                span,
                format!("{text} is a word to search for here; the function has no blank before its parenthesis"),
            );
        }
    }

    /// Names with dots between them, or one value: what it is shows behind it.
    pub(super) fn path(&mut self) -> Result<Path, Fault> {
        let mut segments = vec![self.segment()?];
        while self.kind() == Kind::Dot && self.token().is_glued {
            self.advance();
            let next = self.token();
            if !next.is_glued || !matches!(next.kind, Kind::Word | Kind::Quoted | Kind::And | Kind::Or | Kind::Not) {
                return Err(self.unexpected(
                    "a name behind the dot",
                    "put values that hold dots at their end in double quotes",
                ));
            }
            segments.push(self.segment()?);
        }
        let last = segments.last().map_or(0, |s| s.span.end);
        let span = Span {
            start: segments[0].span.start,
            end: last,
        };
        Ok(Path { segments, span })
    }

    fn segment(&mut self) -> Result<Segment, Fault> {
        let token = self.advance();
        let text = self.slice(token.span);
        let quoted = token.kind == Kind::Quoted;
        let name = if quoted {
            super::text_of(&text[1..text.len() - 1]).0
        } else {
            text.to_owned()
        };
        Ok(Segment {
            name,
            quoted,
            span: token.span,
        })
    }

    fn comparison(&mut self, target: Target) -> Result<Expr, Fault> {
        let token = self.advance();
        let Kind::Operator(op) = token.kind else {
            return Err(self.stray());
        };
        let value = self.value(op)?;
        if let Kind::Operator(_) = self.kind() {
            let hint = "put values that hold : = < > or ~ in double quotes";
            return Err(Fault::new(self.token().span, "an operator stands behind a value", hint));
        }
        Ok(Expr::Compare(Comparison {
            target,
            op,
            op_span: token.span,
            value,
        }))
    }

    pub(super) fn wildcard(&self) -> Fault {
        let hint = "there are no wildcards: FIELD:\"part\" looks for a part, FIELD=~\"regex\" for a regex, FIELD:* for any value";
        Fault::new(self.token().span, "a * stands here", hint)
    }

    pub(super) fn unexpected(&self, wanted: &str, hint: &str) -> Fault {
        let token = self.token();
        let message = match token.kind {
            Kind::End => format!("the filter ends where {wanted} is expected"),
            _ => format!("{wanted} is expected before {}", self.slice(token.span)),
        };
        Fault::new(token.span, message, hint)
    }

    /// A token that nothing can begin with.
    pub(super) fn stray(&self) -> Fault {
        let token = self.token();
        let (message, hint) = match token.kind {
            Kind::Close => (
                "this parenthesis was not opened",
                "take it out, or write the ( that is missing",
            ),
            Kind::Operator(_) => ("an operator stands here without a field before it", "write FIELD=VALUE"),
            Kind::Comma => (
                "a comma stands outside of a function",
                "separate conditions by AND or OR",
            ),
            Kind::Dot => (
                "a dot stands here",
                "put values that start with a dot or hold a blank in double quotes",
            ),
            Kind::Star => return self.wildcard(),
            Kind::Or => (
                "OR stands here without a condition before it",
                "write a condition on both sides of OR",
            ),
            _ => (
                "this does not belong here",
                "put values that hold more than letters and digits in double quotes",
            ),
        };
        Fault::new(token.span, message, hint)
    }
}
