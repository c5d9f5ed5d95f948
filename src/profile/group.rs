//! From texts to templates and stacks: what differs in data only becomes one signal, with one id for both sides.
//!
//! Input: the counts of all sides that will be compared. Output: the same counts, under the keys of templates and stacks.
//! It looks at the set of texts alone, never at counts, order or sides.

use std::collections::{BTreeMap, BTreeSet};

use super::Data;
use super::counts::SignalInfo;
use super::texts::{OTHER, TEXT_PREFIX};
use crate::patterns::merge::{self, Text};

/// Bytes of a title's text; the whole text is seldom worth more.
const TITLE_BYTES_MAX: usize = 300;

/// Groups the texts of all parts together: give both sides of a comparison in one call, or equal messages get different
/// ids. Parts that are grouped already stay as they are.
pub fn group(parts: &mut [&mut Data]) {
    let infos: BTreeMap<String, SignalInfo> = parts
        .iter()
        .flat_map(|data| data.signals.iter().filter(|(key, _)| key.starts_with(TEXT_PREFIX)))
        .map(|(key, info)| (key.clone(), info.clone()))
        .collect();
    let grouped = signals(&infos);
    for data in parts {
        for (key, (new, info)) in &grouped {
            if data.signals.remove(key).is_some() {
                data.signals.insert(new.clone(), info.clone());
            }
        }
        for revision in data.revisions.values_mut() {
            revision.rename_all(|key| grouped.get(key).map(|(new, _)| new.clone()));
        }
    }
}

/// For each text's key: the key and the description of the template or stack that it belongs to.
fn signals(infos: &BTreeMap<String, SignalInfo>) -> BTreeMap<String, (String, SignalInfo)> {
    // Only texts of one level may merge, and of stacks only those with the same types and frames.
    let class = |key: &str, info: &SignalInfo| {
        let level = key[TEXT_PREFIX.len()..].split('/').next().unwrap_or_default();
        format!("{level}\n{}", info.class)
    };
    let (kept, other): (Vec<_>, Vec<_>) = infos.iter().partition(|(key, _)| !key.ends_with(OTHER));
    let classes: Vec<String> = kept.iter().map(|(key, info)| class(key, info)).collect();
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
            let (kind, title) = match info.class.lines().next() {
                None => ("template", text),
                Some(thrown) if text.is_empty() => ("stack", thrown.to_owned()),
                Some(thrown) => ("stack", format!("{thrown}: {text}")),
            };
            let info = SignalInfo {
                title: shorten(title),
                ..(*info).clone()
            };
            ((*key).clone(), (format!("{kind}:{id}"), info))
        });
    let others = other.into_iter().map(|(key, info)| {
        let level = key[TEXT_PREFIX.len()..].split('/').next().unwrap_or_default();
        (key.clone(), (format!("template:{OTHER}-{level}"), info.clone()))
    });
    grouped.chain(others).collect()
}

fn shorten(mut title: String) -> String {
    if title.len() > TITLE_BYTES_MAX {
        let cut = (0..=TITLE_BYTES_MAX)
            .rev()
            .find(|i| title.is_char_boundary(*i))
            .unwrap_or(0);
        title.truncate(cut);
        title.push('…');
    }
    title
}

impl super::RevisionCounts {
    /// Counts signals under other keys; several may become one.
    fn rename_all(&mut self, new: impl Fn(&str) -> Option<String>) {
        for (key, counts) in std::mem::take(&mut self.signals) {
            let key = new(&key).unwrap_or(key);
            match self.signals.get_mut(&key) {
                Some(known) => known.add(&counts),
                None => {
                    self.signals.insert(key, counts);
                }
            }
        }
        for trace in self.traces.values_mut() {
            let renamed: BTreeSet<String> = trace
                .signals
                .iter()
                .map(|k| new(k).unwrap_or_else(|| k.clone()))
                .collect();
            trace.signals = renamed;
        }
    }
}
