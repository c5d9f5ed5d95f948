//! What stands right of an operator: `*`, one value, or several in parentheses with the precedence of conditions.

use super::super::error::Fault;
use super::join::join;
use super::lexer::{Kind, Token};
use super::parser::Parser;
use super::tree::{Literal, Op, Value};

impl Parser<'_> {
    pub(super) fn value(&mut self, op: Op) -> Result<Value, Fault> {
        match self.kind() {
            Kind::Open => {
                let open = self.advance();
                let list = self.nested(|p| p.values(op))?;
                self.close(open.span)?;
                Ok(list)
            }
            Kind::Star if op == Op::Has => {
                self.advance();
                Ok(Value::Present)
            }
            Kind::Star => Err(self.wildcard()),
            Kind::Minus => self.negative(),
            Kind::Word if self.after().is_some_and(|t| t.kind == Kind::Open && t.is_glued) => Err(Fault::new(
                self.token().span,
                "a function cannot stand right of an operator",
                "functions stand left: cast(FIELD, INT64)>100; put a value with parentheses in double quotes",
            )),
            Kind::Word | Kind::Quoted => self.literal().map(Value::One),
            Kind::And | Kind::Or | Kind::Not => {
                Err(self.unexpected("a value", "put the word in double quotes if it is the value"))
            }
            _ => Err(self.unexpected(
                "a value",
                "write one, in double quotes if it holds more than letters and digits",
            )),
        }
    }

    /// Values in parentheses, with AND, OR and NOT.
    fn values(&mut self, op: Op) -> Result<Value, Fault> {
        let start = self.token().span;
        let mut all = vec![];
        let has_or = self.chain(&mut all, |p| p.value_term(op), Value::Or)?;
        let parts = all.len();
        let values = join(all, Value::And);
        if has_or && parts > 1 {
            let span = start.to(self.last());
            self.warn_mixed(span, &super::print::values(&values, op));
        }
        Ok(values)
    }

    fn value_term(&mut self, op: Op) -> Result<Value, Fault> {
        let is_negation = match self.kind() {
            Kind::Not => true,
            Kind::Minus => !self.is_negative_number(),
            _ => false,
        };
        if !is_negation {
            return self.value(op);
        }
        self.advance();
        let inner = self.nested(|p| p.value_term(op))?;
        Ok(Value::Not(Box::new(inner)))
    }

    fn is_negative_number(&self) -> bool {
        let digits = |t: Token| t.is_glued && self.slice(t.span).starts_with(|c: char| c.is_ascii_digit());
        self.after().is_some_and(digits)
    }

    fn negative(&mut self) -> Result<Value, Fault> {
        if !self.is_negative_number() {
            return Err(self.unexpected("a value", "put a value that starts with - in double quotes"));
        }
        let minus = self.advance();
        let number = self.literal()?;
        let span = minus.span.to(number.span);
        Ok(Value::One(Literal {
            raw: self.slice(span).to_owned(),
            quoted: false,
            span,
        }))
    }

    /// One value, bare or quoted. Dots belong to bare ones.
    pub(super) fn literal(&mut self) -> Result<Literal, Fault> {
        let path = self.path()?;
        if self.kind() == Kind::Star && self.token().is_glued {
            return Err(self.wildcard());
        }
        let quoted = path.segments.iter().any(|s| s.quoted);
        if quoted && path.segments.len() > 1 {
            let hint = "put the whole value in one pair of double quotes";
            return Err(Fault::new(path.span, "this value is half quoted", hint));
        }
        let text = self.slice(path.span);
        let raw = if quoted { &text[1..text.len() - 1] } else { text };
        Ok(Literal {
            raw: raw.to_owned(),
            quoted,
            span: path.span,
        })
    }
}
