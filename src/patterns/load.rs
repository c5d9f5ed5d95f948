//! The set of packs in use: those that ship with the program, and the user's.
//!
//! Input: the built-in texts, and files or folders. Output: a [`PackSet`] whose patterns are ordered by id, so that a
//! pattern's index depends on nothing but the set. It looks at no file that it was not told of.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::{PackCause, PackError};
use super::pack::{Pack, Pattern};
use super::read::read_pack;

/// Name and text of every pack in `patterns/`.
const BUILTIN: [(&str, &str); 13] = [
    ("cloud-run", include_str!("../../patterns/cloud-run.toml")),
    ("database", include_str!("../../patterns/database.toml")),
    ("go", include_str!("../../patterns/go.toml")),
    ("gunicorn", include_str!("../../patterns/gunicorn.toml")),
    ("http", include_str!("../../patterns/http.toml")),
    ("java", include_str!("../../patterns/java.toml")),
    ("network", include_str!("../../patterns/network.toml")),
    ("node", include_str!("../../patterns/node.toml")),
    ("python", include_str!("../../patterns/python.toml")),
    ("redis", include_str!("../../patterns/redis.toml")),
    ("starlette", include_str!("../../patterns/starlette.toml")),
    ("uvicorn", include_str!("../../patterns/uvicorn.toml")),
    ("websocket", include_str!("../../patterns/websocket.toml")),
];

/// Packs and their patterns. The index of a pattern is its place in [`PackSet::patterns`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackSet {
    packs: Vec<Pack>,
    /// By id: pack and pattern, as places in `packs`.
    places: BTreeMap<String, (usize, usize)>,
    patterns: Vec<Pattern>,
}

impl PackSet {
    /// The packs that ship with the program. A test proves that they load.
    pub fn builtin() -> Result<PackSet, PackError> {
        let mut set = PackSet::default();
        for (name, text) in BUILTIN {
            set.add(read_pack(text, &format!("builtin:{name}"))?)?;
        }
        Ok(set)
    }

    /// Adds the pack in a file, or every pack (`*.toml`, by name, folders below it not included) in a folder.
    ///
    /// # Errors
    /// When a file cannot be read or used, an id is taken and the pack does not say `override = true`, or the folder
    /// holds no pack.
    pub fn with_dir_or_file(mut self, path: &Path) -> Result<PackSet, PackError> {
        for file in pack_files(path)? {
            let text = fs::read_to_string(&file).map_err(|error| unreadable(&file, &error))?;
            self.add(read_pack(&text, &file.display().to_string())?)?;
        }
        Ok(self)
    }

    /// Adds one pack.
    ///
    /// # Errors
    /// When one of its ids is taken: within the pack always, by another pack unless it says `override = true`.
    pub fn add(&mut self, pack: Pack) -> Result<(), PackError> {
        let number = self.packs.len();
        let mut places = self.places.clone();
        for (place, pattern) in pack.patterns.iter().enumerate() {
            let taken = places.insert(pattern.id.clone(), (number, place));
            let Some((other, _)) = taken.filter(|&(other, _)| other == number || !pack.overrides) else {
                continue;
            };
            let other = self.packs.get(other).unwrap_or(&pack).file.clone();
            let cause = PackCause::DuplicateId {
                id: pattern.id.clone(),
                other,
            };
            return Err(PackError {
                file: pack.file.clone(),
                line: Some(pattern.line),
                cause,
            });
        }
        self.places = places;
        self.packs.push(pack);
        self.patterns = self
            .places
            .values()
            .map(|&(pack, place)| self.packs[pack].patterns[place].clone())
            .collect();
        Ok(())
    }

    /// The packs, built-in ones first, each with the SHA-256 of its text.
    pub fn packs(&self) -> &[Pack] {
        &self.packs
    }

    /// The patterns in force, ordered by id.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// Index of the pattern with this id.
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.patterns
            .binary_search_by(|pattern| pattern.id.as_str().cmp(id))
            .ok()
    }

    /// The file that the pattern with this index comes from.
    pub fn file_of(&self, index: usize) -> Option<&str> {
        let &(pack, _) = self.places.get(&self.patterns.get(index)?.id)?;
        Some(&self.packs[pack].file)
    }
}

fn pack_files(path: &Path) -> Result<Vec<PathBuf>, PackError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for item in fs::read_dir(path).map_err(|error| unreadable(path, &error))? {
        let file = item.map_err(|error| unreadable(path, &error))?.path();
        if file.extension().is_some_and(|extension| extension == "toml") && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    match files.is_empty() {
        true => Err(PackError {
            file: path.display().to_string(),
            line: None,
            cause: PackCause::NoPacks,
        }),
        false => Ok(files),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> PackError {
    let cause = PackCause::Unreadable(error.to_string());
    PackError {
        file: path.display().to_string(),
        line: None,
        cause,
    }
}
