//! A sentence with a stable code: a doubt about the input, or a remark.

use serde::{Deserialize, Serialize};

/// Something that makes the input doubtful, or that is worth telling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Concern {
    /// Stable code, such as `looks-cut`, `dedupe-limit`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl Concern {
    /// A concern of this code.
    pub fn new(code: &str, message: impl Into<String>) -> Concern {
        Concern {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}
