//! Profiles as values and as files: made from counts and coverage, merged, written, read back.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Data, check};
use crate::ingest::Coverage;
use crate::patterns::stack::InApp;
use crate::patterns::{PackSet, canonical};

/// Which masks and frame rules texts and stacks are made with.
pub fn texts_version(in_app: &InApp) -> String {
    format!("masks {}, frame rules {}", canonical::VERSION, in_app.fingerprint())
}

/// Version of the stored format. A reader takes this one and refuses others by name.
pub const SCHEMA: &str = "logverdict.profile/1";

/// The summary of one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// [`SCHEMA`]
    pub schema: String,
    /// What it was made of.
    pub manifest: Manifest,
    /// The counts: the same for the same entries, however they were split or ordered.
    pub data: Data,
}

/// A profile as it is written down.
#[derive(Serialize)]
struct Stored<'a> {
    schema: &'a str,
    checksum: String,
    manifest: &'a Manifest,
    data: &'a Data,
}

/// What a profile was made of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Manifest {
    /// Name and version of the program.
    pub tool: String,
    /// The packs whose patterns were counted, by name.
    pub packs: Vec<PackStamp>,
    /// Which masks and frame rules texts and stacks were made with.
    pub texts: String,
    /// What was read.
    pub coverage: Coverage,
}

/// Which version of a pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackStamp {
    /// Name of the pack.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its text, hexadecimal.
    pub sha256: String,
}

/// Why profiles cannot be merged or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileError {
    /// Not a profile, or broken.
    NotAProfile(String),
    /// Another version of the format.
    OtherSchema(String),
    /// Both hold the same source: its entries would count twice.
    SameSource(String),
    /// Made with other packs: their counts mean different things.
    OtherPacks(String),
    /// Made with other masks or frame rules: equal messages have different texts.
    OtherTexts,
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProfileError::NotAProfile(why) => write!(f, "not a profile: {why}"),
            ProfileError::OtherSchema(found) => {
                write!(f, "the profile has the format {found:?}, this program reads {SCHEMA:?}")
            }
            ProfileError::SameSource(name) => write!(
                f,
                "the source {name} is in both profiles: its entries would count twice"
            ),
            ProfileError::OtherTexts => {
                write!(f, "the profiles were made with different masks or frame rules")
            }
            ProfileError::OtherPacks(name) => {
                write!(f, "the profiles were made with different versions of the pack {name:?}")
            }
        }
    }
}

impl ProfileError {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        match self {
            ProfileError::NotAProfile(_) => "make one with: logverdict profile make LOGS -o FILE",
            ProfileError::OtherSchema(_) => "make it again with this program, or use the program that made it",
            ProfileError::SameSource(_) => {
                "merge profiles of different sources, or make one profile of all sources at once"
            }
            ProfileError::OtherTexts => "make both again with the same program and the same --in-app and --library",
            ProfileError::OtherPacks(_) => "make both again with the same program and the same --patterns",
        }
    }
}

impl std::error::Error for ProfileError {}

impl Profile {
    /// Puts counts and coverage together.
    pub fn new(data: Data, coverage: Coverage, packs: &PackSet, in_app: &InApp) -> Profile {
        let stamp = |p: &crate::patterns::Pack| PackStamp {
            name: p.name.clone(),
            version: p.version.clone(),
            sha256: p.sha256.clone(),
        };
        let mut packs: Vec<PackStamp> = packs.packs().iter().map(stamp).collect();
        packs.sort();
        let tool = concat!("logverdict ", env!("CARGO_PKG_VERSION")).to_owned();
        Profile {
            schema: SCHEMA.into(),
            manifest: Manifest {
                tool,
                packs,
                texts: texts_version(in_app),
                coverage,
            },
            data,
        }
    }

    /// Adds another profile.
    ///
    /// Duplicates between the two are not found: their entries are gone. Sources that overlap belong into one reading.
    ///
    /// # Errors
    /// A source that both hold, or packs that differ.
    pub fn merge(&mut self, other: &Profile) -> Result<(), ProfileError> {
        let mine = &self.manifest.coverage.sources;
        let same =
            |s: &&crate::ingest::SourceCoverage| s.entries > 0 && mine.iter().any(|m| m.content_hash == s.content_hash);
        if let Some(source) = other.manifest.coverage.sources.iter().find(same) {
            return Err(ProfileError::SameSource(source.name.clone()));
        }
        if self.manifest.packs != other.manifest.packs {
            let (mine, theirs) = (&self.manifest.packs, &other.manifest.packs);
            let mut differing = theirs.iter().filter(|p| !mine.contains(p));
            let mut missing = mine.iter().filter(|p| !theirs.contains(p));
            let name = differing.next().or_else(|| missing.next());
            return Err(ProfileError::OtherPacks(name.map_or(String::new(), |p| p.name.clone())));
        }
        if self.manifest.texts != other.manifest.texts {
            return Err(ProfileError::OtherTexts);
        }
        self.data.add(&other.data);
        self.manifest.coverage.add(&other.manifest.coverage);
        Ok(())
    }

    /// The stored form: JSON, one line, the same bytes for the same profile.
    pub fn to_json(&self) -> String {
        let stored = Stored {
            schema: &self.schema,
            checksum: self.checksum(),
            manifest: &self.manifest,
            data: &self.data,
        };
        let mut text = serde_json::to_string(&stored).unwrap_or_else(|e| format!("{{\"error\":{:?}}}", e.to_string()));
        text.push('\n');
        text
    }

    /// XXH3-128 of the manifest and the counts as JSON, hexadecimal: tells an accident or an edit, not an attack.
    fn checksum(&self) -> String {
        let text = serde_json::to_string(&(&self.manifest, &self.data)).unwrap_or_default();
        format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// Text that is no profile, another version, or counts that contradict each other.
    pub fn from_json(text: &str) -> Result<Profile, ProfileError> {
        #[derive(Deserialize)]
        struct Head {
            schema: Option<String>,
            checksum: Option<String>,
        }
        let broken = |e: serde_json::Error| ProfileError::NotAProfile(e.to_string());
        let head: Head = serde_json::from_str(text).map_err(broken)?;
        match head.schema {
            Some(schema) if schema == SCHEMA => {}
            Some(schema) => return Err(ProfileError::OtherSchema(schema)),
            None => return Err(ProfileError::NotAProfile("it has no `schema`".into())),
        }
        let profile: Profile = serde_json::from_str(text).map_err(broken)?;
        let edited =
            |what: &str| ProfileError::NotAProfile(format!("its counts do not add up, it was edited or cut: {what}"));
        if let Some(what) = check::contradiction(&profile) {
            return Err(edited(&what));
        }
        if head.checksum != Some(profile.checksum()) {
            return Err(edited("the checksum does not fit"));
        }
        Ok(profile)
    }
}
