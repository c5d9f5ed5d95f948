//! The verdicts so far, as a list that is read back from a comment: newest first, bounded in number and bytes.

use crate::model::Timestamp;
use crate::report::escape;
use crate::report::value::Report;
use crate::report::words;
use crate::verdict::Verdict;

/// Most verdicts that are kept.
const MOST_ENTRIES: usize = 30;
/// Most characters of a reason, as it is read.
const MOST_REASON: usize = 120;
/// Most bytes of the list: with it and the marks, a body with a Markdown of full length stays within the limit.
const MOST_BYTES: usize = 5000;
/// Most lines of an old list that are read.
const MOST_LINES: usize = 100;

const OPEN: &str = "<details>\n<summary>Verdicts so far</summary>\n\n";
const CLOSE: &str = "\n</details>\n";
/// Stands below a list that is not whole.
const CUT: &str = "Earlier ones are left out.";
/// In place of a time.
const NO_TIME: &str = "time unknown";

const VERDICTS: [Verdict; 3] = [Verdict::Proceed, Verdict::Hold, Verdict::RollBack];

/// One verdict that was told.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// Until when the log was judged, in words.
    time: String,
    verdict: Verdict,
    /// The first reason, not escaped.
    reason: String,
}

/// The verdicts that a comment has told, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct History {
    entries: Vec<Entry>,
    is_cut: bool,
}

impl History {
    /// Reads what [`History::render`] wrote. Somebody may have edited it: lines that are none of ours are left out, and texts
    /// are taken as texts.
    pub(super) fn read(text: &str) -> History {
        let lines = || text.lines().map(str::trim_end).take(MOST_LINES);
        let entries: Vec<Entry> = lines().filter_map(Entry::read).take(MOST_ENTRIES).collect();
        let is_cut = lines().any(|line| line == CUT);
        History { entries, is_cut }
    }

    /// Adds the verdict of a report. The same one told again is no news.
    pub(super) fn add(&mut self, report: &Report) {
        let entry = Entry::of(report);
        if self.entries.first() != Some(&entry) {
            self.entries.insert(0, entry);
        }
    }

    pub(super) fn render(&self) -> String {
        let mut list = String::new();
        let mut shown = 0;
        for line in self.entries.iter().take(MOST_ENTRIES).map(Entry::render) {
            if list.len() + line.len() > MOST_BYTES {
                break;
            }
            list.push_str(&line);
            shown += 1;
        }
        if self.is_cut || shown < self.entries.len() {
            list.push_str(&format!("\n{CUT}\n"));
        }
        format!("{OPEN}{list}{CLOSE}")
    }
}

impl Entry {
    fn of(report: &Report) -> Entry {
        let watched = report.watch.as_ref().map(|w| w.looked_until);
        let until = watched.or(report.sides.candidate.last);
        let reason = report.reasons.first().map_or(&report.confidence, |r| &r.message);
        Entry {
            time: until.map_or(NO_TIME.to_owned(), words::time),
            verdict: report.verdict,
            // As it is read back, so that equal ones are known as equal.
            reason: plain(&escape::markdown(reason, MOST_REASON)),
        }
    }

    fn read(line: &str) -> Option<Entry> {
        let (time, rest) = line.strip_prefix("- ")?.split_once(": **")?;
        let (label, reason) = rest.split_once("**")?;
        let verdict = VERDICTS.into_iter().find(|v| v.label() == label)?;
        let is_time = time == NO_TIME || Timestamp::parse(&time.replacen(' ', "T", 1)).is_some();
        is_time.then(|| Entry {
            time: time.to_owned(),
            verdict,
            reason: plain(reason.strip_prefix(", ").unwrap_or_default()),
        })
    }

    fn render(&self) -> String {
        let reason = escape::markdown(&self.reason, MOST_REASON);
        let comma = if reason.is_empty() { "" } else { ", " };
        format!("- {}: **{}**{comma}{reason}\n", self.time, self.verdict.label())
    }
}

/// The text that [`escape::markdown`] was given, as far as it tells: its entities read, what splits words left out.
fn plain(escaped: &str) -> String {
    let mut out = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((before, after)) = rest.split_once("&#") {
        out.push_str(before);
        match entity(after) {
            Some((c, after)) => {
                out.extend(Some(c).filter(|c| *c != '\u{200b}'));
                rest = after;
            }
            None => {
                out.push_str("&#");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The character of a decimal entity, and what follows it.
fn entity(text: &str) -> Option<(char, &str)> {
    let (digits, rest) = text.split_once(';')?;
    let is_short = digits.len() <= 7 && digits.bytes().all(|b| b.is_ascii_digit());
    let c = char::from_u32(digits.parse().ok().filter(|_| is_short)?)?;
    Some((c, rest))
}
