//! Names of signals with wildcards.

use std::fmt;

/// A signal id in which `*` stands for any text, slashes included, and `?` for one character. Upper and lower case differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalGlob(glob::Pattern);

impl SignalGlob {
    /// Reads a glob; the error says what is wrong with it.
    pub fn new(text: &str) -> Result<SignalGlob, String> {
        if text.trim().is_empty() {
            return Err("it is empty".to_owned());
        }
        glob::Pattern::new(text).map(SignalGlob).map_err(|e| e.msg.to_owned())
    }

    /// Whether a signal id is meant.
    pub fn matches(&self, id: &str) -> bool {
        self.0.matches(id)
    }

    /// The glob as written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
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
    fn broken_globs_are_refused() {
        assert!(SignalGlob::new("").is_err());
        assert!(SignalGlob::new("a[").is_err());
    }
}
