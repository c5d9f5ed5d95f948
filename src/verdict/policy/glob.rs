//! Names of signals with wildcards.

use std::fmt;

use crate::model::{Signal, SignalKind};

/// Start of a glob that means the text of messages instead of an id.
const TEXT: &str = "text:";

/// A signal id in which `*` stands for any text, slashes included, and `?` for one character. Upper and lower case differ.
/// Behind `text:` it is the title of a template or stack, whose ids nobody can know beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalGlob(glob::Pattern, String);

impl SignalGlob {
    /// Reads a glob; the error says what is wrong with it.
    pub fn new(text: &str) -> Result<SignalGlob, String> {
        if text.trim().is_empty() {
            return Err("it is empty".to_owned());
        }
        let pattern = glob::Pattern::new(text.strip_prefix(TEXT).unwrap_or(text));
        pattern
            .map(|p| SignalGlob(p, text.to_owned()))
            .map_err(|e| e.msg.to_owned())
    }

    /// Whether a signal is meant.
    pub fn means(&self, signal: &Signal) -> bool {
        let is_mined = matches!(signal.kind, SignalKind::Template | SignalKind::Stack);
        self.matches(&signal.id) || (is_mined && self.1.starts_with(TEXT) && self.0.matches(&signal.title))
    }

    /// Whether a signal id is meant.
    pub fn matches(&self, id: &str) -> bool {
        !self.1.starts_with(TEXT) && self.0.matches(id)
    }

    /// The glob as written.
    pub fn as_str(&self) -> &str {
        &self.1
    }
}

impl fmt::Display for SignalGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_cross_slashes() {
        let all = SignalGlob::new("starlette/*").unwrap();
        assert!(all.matches("starlette/accept-first") && !all.matches("python/import-error"));
        assert!(SignalGlob::new("*").unwrap().matches("GET /threads/{id}"));
        assert!(SignalGlob::new("http/status-50?").unwrap().matches("http/status-503"));
        assert!(
            SignalGlob::new("GET /threads/{id}")
                .unwrap()
                .matches("GET /threads/{id}")
        );
    }

    #[test]
    fn messages_are_meant_by_their_text() {
        let signal = |kind, id: &str| Signal {
            kind,
            id: id.into(),
            title: "payment guard: checkout <*> refused".into(),
            level: crate::model::Level::Warning,
            category: String::new(),
        };
        let guard = SignalGlob::new("text:payment guard: *").unwrap();
        assert!(guard.means(&signal(SignalKind::Template, "1912eff38068")));
        assert!(!guard.means(&signal(SignalKind::Pattern, "shop/guard")) && !guard.matches("payment guard: on"));
        assert!(
            SignalGlob::new("1912*")
                .unwrap()
                .means(&signal(SignalKind::Template, "1912eff38068"))
        );
        assert_eq!(guard.as_str(), "text:payment guard: *");
    }

    #[test]
    fn broken_globs_are_refused() {
        assert!(SignalGlob::new("").is_err());
        assert!(SignalGlob::new("a[").is_err());
    }
}
