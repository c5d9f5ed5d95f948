//! Messages that no pattern explains, by what they mean: the stack or the canonical text of each.
//!
//! Input: entries. Output: a key for each, and what the keys stand for. Bounded: of each level the texts with the smallest
//! hashes are kept, the same ones in any order; all others share an "other" key, so that counts stay exact.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use xxhash_rust::xxh3::{Xxh3, xxh3_64_with_seed};

use super::counts::SignalInfo;
use crate::ingest::NumberHasher;
use crate::model::{Entry, Level, Severity, shorten};
use crate::patterns::canonical::canonical;
use crate::patterns::stack::{self, InApp, Stack};

/// Distinct texts kept for each level (error, warning, information), over all revisions of a profile.
pub const TEXTS_MAX: usize = 2_000;
/// Bytes of a canonical text; longer ones are cut.
pub const TEXT_BYTES_MAX: usize = 1_000;
/// Places of the memory for messages that come again just as they were.
const MEMO_PLACES: usize = 4_096;

/// Number of a text: the hash of what it is, with its level in the lowest two bits.
pub(super) type TextKey = u64;

/// The levels that texts have, by the code in their key.
const LEVELS: [(Level, &str); 3] = [
    (Level::Error, "error"),
    (Level::Warning, "warning"),
    (Level::Info, "info"),
];

/// Start of the keys that texts have in a profile, up to the level.
pub(super) const TEXT_PREFIX: &str = "text:";

/// What the texts of one worker are.
pub struct Texts {
    known: HashMap<TextKey, Text, BuildHasherDefault<NumberHasher>>,
    /// By level: keys from here on are not told apart any more.
    limits: [TextKey; LEVELS.len()],
    kept: [usize; LEVELS.len()],
    memo: Box<[(u64, TextKey)]>,
    in_app: InApp,
    scratch: String,
}

struct Text {
    /// What a text must share to be merged with another: of a stack its types and frames, below a line for people.
    class: String,
    text: String,
}

/// The key that texts beyond the limit share.
const fn other(code: usize) -> TextKey {
    !3 | code as u64
}

impl Texts {
    pub(super) fn new(in_app: InApp) -> Texts {
        Texts {
            known: HashMap::default(),
            limits: std::array::from_fn(other),
            kept: [0; LEVELS.len()],
            memo: vec![(0, 0); MEMO_PLACES].into_boxed_slice(),
            in_app,
            scratch: String::new(),
        }
    }

    /// The key of a message, and whether [`Texts::trim`] is due.
    #[inline]
    pub(super) fn key(&mut self, entry: &Entry<'_>, message: &str) -> (TextKey, bool) {
        let mut hash = xxh3_64_with_seed(message.as_bytes(), severity_code(entry.severity) + 1);
        if let Some(exception) = entry.exception {
            hash = xxh3_64_with_seed(exception.as_bytes(), hash);
        }
        let place = (hash >> 20) as usize % MEMO_PLACES;
        if self.memo[place].0 == hash {
            return (self.memo[place].1, false);
        }
        let (key, is_full) = self.learn(entry, message);
        self.memo[place] = (hash, key);
        (key, is_full)
    }

    fn learn(&mut self, entry: &Entry<'_>, message: &str) -> (TextKey, bool) {
        let read = |text: &str| {
            stack::looks_like(text)
                .then(|| stack::read(text, &self.in_app))
                .flatten()
        };
        let stack = read(message).or_else(|| entry.exception.and_then(read));
        let code = code_for(entry.severity, stack.is_some());
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        let class = match &stack {
            Some(stack) => {
                canonical(stack.message(), &mut text);
                class_of(stack)
            }
            None => {
                canonical(message, &mut text);
                String::new()
            }
        };
        shorten(&mut text, TEXT_BYTES_MAX);
        let key = (hash_of(&class, &text) & !3) | code as u64;
        let kept = key < self.limits[code];
        if kept && !self.known.contains_key(&key) {
            self.kept[code] += 1;
            let text = text.clone();
            self.known.insert(key, Text { class, text });
        }
        self.scratch = text;
        (if kept { key } else { other(code) }, self.kept[code] > 2 * TEXTS_MAX)
    }

    /// The same for another counter: not once texts were left out, which depends on what was counted.
    pub(super) fn for_another(self) -> Option<Texts> {
        (0..LEVELS.len())
            .all(|code| self.limits[code] == other(code))
            .then_some(self)
    }

    /// Forgets the texts that another counter learnt and this one has not met; of the others keeps those with the smallest
    /// hashes, if they are too many. The keys for which the answer is `Some` now have that one.
    pub(super) fn trim(&mut self, is_used: &dyn Fn(TextKey) -> bool) -> impl Fn(TextKey) -> Option<TextKey> + use<> {
        self.known.retain(|key, _| is_used(*key));
        self.kept = [0; LEVELS.len()];
        self.known.keys().for_each(|key| self.kept[code_of(*key)] += 1);
        for code in 0..LEVELS.len() {
            if self.kept[code] <= 2 * TEXTS_MAX {
                continue;
            }
            let mut keys: Vec<TextKey> = self.known.keys().copied().filter(|k| code_of(*k) == code).collect();
            let (_, limit, _) = keys.select_nth_unstable(TEXTS_MAX);
            self.limits[code] = *limit;
            self.kept[code] = TEXTS_MAX;
        }
        let limits = self.limits;
        let is_over = move |key: TextKey| key >= limits[code_of(key)];
        self.known.retain(|key, _| !is_over(*key));
        self.memo.fill((0, 0));
        move |key| is_over(key).then(|| other(code_of(key)))
    }

    /// Key and description in a profile.
    pub(super) fn describe(&self, key: TextKey) -> (String, SignalInfo) {
        let code = code_of(key);
        let known = self.known.get(&key);
        let (level, name) = LEVELS[code];
        match known {
            Some(known) => (
                format!("{TEXT_PREFIX}{name}/{key:016x}"),
                SignalInfo {
                    title: known.text.clone(),
                    level,
                    category: String::new(),
                    class: known.class.clone(),
                },
            ),
            None => other_of(code),
        }
    }
}

/// Key and description of the row that texts beyond the limit share.
fn other_of(code: usize) -> (String, SignalInfo) {
    let (level, name) = LEVELS[code];
    let info = SignalInfo {
        title: format!("other messages of level {name}: more than {TEXTS_MAX} texts differ"),
        level,
        category: String::new(),
        class: String::new(),
    };
    (format!("{TEXT_PREFIX}{name}/{OTHER}"), info)
}

/// Start of the ids of the signals that count texts beyond the limit.
pub const OTHER_TEXTS: &str = "other-";

/// Last part of the key of those rows: sorts behind every hash.
pub(super) const OTHER: &str = "other";

/// For each level: the prefix of its keys, key and description of its other row.
pub(super) fn levels() -> impl Iterator<Item = (String, (String, SignalInfo))> {
    LEVELS
        .iter()
        .enumerate()
        .map(|(code, (_, name))| (format!("{TEXT_PREFIX}{name}/"), other_of(code)))
}

/// Whether the key is of an error or a warning.
pub(super) fn is_harm(key: TextKey) -> bool {
    code_of(key) <= 1
}

fn code_of(key: TextKey) -> usize {
    (key & 3) as usize
}

/// The class of a stack: a line for people, then what decides.
pub(super) fn class_of(stack: &Stack) -> String {
    format!("{}\n{}", stack.title_with(""), stack.class())
}

/// Name of the level that a message of this severity counts at.
pub(super) fn level_name(severity: Severity, is_stack: bool) -> &'static str {
    LEVELS[code_for(severity, is_stack)].1
}

/// A trace without a severity was printed by the runtime: nobody handled it, so it is an error.
fn code_for(severity: Severity, is_stack: bool) -> usize {
    if is_stack && severity == Severity::Default {
        return 0;
    }
    level_code(severity)
}

fn level_code(severity: Severity) -> usize {
    match severity {
        s if s >= Severity::Error => 0,
        Severity::Warning => 1,
        _ => 2,
    }
}

/// Told apart further than by level: a stack without a severity is an error, one that was logged as information is not.
fn severity_code(severity: Severity) -> u64 {
    level_code(severity) as u64 * 2 + u64::from(severity == Severity::Default)
}

fn hash_of(class: &str, text: &str) -> u64 {
    if class.is_empty() {
        return xxh3_64_with_seed(text.as_bytes(), 0);
    }
    let mut hash = Xxh3::with_seed(1);
    hash.update(class.as_bytes());
    hash.update(b"\0");
    hash.update(text.as_bytes());
    hash.digest()
}
