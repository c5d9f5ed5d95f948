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
                file: pack.file.as_str().into(),
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
            file: path.display().to_string().into(),
            line: None,
            cause: PackCause::NoPacks,
        }),
        false => Ok(files),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> PackError {
    let cause = PackCause::Unreadable(error.to_string());
    PackError {
        file: path.display().to_string().into(),
        line: None,
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(name: &str, extra: &str, patterns: &[(&str, &str)]) -> String {
        let mut text = format!(
            "schema = \"logverdict.pack/1\"\nname = \"{name}\"\nversion = \"1\"\ndescription = \"D.\"\n{extra}\n"
        );
        for (name, regex) in patterns {
            text.push_str(&format!(
                "[[pattern]]\nname = \"{name}\"\ntitle = \"T\"\ncategory = \"http\"\nlevel = \"error\"\nregex = '{regex}'\n\
                 meaning = \"M.\"\nlink = \"https://example.com/\"\nexamples = ['{regex}']\ncounter-examples = ['x']\n"
            ));
        }
        text
    }

    #[test]
    fn a_folder_is_read_by_name_and_other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.toml"), pack("b", "", &[("one", "beta")])).unwrap();
        fs::write(
            folder.path().join("a.toml"),
            pack("a", "", &[("two", "alpha"), ("one", "gamma")]),
        )
        .unwrap();
        fs::write(folder.path().join("notes.txt"), "not a pack").unwrap();
        let set = PackSet::default().with_dir_or_file(folder.path()).unwrap();
        let ids: Vec<&str> = set.patterns().iter().map(|p| p.id.as_str()).collect();
        assert_eq!(ids, ["a/one", "a/two", "b/one"]);
        assert_eq!(
            set.packs().iter().map(|p| p.name.as_str()).collect::<Vec<_>>(),
            ["a", "b"]
        );
        assert_eq!((set.index_of("b/one"), set.index_of("b/two")), (Some(2), None));
        assert!(set.file_of(2).unwrap().ends_with("b.toml") && set.file_of(3).is_none());
        let one = PackSet::default()
            .with_dir_or_file(&folder.path().join("b.toml"))
            .unwrap();
        assert_eq!(one.patterns().len(), 1);
    }

    #[test]
    fn a_folder_without_packs_and_a_missing_path_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let error = PackSet::default().with_dir_or_file(folder.path()).unwrap_err();
        assert_eq!(error.cause, PackCause::NoPacks);
        let error = PackSet::default()
            .with_dir_or_file(&folder.path().join("none.toml"))
            .unwrap_err();
        assert!(matches!(error.cause, PackCause::Unreadable(_)) && error.line.is_none());
        fs::write(folder.path().join("latin.toml"), b"name = \"\xe9\"").unwrap();
        let error = PackSet::default().with_dir_or_file(folder.path()).unwrap_err();
        assert!(matches!(error.cause, PackCause::Unreadable(_)));
    }

    #[test]
    fn an_id_is_taken_unless_the_pack_overrides() {
        let mut set = PackSet::builtin().unwrap();
        let before = set.clone();
        let patterns = [("accept-first", "need accept"), ("own", "my own")];
        let error = set
            .add(read_pack(&pack("starlette", "", &patterns), "mine.toml").unwrap())
            .unwrap_err();
        let cause = PackCause::DuplicateId {
            id: "starlette/accept-first".to_owned(),
            other: "builtin:starlette".to_owned(),
        };
        assert_eq!((error.cause, error.line), (cause, Some(6)));
        assert_eq!(set, before);
        set.add(read_pack(&pack("starlette", "override = true", &patterns), "mine.toml").unwrap())
            .unwrap();
        assert_eq!(set.patterns().len(), before.patterns().len() + 1);
        let index = set.index_of("starlette/accept-first").unwrap();
        assert_eq!(set.patterns()[index].condition.regex.as_deref(), Some("need accept"));
        assert_eq!(set.file_of(index), Some("mine.toml"));
    }

    #[test]
    fn a_pack_may_not_hold_an_id_twice_even_if_it_overrides() {
        for extra in ["", "override = true"] {
            let twice = read_pack(&pack("own", extra, &[("a", "alpha"), ("a", "beta")]), "mine.toml").unwrap();
            let error = PackSet::default().add(twice).unwrap_err();
            let cause = PackCause::DuplicateId {
                id: "own/a".to_owned(),
                other: "mine.toml".to_owned(),
            };
            assert_eq!(error.cause, cause);
        }
    }

    #[test]
    fn every_file_in_the_folder_of_packs_ships() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns");
        let mut names: Vec<String> = pack_files(&folder)
            .unwrap()
            .iter()
            .map(|file| file.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(names, BUILTIN.map(|(name, _)| name));
        let packs = PackSet::builtin().unwrap();
        assert_eq!(packs.packs().iter().map(|p| p.name.clone()).collect::<Vec<_>>(), names);
    }
}
