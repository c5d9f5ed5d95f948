//! What an operator or a function asks of its field and its value, and how it is refused.

use regex::bytes::Regex;

use super::super::error::Fault;
use super::super::re2;
use super::super::schema::{Type, describe};
use super::super::syntax::{CastType, Comparison, Literal, Op, Path, Target, path, pattern_of, text_of};
use super::check::{Operand, is_scalar};
use super::{Needle, Net};
use crate::model::Severity;

/// Refuses operators that a type does not have.
pub(super) fn operator(comparison: &Comparison, operand: &Operand) -> Result<(), Fault> {
    let Comparison { target, op, .. } = comparison;
    let fault = |message: String, hint: String| Err(Fault::new(comparison.op_span, message, hint));
    let name = path(target.field());
    let is_whole = operand.steps.is_empty();
    let Some(ty) = operand.ty else {
        return Ok(());
    };
    if is_whole && !is_scalar(&operand.field) {
        return match op {
            Op::Has => Ok(()),
            _ => fault(
                format!("{name} is {}: {} compares one value", describe(ty), op.sign()),
                format!("name a field in it, or look for a text anywhere in it: {name}:\"text\""),
            ),
        };
    }
    if op.is_regex() && ty != Type::Text {
        let hint = match ty {
            Type::Severity => format!("list the values: {name}=(ERROR OR CRITICAL)"),
            _ if !is_whole => "compare it: =, < or >".to_owned(),
            _ => format!(
                "compare it, or make it a string: cast({name}, STRING){}\"regex\"",
                op.sign()
            ),
        };
        let result = if is_whole { &name } else { "the result" };
        let ty = describe(ty);
        return fault(format!("{result} is {ty}, and regexes read strings only"), hint);
    }
    Ok(())
}

/// Refuses a function of a group of fields.
pub(super) fn is_value(target: &Target, operand: &Operand) -> Result<(), Fault> {
    if operand.field.is_dynamic || is_scalar(&operand.field) || !operand.steps.is_empty() {
        return Ok(());
    }
    let message = format!(
        "{} is {}, no single value",
        path(target.field()),
        describe(operand.field.ty)
    );
    Err(Fault::new(target.span(), message, "name a field in it"))
}

/// Refuses a function of strings of anything else.
pub(super) fn is_text(target: &Target, operand: &Operand, message: &str) -> Result<(), Fault> {
    if matches!(operand.ty, None | Some(Type::Text)) {
        return Ok(());
    }
    let hint = format!("make it a string: cast({}, STRING)", path(target.field()));
    Err(Fault::new(target.span(), message, hint))
}

/// Refuses a value that is none of the field's type: the comparison could never be true.
pub(super) fn fits(needle: &Needle, ty: Type, literal: &Literal, name: &str) -> Result<(), Fault> {
    if needle.fits(ty) {
        return Ok(());
    }
    let text = text(literal);
    let hint = match ty {
        Type::Severity => near_severity(&text),
        Type::Time => "write RFC 3339 with a zone, or a date: \"2026-03-01T10:00:00Z\", \"2026-03-01\"".to_owned(),
        Type::Duration => "write a number with a unit (ns, us, ms, s, m, h): \"1.5s\"".to_owned(),
        Type::Bool => "write true or false".to_owned(),
        _ => format!("write digits; to compare its text, cast({name}, STRING)"),
    };
    let message = format!("{name} is {}, and {text:?} is none", describe(ty));
    Err(Fault::new(literal.span, message, hint))
}

fn near_severity(text: &str) -> String {
    let meant = Severity::from_level_word(text).map(Severity::name);
    let scored = Severity::ALL.map(|s| (strsim::jaro_winkler(&text.to_ascii_uppercase(), s.name()), s.name()));
    let near = scored
        .into_iter()
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match meant.or(near.map(|(_, name)| name)) {
        Some(name) => format!("did you mean {name}?"),
        None => format!("there are {}", Severity::ALL.map(Severity::name).join(", ")),
    }
}

fn text(literal: &Literal) -> String {
    if literal.quoted {
        text_of(&literal.raw).0
    } else {
        literal.raw.clone()
    }
}

/// The regex of a value.
pub(super) fn regex(literal: &Literal) -> Result<Regex, Fault> {
    if !literal.quoted {
        let hint = format!("write \"{}\"", literal.raw);
        return Err(Fault::new(literal.span, "a regex stands in double quotes", hint));
    }
    re2::compile(&pattern_of(&literal.raw)).map_err(|why| {
        let hint = "it is RE2: github.com/google/re2/wiki/Syntax";
        Fault::new(literal.span, format!("this is no regex: {why}"), hint)
    })
}

/// A regex with one group.
pub(super) fn one_group(literal: &Literal) -> Result<Regex, Fault> {
    let regex = regex(literal)?;
    match regex.captures_len() - 1 {
        1 => Ok(regex),
        n => {
            let hint = "put what is extracted in ( ), and other groups in (?: )";
            Err(Fault::new(
                literal.span,
                format!("this regex has {n} groups, and exactly one is extracted"),
                hint,
            ))
        }
    }
}

/// A network.
pub(super) fn net(literal: &Literal) -> Result<Net, Fault> {
    let text = text(literal);
    Net::parse(&text).ok_or_else(|| {
        Fault::new(
            literal.span,
            format!("{text:?} is no network"),
            "write an address and its bits: \"10.0.0.0/8\"",
        )
    })
}

/// The hashes that are in a sample are below the result.
pub(super) fn fraction(literal: &Literal) -> Result<u64, Fault> {
    match super::needle::number(&literal.raw) {
        Some(1.0) => Ok(u64::MAX),
        Some(x) if x > 0.0 && x < 1.0 => Ok((x * 2_f64.powi(64)) as u64),
        _ => {
            let message = format!("{} is no fraction", literal.raw);
            Err(Fault::new(
                literal.span,
                message,
                "write a number above 0 and up to 1, such as 0.01",
            ))
        }
    }
}

/// Samples are made of strings and numbers.
pub(super) fn can_be_sampled(field: &Path, operand: &Operand) -> Result<(), Fault> {
    if operand.field.is_dynamic || matches!(operand.ty, Some(Type::Text | Type::Int)) {
        return Ok(());
    }
    let message = format!(
        "{} is {}: a sample is made of strings or numbers",
        path(field),
        describe(operand.field.ty)
    );
    Err(Fault::new(
        field.span,
        message,
        "sample(insertId, 0.01) takes each entry by itself",
    ))
}

/// Who owns a log: `projects/P` and its like.
pub(super) fn source(literal: &Literal) -> Result<Needle, Fault> {
    let text = text(literal);
    let owners = ["projects", "folders", "organizations", "billingAccounts"];
    match text.split_once('/') {
        Some((owner, name)) if owners.contains(&owner) && !name.is_empty() && !name.contains('/') => {
            Ok(Needle::new(&text, true))
        }
        _ => {
            let hint = format!("write source(projects/ID); there are {}", owners.join(", "));
            Err(Fault::new(literal.span, format!("{text:?} is no source of logs"), hint))
        }
    }
}

/// The offset of a zone from UTC, in seconds.
pub(super) fn zone(literal: &Literal, ty: CastType) -> Result<i32, Fault> {
    if !matches!(ty, CastType::String | CastType::Timestamp) {
        let message = format!("{} has no time zone", ty.name());
        return Err(Fault::new(
            literal.span,
            message,
            "a TIMEZONE goes with STRING or TIMESTAMP",
        ));
    }
    let text = text(literal);
    if ["UTC", "Etc/UTC", "GMT", "Z"].contains(&text.as_str()) {
        return Ok(0);
    }
    offset(&text).ok_or_else(|| {
        let hint = "names of zones are not supported here; write UTC or an offset: TIMEZONE(\"+01:00\")";
        Fault::new(literal.span, format!("{text:?} is no offset"), hint)
    })
}

/// `+01:00` to seconds.
fn offset(text: &str) -> Option<i32> {
    let &[sign @ (b'+' | b'-'), a, b, b':', c, d] = text.as_bytes() else {
        return None;
    };
    let two = |a: u8, b: u8| {
        (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i32::from(a - b'0') * 10 + i32::from(b - b'0'))
    };
    let (hours, minutes) = (two(a, b)?, two(c, d)?);
    let seconds = hours * 3600 + minutes * 60;
    (hours < 24 && minutes < 60).then_some(if sign == b'-' { -seconds } else { seconds })
}
