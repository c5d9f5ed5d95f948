//! From the tree to conditions: names are looked up, values converted, regexes compiled, and what cannot be is refused.

use super::super::error::Fault;
use super::super::schema::{LOG_ENTRY, Resolved, Type, describe, resolve};
use super::super::syntax::{Call, CastType, Comparison, Expr, Literal, Op, Path, Target, Value, path, text_of};
use super::checks;
use super::plan::{Plan, Slot};
use super::{Check, Leaf, Needle, Step, Test, Words};

/// A filter that is ready to be asked.
#[derive(Debug, Clone)]
pub struct Checked {
    /// `None` takes everything.
    pub test: Option<Test>,
    pub plan: Plan,
    /// What is odd, with its place.
    pub warnings: Vec<Fault>,
}

/// Checks a tree.
pub fn check(root: Option<&Expr>) -> Result<Checked, Fault> {
    let mut checker = Checker::default();
    let test = root.map(|expr| checker.expr(expr)).transpose()?;
    Ok(Checked {
        test,
        plan: checker.plan,
        warnings: checker.warnings,
    })
}

#[derive(Default)]
pub(super) struct Checker {
    plan: Plan,
    warnings: Vec<Fault>,
}

/// A field with what is done to its values, and the type of the result.
pub(super) struct Operand {
    pub field: Resolved,
    pub steps: Vec<Step>,
    /// The type that is known before any entry is seen; `None` where the JSON value tells.
    pub ty: Option<Type>,
}

impl Checker {
    pub(super) fn warn(&mut self, fault: Fault) {
        self.warnings.push(fault);
    }

    fn expr(&mut self, expr: &Expr) -> Result<Test, Fault> {
        let mut all = |parts: &[Expr]| parts.iter().map(|e| self.expr(e)).collect::<Result<Vec<_>, _>>();
        Ok(match expr {
            Expr::And(parts) => Test::And(all(parts)?),
            Expr::Or(parts) => Test::Or(all(parts)?),
            Expr::Not(inner) => Test::Not(Box::new(self.expr(inner)?)),
            Expr::Compare(comparison) => self.comparison(comparison)?,
            Expr::Call(call) => self.call(call)?,
            Expr::Word(literal) => {
                let needle = self.needle(literal, Op::Has);
                self.leaf(everything(), vec![], Check::Compare(Op::Has, needle))
            }
        })
    }

    fn leaf(&mut self, slot: Slot, steps: Vec<Step>, check: Check) -> Test {
        let slot = self.plan.slot(slot);
        Test::Leaf(Box::new(Leaf { slot, steps, check }))
    }

    fn comparison(&mut self, comparison: &Comparison) -> Result<Test, Fault> {
        let operand = self.operand(&comparison.target)?;
        checks::operator(comparison, &operand)?;
        self.value(comparison, &operand, &comparison.value)
    }

    fn value(&mut self, comparison: &Comparison, operand: &Operand, value: &Value) -> Result<Test, Fault> {
        let mut all = |parts: &[Value]| {
            let tests = parts.iter().map(|v| self.value(comparison, operand, v));
            tests.collect::<Result<Vec<_>, _>>()
        };
        let check = match value {
            Value::And(parts) => return Ok(Test::And(all(parts)?)),
            Value::Or(parts) => return Ok(Test::Or(all(parts)?)),
            Value::Not(inner) => return Ok(Test::Not(Box::new(self.value(comparison, operand, inner)?))),
            Value::Present if operand.steps.is_empty() => {
                return Ok(self.leaf(slot(&operand.field, false), vec![], Check::Present));
            }
            Value::Present => {
                let hint = format!("ask the field itself: {}:*", path(comparison.target.field()));
                return Err(Fault::new(
                    comparison.op_span,
                    "only fields can be asked for presence",
                    hint,
                ));
            }
            Value::One(literal) if comparison.op.is_regex() => {
                Check::Regex(checks::regex(literal)?, comparison.op == Op::NoMatch)
            }
            Value::One(literal) => {
                let needle = self.needle(literal, comparison.op);
                if let Some(ty) = operand.ty {
                    checks::fits(&needle, ty, literal, &path(comparison.target.field()))?;
                }
                Check::Compare(comparison.op, needle)
            }
        };
        let is_deep = comparison.op == Op::Has && operand.steps.is_empty() && !is_scalar(&operand.field);
        Ok(self.leaf(slot(&operand.field, is_deep), operand.steps.clone(), check))
    }

    pub(super) fn operand(&mut self, target: &Target) -> Result<Operand, Fault> {
        match target {
            Target::Field(path) => {
                let field = resolve(path)?;
                let ty = (!field.is_dynamic).then_some(field.ty);
                Ok(Operand {
                    field,
                    steps: vec![],
                    ty,
                })
            }
            Target::Cast(inner, ty, zone, _) => {
                let mut operand = self.operand(inner)?;
                checks::is_value(inner, &operand)?;
                let offset = zone.as_ref().map_or(Ok(0), |zone| checks::zone(zone, *ty))?;
                operand.steps.push(Step::Cast(*ty, offset));
                operand.ty = Some(type_of(*ty));
                Ok(operand)
            }
            Target::Extract(inner, pattern, _) => {
                let mut operand = self.operand(inner)?;
                checks::is_value(inner, &operand)?;
                checks::is_text(inner, &operand, "regexp_extract reads strings only")?;
                operand.steps.push(Step::Extract(checks::one_group(pattern)?));
                operand.ty = Some(Type::Text);
                Ok(operand)
            }
        }
    }

    fn call(&mut self, call: &Call) -> Result<Test, Fault> {
        match call {
            Call::LogId(literal) => {
                let needle = self.log_id(literal);
                Ok(self.leaf(log_name(), vec![], Check::LogId(needle)))
            }
            Call::Source(literal) => {
                let needle = checks::source(literal)?;
                Ok(self.leaf(log_name(), vec![], Check::Source(needle)))
            }
            Call::InNet(target, literal) => {
                let operand = self.operand(target)?;
                checks::is_value(target, &operand)?;
                checks::is_text(target, &operand, "ip_in_net reads strings only")?;
                let net = checks::net(literal)?;
                Ok(self.leaf(slot(&operand.field, false), operand.steps, Check::Net(net)))
            }
            Call::Sample(field, fraction) => {
                let target = Target::Field(field.clone());
                let operand = self.operand(&target)?;
                checks::can_be_sampled(field, &operand)?;
                let limit = checks::fraction(fraction)?;
                Ok(self.leaf(slot(&operand.field, false), vec![], Check::Sample(limit)))
            }
            Call::Search(field, query) => self.search(field.as_ref(), query),
        }
    }

    fn search(&mut self, field: Option<&Path>, query: &Literal) -> Result<Test, Fault> {
        let Some(words) = Words::parse(&text_of(&query.raw).0) else {
            let hint = "write at least one: SEARCH(\"timeout\")";
            return Err(Fault::new(query.span, "SEARCH has no word to search for", hint));
        };
        let Some(field) = field else {
            return Ok(self.leaf(everything(), vec![], Check::Words(words)));
        };
        let resolved = resolve(field)?;
        if !resolved.is_dynamic && is_scalar(&resolved) && resolved.ty != Type::Text {
            let message = format!(
                "{} is {}, and SEARCH reads strings only",
                path(field),
                describe(resolved.ty)
            );
            return Err(Fault::new(field.span, message, "compare it: =, < or >"));
        }
        Ok(self.leaf(slot(&resolved, !is_scalar(&resolved)), vec![], Check::Words(words)))
    }

    fn log_id(&mut self, literal: &Literal) -> Needle {
        let needle = self.needle(literal, Op::Eq);
        let lower = literal.raw.to_ascii_lowercase();
        if lower.contains("%2f") || lower.contains("/logs/") {
            let message =
                "log_id takes the id alone and unescaped, such as run.googleapis.com/stderr: this one fits no log";
            self.warn(Fault::new(literal.span, message, ""));
        }
        needle
    }

    /// The value of a literal, with warnings on what it may be meant for.
    fn needle(&mut self, literal: &Literal, op: Op) -> Needle {
        if !literal.quoted {
            return Needle::new(&literal.raw, false);
        }
        let (text, unknown) = text_of(&literal.raw);
        if unknown.is_some() {
            let message = "a backslash stands here before what is no escape: it is taken as it is";
            self.warn(Fault::new(literal.span, message, ""));
        }
        if matches!(op, Op::Eq | Op::Has) && (text.starts_with('*') || text.ends_with('*')) {
            let message = "the * is a plain character here: there are no wildcards; : looks for a part, =~ for a regex";
            self.warn(Fault::new(literal.span, message, ""));
        }
        Needle::new(&text, true)
    }
}

/// Whether the field is one value, as far as its type tells.
pub(super) fn is_scalar(field: &Resolved) -> bool {
    !field.is_dynamic && field.ty.is_scalar()
}

fn slot(field: &Resolved, is_deep: bool) -> Slot {
    Slot {
        keys: field.keys.clone(),
        ty: field.ty,
        is_deep,
        has_default: field.has_default && is_scalar(field),
        known: None,
    }
}

/// Every field of the entry.
fn everything() -> Slot {
    Slot {
        keys: vec![],
        ty: Type::Message(LOG_ENTRY),
        is_deep: true,
        has_default: false,
        known: None,
    }
}

fn log_name() -> Slot {
    let field = super::super::schema::log_name();
    slot(&field, false)
}

fn type_of(cast: CastType) -> Type {
    match cast {
        CastType::String => Type::Text,
        CastType::Int64 => Type::Int,
        CastType::Float64 => Type::Number,
        CastType::Bool => Type::Bool,
        CastType::Timestamp => Type::Time,
        CastType::Duration => Type::Duration,
    }
}
