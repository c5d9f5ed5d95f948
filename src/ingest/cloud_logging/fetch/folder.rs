//! The folder of an unfinished fetch: what was asked for, and the parts that are complete.
//!
//! ```text
//! FILE.partial/query.json                            what was asked for, when it began
//! FILE.partial/START_END_ENTRIES_HASH.part           all entries of a piece of time (nanoseconds since 1970)
//! FILE.partial/late_START_END_ENTRIES_HASH.part      those of it that may have arrived late
//! FILE.partial/*.tmp                                 being written; worth nothing after a crash
//! ```
//!
//! A part gets its name when it is complete, and its name says what it holds: there is no journal that could lie.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::super::super::fetched::{STATE_FILE, partial_path};
use super::super::query::{Query, Span};
use super::disk::{self, Disk};
use super::error::FetchError;
use crate::model::{Timestamp, Window};

/// Version of the folder.
const SCHEMA: &str = "logverdict.fetch-state/1";
const PART: &str = "part";

/// What an unfinished fetch asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    schema: String,
    pub resource_names: Vec<String>,
    pub filter: String,
    pub window: Window,
    /// When the first of its runs began, by the clock of this machine.
    pub begun: Timestamp,
}

/// The folder, locked against other processes.
#[derive(Debug)]
pub(super) struct Folder {
    pub path: PathBuf,
    pub state: State,
    /// In order of time.
    pub parts: Vec<Part>,
    pub late: Vec<Part>,
    pub is_resumed: bool,
    _lock: File,
}

/// A complete part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    pub span: Span,
    pub path: PathBuf,
}

impl State {
    /// Of a query whose window is bounded.
    pub(super) fn new(query: &Query, begun: Timestamp) -> State {
        State {
            schema: SCHEMA.to_owned(),
            resource_names: query.resource_names.clone(),
            filter: query.filter.clone(),
            window: query.window,
            begun,
        }
    }

    /// How another query differs; `None` if it is the same, whenever it began.
    fn difference(&self, other: &State) -> Option<String> {
        let window = |w: &Window| {
            let text = |t: Option<Timestamp>| t.map_or("open".to_owned(), |t| t.to_string());
            format!("{} to {}", text(w.start), text(w.end))
        };
        if self.resource_names != other.resource_names {
            return Some(format!("it reads {}", self.resource_names.join(", ")));
        }
        if self.filter != other.filter {
            return Some(format!("its filter is {:?}", self.filter));
        }
        (self.window != other.window).then(|| format!("its window is {}", window(&self.window)))
    }
}

/// Where the parts of a file are.
pub(super) fn path_of(file: &Path) -> PathBuf {
    partial_path(file)
}

/// The state of the unfinished fetch of a file, if there is one.
pub(super) fn state_of(file: &Path) -> Result<Option<State>, FetchError> {
    let folder = partial_path(file);
    let path = folder.join(STATE_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(FetchError::Disk("read", path, e)),
    };
    let state: State = serde_json::from_str(&text).map_err(|e| FetchError::Foreign(folder.clone(), e.to_string()))?;
    if state.schema != SCHEMA {
        return Err(FetchError::Foreign(
            folder,
            format!("it has the format {:?}", state.schema),
        ));
    }
    Ok(Some(state))
}

/// Opens the folder of an unfinished fetch of the same query, or makes one.
pub(super) fn open(disk: &dyn Disk, file: &Path, state: State) -> Result<Folder, FetchError> {
    let path = partial_path(file);
    let found = state_of(file)?;
    let is_resumed = found.is_some();
    let state = match found {
        None => make(disk, &path, state)?,
        Some(found) => match found.difference(&state) {
            Some(difference) => return Err(FetchError::Foreign(path, difference)),
            None => found,
        },
    };
    let lock = lock(&path, file)?;
    let mut folder = Folder {
        path,
        state,
        parts: vec![],
        late: vec![],
        is_resumed,
        _lock: lock,
    };
    folder.take_stock(disk)?;
    Ok(folder)
}

/// Makes a folder; one that a crash left without a state is taken if there is nothing in it but that.
fn make(disk: &dyn Disk, path: &Path, state: State) -> Result<State, FetchError> {
    match disk.create_folder(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            let files = disk::list(path).map_err(FetchError::disk("list", path))?;
            if files.iter().any(|f| !is_temporary(f)) {
                return Err(FetchError::Foreign(path.into(), format!("it has no {STATE_FILE}")));
            }
        }
        other => other.map_err(FetchError::disk("make the folder", path))?,
    }
    let text = serde_json::to_vec_pretty(&state).unwrap_or_default();
    write_whole(disk, &path.join("query.tmp"), &path.join(STATE_FILE), &text)?;
    Ok(state)
}

/// Writes a small file so that it is there whole or not at all.
pub(super) fn write_whole(disk: &dyn Disk, temporary: &Path, path: &Path, bytes: &[u8]) -> Result<(), FetchError> {
    let wrong = FetchError::disk("write", temporary);
    let mut output = disk.create(temporary).map_err(&wrong)?;
    output.write_all(bytes).map_err(&wrong)?;
    output.settle().map_err(&wrong)?;
    drop(output);
    disk.rename(temporary, path).map_err(FetchError::disk("write", path))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    disk.settle(folder).map_err(FetchError::disk("write", folder))
}

/// A lock that goes with the process, even when it is killed.
fn lock(folder: &Path, file: &Path) -> Result<File, FetchError> {
    let path = folder.join(STATE_FILE);
    let state = File::open(&path).map_err(FetchError::disk("open", &path))?;
    match state.try_lock() {
        Err(TryLockError::WouldBlock) => Err(FetchError::Busy(file.into())),
        // Some file systems have no locks.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(state),
    }
}

fn is_temporary(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "tmp")
}

impl Folder {
    /// Finds what is there: removes what was being written, checks what is complete.
    pub(super) fn take_stock(&mut self, disk: &dyn Disk) -> Result<(), FetchError> {
        self.parts.clear();
        self.late.clear();
        for path in disk::list(&self.path).map_err(FetchError::disk("list", &self.path))? {
            if is_temporary(&path) {
                disk.remove(&path).map_err(FetchError::disk("remove", &path))?;
            } else if path.file_name().is_some_and(|n| n != STATE_FILE) {
                self.take_in(path)?;
            }
        }
        sort(&mut self.parts)?;
        sort(&mut self.late)
    }

    fn take_in(&mut self, path: PathBuf) -> Result<(), FetchError> {
        let foreign = || {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            FetchError::Foreign(self.path.clone(), format!("it holds {name}"))
        };
        let (is_late, span, hash) = name_of(&path).ok_or_else(foreign)?;
        if hash_of(&path).map_err(FetchError::disk("read", &path))? != hash {
            return Err(FetchError::Damaged(path, "its content was changed or cut".into()));
        }
        let parts = if is_late { &mut self.late } else { &mut self.parts };
        parts.push(Part { span, path });
        Ok(())
    }
}

/// Puts parts in order; none may overlap another.
fn sort(parts: &mut [Part]) -> Result<(), FetchError> {
    parts.sort();
    match parts.windows(2).find(|p| p[1].span.start < p[0].span.end) {
        Some(pair) => {
            let why = format!("it overlaps {}", pair[0].path.display());
            Err(FetchError::Damaged(pair[1].path.clone(), why))
        }
        None => Ok(()),
    }
}

/// The pieces of the window that no part holds.
pub(super) fn gaps(parts: &[Part], window: Span) -> Vec<Span> {
    let mut gaps = vec![];
    let mut start = window.start;
    for part in parts {
        gaps.push(Span {
            start,
            end: part.span.start.min(window.end),
        });
        start = start.max(part.span.end);
    }
    gaps.push(Span { start, end: window.end });
    gaps.retain(|gap| !gap.is_empty());
    gaps
}

const LATE: &str = "late_";

/// The name of a complete part.
pub(super) fn part_name(is_late: bool, Span { start, end }: Span, entries: u64, hash: u128) -> String {
    let late = if is_late { LATE } else { "" };
    format!("{late}{}_{}_{entries}_{hash:032x}.{PART}", start.0, end.0)
}

/// What a part's name says: whether it is of late entries, its span, and the hash of its bytes.
fn name_of(path: &Path) -> Option<(bool, Span, u128)> {
    let name = path.file_name()?.to_str()?.strip_suffix(PART)?.strip_suffix('.')?;
    let fields = name.strip_prefix(LATE).unwrap_or(name);
    let [start, end, _, hash] = fields.split('_').collect::<Vec<_>>()[..] else {
        return None;
    };
    let time = |text: &str| text.parse().ok().map(Timestamp);
    let (start, end) = (time(start)?, time(end)?);
    Some((
        name.starts_with(LATE),
        Span { start, end },
        u128::from_str_radix(hash, 16).ok()?,
    ))
}

fn hash_of(path: &Path) -> io::Result<u128> {
    let mut file = File::open(path)?;
    let (mut hash, mut buffer) = (Xxh3::new(), vec![0; 256 << 10]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.digest128()),
            got => hash.update(&buffer[..got]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: i64, end: i64) -> Span {
        Span {
            start: Timestamp(start),
            end: Timestamp(end),
        }
    }

    #[test]
    fn a_name_says_what_a_part_holds() {
        for is_late in [true, false] {
            let name = part_name(is_late, span(-5, 7), 12, 0xab);
            assert_eq!(name_of(Path::new(&name)), Some((is_late, span(-5, 7), 0xab)), "{name}");
        }
        for other in [
            "",
            "a.part",
            "1_2_3.part",
            "1_2_3_x.part",
            "1_x_3_0.part",
            "notes.txt",
            ".part",
        ] {
            assert_eq!(name_of(Path::new(other)), None, "{other}");
        }
    }

    #[test]
    fn gaps_are_what_no_part_holds() {
        let parts = |spans: &[Span]| -> Vec<Part> {
            let part = |span: &Span| Part {
                span: *span,
                path: PathBuf::new(),
            };
            spans.iter().map(part).collect()
        };
        assert_eq!(gaps(&[], span(0, 10)), [span(0, 10)]);
        let some = parts(&[span(0, 2), span(2, 3), span(5, 6), span(9, 10)]);
        assert_eq!(gaps(&some, span(0, 10)), [span(3, 5), span(6, 9)]);
        assert_eq!(gaps(&parts(&[span(0, 10)]), span(0, 10)), []);
        assert!(sort(&mut parts(&[span(4, 9), span(0, 5)])).is_err());
    }
}
