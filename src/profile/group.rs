//! From texts to templates and stacks: what differs in data only becomes one signal, with one id for both sides.
//!
//! Input: the counts of all sides that will be compared. Output: the same counts, under the keys of templates and stacks.
//! It looks at the set of texts alone, never at counts, order or sides.

use std::collections::BTreeMap;

use super::Data;
use super::counts::SignalInfo;
use super::texts::{self, OTHER, OTHER_TEXTS, TEXT_PREFIX};
use crate::model::{Severity, shorten};
use crate::patterns::merge::{self, Text};
use crate::patterns::stack::Stack;

/// Bytes of a title's text; the whole text is seldom worth more.
const TITLE_BYTES_MAX: usize = 300;

/// Groups the texts of all parts together: give both sides of a comparison in one call, or equal messages get different
/// ids. Parts that are grouped already stay as they are.
pub fn group(parts: &mut [&mut Data]) {
    let all: Vec<&Data> = parts.iter().map(|data| &**data).collect();
    let groups = Groups::of(&all);
    parts.iter_mut().for_each(|data| groups.apply(data));
}

/// Which template or stack each text belongs to. It depends on the whole set of texts: a text that is new may change it.
#[derive(Debug, Clone, Default)]
pub struct Groups(BTreeMap<String, (String, SignalInfo)>);

impl Groups {
    /// The groups of all texts of these parts together.
    pub fn of(parts: &[&Data]) -> Groups {
        let infos: BTreeMap<String, SignalInfo> = parts
            .iter()
            .flat_map(|data| texts_of(data))
            .map(|(key, info)| (key.clone(), info.clone()))
            .collect();
        Groups(signals(&infos))
    }

    /// Whether these groups hold for all that the others hold for: only new texts were added.
    pub fn extend(&self, others: &Groups) -> bool {
        others.0.iter().all(|(key, group)| self.0.get(key) == Some(group))
    }

    /// Whether all texts of a part are known.
    pub fn cover(&self, data: &Data) -> bool {
        texts_of(data).all(|(key, _)| self.0.contains_key(key))
    }

    /// Counts a part's texts as their templates and stacks.
    pub fn apply(&self, data: &mut Data) {
        let texts: Vec<String> = texts_of(data).map(|(key, _)| key.clone()).collect();
        for key in texts {
            let Some((new, info)) = self.0.get(&key) else { continue };
            data.signals.remove(&key);
            data.signals.insert(new.clone(), info.clone());
        }
        for revision in data.revisions.values_mut() {
            revision.rename(|key| self.0.get(key).map(|(new, _)| new.clone()));
        }
    }
}

fn texts_of(data: &Data) -> impl Iterator<Item = (&String, &SignalInfo)> {
    data.signals.iter().filter(|(key, _)| key.starts_with(TEXT_PREFIX))
}

/// For each text's key: the key and the description of the template or stack that it belongs to.
fn signals(infos: &BTreeMap<String, SignalInfo>) -> BTreeMap<String, (String, SignalInfo)> {
    let (kept, other): (Vec<_>, Vec<_>) = infos.iter().partition(|(key, _)| !key.ends_with(OTHER));
    let classes: Vec<String> = kept.iter().map(|(key, info)| class(level(key), &info.class)).collect();
    let texts: Vec<Text<'_>> = kept
        .iter()
        .zip(&classes)
        .map(|((_, info), class)| Text {
            class,
            text: &info.title,
        })
        .collect();
    let merged = merge::merge(&texts);
    let grouped = kept
        .iter()
        .zip(&classes)
        .zip(merged)
        .map(|(((key, info), class), text)| {
            let id = merge::id(class, &text);
            let (kind, mut title) = titled(&info.class, text);
            shorten(&mut title, TITLE_BYTES_MAX);
            let info = SignalInfo {
                title,
                ..(*info).clone()
            };
            ((*key).clone(), (format!("{kind}:{id}"), info))
        });
    let others = other.into_iter().map(|(key, info)| {
        (
            key.clone(),
            (format!("template:{OTHER_TEXTS}{}", level(key)), info.clone()),
        )
    });
    grouped.chain(others).collect()
}

/// Only texts of one level may merge, and of stacks only those with the same types and frames.
fn class(level: &str, of_stack: &str) -> String {
    format!("{level}\n{of_stack}")
}

/// The level in a text's key.
fn level(key: &str) -> &str {
    key.strip_prefix(TEXT_PREFIX)
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default()
}

/// Name of the kind, and the title: of a stack its first line and what was thrown with it.
fn titled(class: &str, text: String) -> (&'static str, String) {
    match class.lines().next() {
        None => ("template", text),
        Some(thrown) if text.is_empty() => ("stack", thrown.to_owned()),
        Some(thrown) => ("stack", format!("{thrown}: {text}")),
    }
}

/// Kind, id and title of a message with this canonical text (of a stack: of what it says), as if it were the only one.
pub fn alone(stack: Option<&Stack>, canonical: &str, severity: Severity) -> (&'static str, String, String) {
    let of_stack = stack.map_or_else(String::new, texts::class_of);
    let level = texts::level_name(severity, stack.is_some());
    let class = class(level, &of_stack);
    let text = merge::merge(&[Text {
        class: &class,
        text: canonical,
    }])
    .remove(0);
    let id = merge::id(&class, &text);
    let (kind, mut title) = titled(&of_stack, text);
    shorten(&mut title, TITLE_BYTES_MAX);
    (kind, id, title)
}
