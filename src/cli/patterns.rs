//! `logverdict patterns`: what is known, and whether a pack is sound.

use std::fmt::Write as _;
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};

use super::args::{Common, PatternsCommand};
use super::failure::{EXIT_INPUT, Failure};
use super::input::Knowledge;
use super::output;
use crate::ingest::scan::level_of;
use crate::model::{Entry, LogKind, Origin, Severity};
use crate::patterns::suggest::{NoSuggestion, suggest};
use crate::patterns::{Pack, PackError, PackSet, Pattern, canonical, check, stack};
use crate::profile::alone;
use crate::report::escape;

pub fn run(command: &PatternsCommand, common: &Common, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut text = String::new();
    let code = match command {
        PatternsCommand::Group { file, text } => return super::group::run(file, *text, out),
        PatternsCommand::List => list(&Knowledge::load(common)?, &mut text),
        PatternsCommand::Show { id } => show(&Knowledge::load(common)?, id, &mut text)?,
        PatternsCommand::Check { packs } => check_packs(packs, &mut text)?,
        PatternsCommand::Explain { text: message } => {
            explain(&Knowledge::load(common)?, &whole(message)?, common.verbose, &mut text)
        }
        PatternsCommand::Suggest { messages } => {
            text = suggest(messages).map_err(no_suggestion)?;
            0
        }
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

/// From the message to the id that it would have alone; with others on either side, places that vary become `<*>`.
fn explain_text(knowledge: &Knowledge, message: &str, verbose: bool, text: &mut String) {
    let stack = stack::read_whole(message, &knowledge.in_app);
    let mut masked = message;
    if let Some(stack) = &stack {
        masked = stack.message();
        writeln!(text, "\nstack: {}", stack.language).ok();
        for thrown in &stack.thrown {
            let (name, said) = (escape::terminal(&thrown.type_name), escape::terminal(&thrown.message));
            writeln!(text, "  thrown: {name}: {said}").ok();
        }
        for frame in &stack.frames {
            let whose = if frame.in_app { "application" } else { "library" };
            let (function, place) = (escape::terminal(&frame.function), escape::terminal(&frame.place));
            writeln!(text, "  frame ({whose}): {function} ({place})").ok();
        }
        if stack.is_cut {
            text.push_str("  a part of it is missing\n");
        }
    }
    writeln!(text, "\ntext: {}", escape::terminal(masked)).ok();
    let steps = canonical::explain(masked);
    for step in &steps {
        // The character that marks what is kept is of no use to a reader.
        let shown = step.text.replace('\u{2}', "");
        writeln!(text, "  {:12} {}", step.mask.name, escape::terminal(&shown)).ok();
        writeln!(text, "  {:12}   {}", "", step.mask.why).ok();
        if verbose {
            writeln!(text, "  {:12}   regex: {}", "", escape::terminal(step.mask.regex)).ok();
        }
    }
    let last = steps.last().map_or(masked, |step| step.text.as_str());
    let level = level_of(message).unwrap_or(Severity::Error);
    let (kind, id, title) = alone(stack.as_ref(), last, level);
    writeln!(
        text,
        "\n{kind} {id} at severity {}\n  {}",
        level.name(),
        escape::terminal(&title)
    )
    .ok();
}

/// The text itself, or all of standard input.
fn whole(text: &str) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut bytes = vec![];
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|e| Failure::file(Path::new("-"), &e))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn no_suggestion(why: NoSuggestion) -> Failure {
    match why {
        NoSuggestion::NotOneKind => Failure::input(
            "the messages are not of one kind",
            "give messages of one template at a time: `logverdict patterns group FILE --text` shows which are",
        ),
        NoSuggestion::NothingConstant => Failure::input(
            "too little of the message stays the same to know it by",
            "give the whole message, or write a condition on log, severity or status by hand",
        ),
    }
}

/// The text is tried in every log: what is typed here has no entry around it.
fn explain(knowledge: &Knowledge, message: &str, verbose: bool, text: &mut String) -> u8 {
    let origin = Origin::default();
    let mut seen = std::collections::BTreeSet::new();
    for log in LogKind::ALL {
        let entry = Entry {
            timestamp: None,
            received: None,
            severity: level_of(message).unwrap_or(Severity::Error),
            log,
            origin: &origin,
            origin_index: 0,
            instance: b"",
            insert_id: b"",
            message: Some(message),
            has_content: true,
            request: None,
            exception: None,
            trace: b"",
            entries: 1,
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
    let explains = |id: &String| {
        knowledge
            .packs
            .index_of(id)
            .is_some_and(|i| !knowledge.packs.patterns()[i].broad)
    };
    if seen.iter().any(explains) {
        text.push_str("\nexplained by a pattern: in a report it is counted as that, not as a template\n");
    }
    explain_text(knowledge, message, verbose, text);
    0
}
