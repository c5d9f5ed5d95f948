//! `logverdict patterns`: what is known, and whether a pack is sound.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use super::args::{Common, PatternsCommand};
use super::failure::{EXIT_INPUT, Failure};
use super::input::Knowledge;
use super::output;
use crate::ingest::scan::level_of;
use crate::model::{Entry, LogKind, Origin};
use crate::patterns::{Pack, PackError, PackSet, Pattern, check};
use crate::report::escape;

pub fn run(command: &PatternsCommand, common: &Common, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut text = String::new();
    let code = match command {
        PatternsCommand::Group { file, text } => return super::group::run(file, *text, out),
        PatternsCommand::List => list(&Knowledge::load(&common.patterns)?, &mut text),
        PatternsCommand::Show { id } => show(&Knowledge::load(&common.patterns)?, id, &mut text)?,
        PatternsCommand::Check { packs } => check_packs(packs, &mut text)?,
        PatternsCommand::Explain { text: message } => explain(&Knowledge::load(&common.patterns)?, message, &mut text),
    };
    output::write(&text, None, out)?;
    Ok(code)
}

fn list(knowledge: &Knowledge, text: &mut String) -> u8 {
    let mut patterns: Vec<&Pattern> = knowledge.packs.patterns().iter().collect();
    patterns.sort_by(|a, b| a.id.cmp(&b.id));
    let width = patterns.iter().map(|p| p.id.len()).max().unwrap_or(0);
    for pattern in patterns {
        writeln!(
            text,
            "{:width$}  {:8}  {}",
            pattern.id,
            level(pattern),
            escape::terminal(&pattern.title)
        )
        .ok();
    }
    0
}

/// As it is written in packs.
fn level(pattern: &Pattern) -> String {
    format!("{:?}", pattern.level).to_lowercase()
}

fn show(knowledge: &Knowledge, id: &str, text: &mut String) -> Result<u8, Failure> {
    let Some(index) = knowledge.packs.index_of(id) else {
        let ids = knowledge.packs.patterns().iter().map(|p| p.id.as_str());
        let near = ids.max_by(|a, b| strsim::jaro_winkler(a, id).total_cmp(&strsim::jaro_winkler(b, id)));
        let hint = near.map_or_else(String::new, |near| {
            format!("did you mean {near}? `logverdict patterns list` lists all")
        });
        return Err(Failure::usage(format!("there is no pattern {id:?}"), hint));
    };
    let pattern = &knowledge.packs.patterns()[index];
    writeln!(text, "{}\n  {}", pattern.id, escape::terminal(&pattern.title)).ok();
    writeln!(text, "  level {}, category {}", level(pattern), pattern.category.name()).ok();
    writeln!(
        text,
        "  {}\n  {}",
        escape::terminal(&pattern.meaning),
        escape::terminal(&pattern.link)
    )
    .ok();
    if let Some(regex) = &pattern.condition.regex {
        writeln!(text, "  regex: {}", escape::terminal(regex)).ok();
    }
    for (name, examples) in [
        ("matches", &pattern.examples),
        ("does not match", &pattern.counter_examples),
    ] {
        for example in examples.iter().filter_map(|e| e.text.as_deref()) {
            writeln!(text, "  {name}: {}", escape::terminal(example)).ok();
        }
    }
    Ok(0)
}

fn check_packs(paths: &[PathBuf], text: &mut String) -> Result<u8, Failure> {
    let failure = |e: PackError| Failure::input(&e, e.hint());
    let shipped = PackSet::builtin().map_err(failure)?;
    let names: Vec<String> = shipped.packs().iter().map(|p| p.name.clone()).collect();
    let mut set = shipped;
    for path in paths {
        set = set.with_dir_or_file(path).map_err(failure)?;
    }
    let asked: Vec<&Pack> = set
        .packs()
        .iter()
        .filter(|p| paths.is_empty() || !names.contains(&p.name))
        .collect();
    let mut errors = 0;
    for pack in &asked {
        for fault in check(pack) {
            let warning = fault.rule.is_warning();
            let kind = if warning { "warning" } else { "error" };
            errors += usize::from(!warning);
            let (place, rule) = (escape::terminal(&fault.id), escape::terminal(&fault.rule.to_string()));
            writeln!(text, "{kind}: {place}, line {}: {rule}", fault.line).ok();
        }
    }
    let patterns: usize = asked.iter().map(|p| p.patterns.len()).sum();
    let counted = [(asked.len(), "pack"), (patterns, "pattern"), (errors, "error")];
    let counted = counted.map(|(n, what)| format!("{n} {what}{}", if n == 1 { "" } else { "s" }));
    writeln!(text, "{}", counted.join(", ")).ok();
    Ok(if errors > 0 { EXIT_INPUT } else { 0 })
}

/// The text is tried in every log: what is typed here has no entry around it.
fn explain(knowledge: &Knowledge, message: &str, text: &mut String) -> u8 {
    let origin = Origin::default();
    let mut seen = std::collections::BTreeSet::new();
    for log in LogKind::ALL {
        let entry = Entry {
            timestamp: None,
            severity: level_of(message).unwrap_or(crate::model::Severity::Error),
            log,
            origin: &origin,
            origin_index: 0,
            instance: b"",
            insert_id: b"",
            message: Some(message),
            has_content: true,
            request: None,
            key: 0,
        };
        for found in knowledge.matcher.explain(&entry) {
            let pattern = &knowledge.packs.patterns()[found.pattern];
            if seen.insert(pattern.id.clone()) {
                let part = found.span.and_then(|s| message.get(s)).unwrap_or("");
                let (title, part) = (escape::terminal(&pattern.title), escape::terminal(part));
                writeln!(text, "{}: {title}\n  matched: {part}", pattern.id).ok();
            }
        }
    }
    if seen.is_empty() {
        text.push_str("no pattern matches\n");
    }
    0
}
