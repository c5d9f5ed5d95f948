//! The manifest beside a fetched file: what was asked for, and whether the file holds all of it.
//!
//! `FILE.manifest.json` is written by `fetch` and read whenever `FILE` is. Input: the file beside, and what was read of
//! `FILE`. Output: what the coverage may say of its completeness. A manifest that does not fit the file says nothing.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::coverage::{SourceCoverage, Unread};
use super::feed::FeedOutcome;
use crate::model::{Concern, Timestamp, Window};

/// Version of the manifest. A reader takes this one and says so of others.
pub const MANIFEST_SCHEMA: &str = "logverdict.fetch/1";

/// What every version of the schema begins with.
const MANIFEST_FAMILY: &str = "logverdict.fetch/";
/// Bytes that a manifest may have: it lists pieces of time, not entries.
const MANIFEST_BYTES_MAX: u64 = 4 << 20;
const SUFFIX: &str = ".manifest.json";
/// What the folder of an unfinished `fetch` ends with.
const PARTIAL_SUFFIX: &str = ".partial";

/// What a fetched file is. The schema is in `docs/schema/fetch.schema.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`MANIFEST_SCHEMA`]
    pub schema: String,
    /// Name and version of the program.
    pub tool: String,
    /// When the reading of it began.
    pub fetched_at: Timestamp,
    /// What was asked of, such as `projects/acme-shop`.
    pub resource_names: Vec<String>,
    /// The filter, without the bounds of time.
    pub filter: String,
    /// The time that was asked for.
    pub window: Window,
    /// Lines of the file, each an entry.
    pub entries: u64,
    /// Bytes of the lines, before compression.
    pub bytes: u64,
    /// As [`SourceCoverage::content_hash`] has it.
    pub content_hash: String,
    /// Parts of the window that could not be read.
    pub unread: Vec<Unread>,
    /// Doubts about what was read; each forbids PROCEED.
    pub concerns: Vec<Concern>,
    /// Things worth telling that forbid nothing.
    pub remarks: Vec<Concern>,
}

impl Manifest {
    /// Whether it speaks of this source, which has been read.
    pub(super) fn fits(&self, source: &SourceCoverage) -> Result<(), String> {
        if source.content_hash != self.content_hash {
            return Err("its content is another".into());
        }
        if source.problems.is_empty() && source.entries != self.entries {
            let (found, told) = (source.entries, self.entries);
            return Err(format!("it holds {found} entries, not {told}"));
        }
        Ok(())
    }

    /// What a reading of the same query would have told.
    pub(super) fn outcome(self) -> FeedOutcome {
        FeedOutcome {
            asked: Some(self.window),
            unread: self.unread,
            concerns: self.concerns,
            remarks: self.remarks,
            failure: None,
        }
    }
}

/// Where the manifest of a file is.
pub fn manifest_path(file: &Path) -> PathBuf {
    with_suffix(file, SUFFIX)
}

/// Where the parts of an unfinished fetch of a file are.
pub(super) fn partial_path(file: &Path) -> PathBuf {
    with_suffix(file, PARTIAL_SUFFIX)
}

pub(super) fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    name.into()
}

/// The manifest of a file, why there is one that cannot be used, or nothing.
pub(super) fn manifest_beside(file: &Path) -> Option<Result<Manifest, String>> {
    let text = match read_small(&manifest_path(file)) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return None,
        Err(e) => return Some(Err(format!("the manifest cannot be read: {e}"))),
    };
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    // Other programs have manifests, too.
    let head: Result<Head, _> = serde_json::from_str(&text);
    match head {
        Ok(head) if head.schema == MANIFEST_SCHEMA => {}
        Ok(head) if head.schema.starts_with(MANIFEST_FAMILY) => {
            return Some(Err(format!("the manifest has the format {:?}", head.schema)));
        }
        Ok(_) => return None,
        Err(_) if !text.contains(MANIFEST_FAMILY) => return None,
        Err(_) => {}
    }
    Some(serde_json::from_str(&text).map_err(|e| format!("the manifest is broken: {e}")))
}

fn read_small(path: &Path) -> io::Result<String> {
    let mut text = vec![];
    File::open(path)?.take(MANIFEST_BYTES_MAX).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Whether a path is no log but belongs to one: a manifest beside its file, or the parts of an unfinished fetch.
pub(super) fn is_company(path: &Path) -> bool {
    let Some(name) = path.to_str() else { return false };
    if let Some(file) = name.strip_suffix(SUFFIX) {
        return Path::new(file).is_file() && manifest_beside(Path::new(file)).is_some();
    }
    name.ends_with(PARTIAL_SUFFIX) && path.join(STATE_FILE).is_file()
}

/// The file of an unfinished fetch that says what was asked for.
pub(super) const STATE_FILE: &str = "query.json";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn manifest() -> Manifest {
        Manifest {
            schema: MANIFEST_SCHEMA.into(),
            tool: "logverdict 0.1.0".into(),
            fetched_at: Timestamp(7),
            resource_names: vec!["projects/acme-shop".into()],
            filter: "severity>=ERROR".into(),
            window: Window {
                start: Some(Timestamp(1)),
                end: Some(Timestamp(5)),
            },
            entries: 3,
            bytes: 300,
            content_hash: "0".repeat(32),
            unread: vec![],
            concerns: vec![],
            remarks: vec![],
        }
    }

    fn source(entries: u64) -> SourceCoverage {
        SourceCoverage {
            content_hash: "0".repeat(32),
            name: "a.ndjson".into(),
            bytes: 300,
            format: "ndjson".into(),
            entries,
            problems: vec![],
        }
    }

    #[test]
    fn a_manifest_fits_its_own_file_alone() {
        assert_eq!(manifest().fits(&source(3)), Ok(()));
        assert!(manifest().fits(&source(4)).is_err());
        let other = SourceCoverage {
            content_hash: "1".repeat(32),
            ..source(3)
        };
        assert!(manifest().fits(&other).is_err());
    }

    #[test]
    fn only_our_manifests_count() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.ndjson");
        let beside = |text: &str| {
            fs::write(manifest_path(&file), text).unwrap();
            manifest_beside(&file)
        };
        assert_eq!(manifest_beside(&file), None);
        assert_eq!(beside("{\"name\": \"my web app\"}"), None);
        assert_eq!(beside("nonsense"), None);
        assert_eq!(beside("{\"schema\": \"other/1\"}"), None);
        let good = serde_json::to_string(&manifest()).unwrap();
        assert_eq!(beside(&good), Some(Ok(manifest())));
        assert!(beside(&good.replace("fetch/1", "fetch/2")).unwrap().is_err());
        assert!(beside(&good[..good.len() / 2]).unwrap().is_err());
    }

    #[test]
    fn what_belongs_to_a_log_is_no_log() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.ndjson");
        let manifest_file = manifest_path(&file);
        fs::write(&manifest_file, serde_json::to_string(&manifest()).unwrap()).unwrap();
        assert!(!is_company(&manifest_file), "its file is not there");
        fs::write(&file, "").unwrap();
        assert!(is_company(&manifest_file) && !is_company(&file));
        let partial = partial_path(&file);
        fs::create_dir(&partial).unwrap();
        assert!(!is_company(&partial));
        fs::write(partial.join(STATE_FILE), "{}").unwrap();
        assert!(is_company(&partial));
    }
}
