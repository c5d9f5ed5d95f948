//! The report as the one comment of an issue that is kept up to date: Markdown between marks, with the verdicts so far.
//!
//! Input: a report, what tells its comment from others, and the body that the comment has now. Output: the new body, at most
//! [`MOST_CHARS`]. What is read back of the old body is data between our last two marks, which log text cannot write there: the
//! history stands behind the report, and holds no `<` of a foreign text. Nothing is sent, and nobody asks who wrote a comment.

mod history;

use sha2::{Digest, Sha256};

use self::history::History;
use super::notice::Notice;
use super::value::Report;

/// GitHub takes no longer body of a comment, in characters.
pub const MOST_CHARS: usize = 65_536;

/// The last marks of a body: around the history.
const HISTORY: &str = "<!-- logverdict:history -->\n";
const END: &str = "<!-- logverdict:end ";
/// Ends every mark.
const CLOSE: &str = " -->";
/// Longest name of an attempt that is read, characters.
const MOST_NONCE: usize = 64;

/// Tells the comment of one watched deploy from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentKey {
    /// What was named, or service and candidate.
    pub name: String,
    mark: String,
}

impl CommentKey {
    /// The key of a report: its service and candidate.
    pub fn of(report: &Report) -> CommentKey {
        let (service, candidate) = Notice::subject_of(report);
        CommentKey::made(&["subject", &service, &candidate], format!("{service} {candidate}"))
    }

    /// A key of one's own, any text.
    pub fn named(name: &str) -> CommentKey {
        CommentKey::made(&["named", name], name.to_owned())
    }

    /// The mark holds a hash: a name could end the mark, or say what is not to be said.
    fn made(parts: &[&str], name: String) -> CommentKey {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let hex: String = hash.finalize()[..16].iter().map(|b| format!("{b:02x}")).collect();
        CommentKey {
            name: name.trim().to_owned(),
            mark: format!("<!-- logverdict:comment {hex}{CLOSE}"),
        }
    }

    /// Whether a body is that of this key's comment: it begins with the key's mark and ends with ours.
    pub fn marks(&self, body: &str) -> bool {
        body.trim_start().starts_with(&self.mark) && nonce(body).is_some()
    }
}

impl Report {
    /// Renders the body of the report's comment: the mark of its key, the Markdown, the verdicts so far.
    ///
    /// `before` is the body that the comment has now; without one, the history begins. `nonce` names the attempt, so that it is
    /// known again after an answer that was lost: hexadecimal digits. What else it holds is left out.
    pub fn to_comment(&self, key: &CommentKey, before: Option<&str>, nonce: &str) -> String {
        let mut history = before.map(|body| History::read(between(body))).unwrap_or_default();
        history.add(self);
        let nonce: String = nonce.chars().filter(char::is_ascii_hexdigit).take(MOST_NONCE).collect();
        format!(
            "{}\n\n{}\n{HISTORY}{}{END}{nonce}{CLOSE}\n",
            key.mark,
            self.to_markdown(),
            history.render()
        )
    }
}

/// The name of the attempt that wrote a body; `None` for a body that does not end with our mark.
pub fn nonce(body: &str) -> Option<&str> {
    let (_, rest) = body.rsplit_once(END)?;
    let nonce = rest.trim_end().strip_suffix(CLOSE)?;
    let is_ours = nonce.len() <= MOST_NONCE && nonce.bytes().all(|b| b.is_ascii_hexdigit());
    is_ours.then_some(nonce)
}

/// Whether two bodies say the same, whatever attempt wrote them.
pub fn is_same(one: &str, other: &str) -> bool {
    let said = |body: &str| {
        body.rsplit_once(END)
            .map(|(said, _)| said.replace('\r', "").trim().to_owned())
    };
    said(one).is_some_and(|said_one| Some(said_one) == said(other))
}

/// What stands between the last two marks. A report may show marks, too, in its code spans: they come before.
fn between(body: &str) -> &str {
    let body = body.rsplit_once(END).map_or("", |(body, _)| body);
    // Web forms turn line ends into CR LF.
    body.rsplit_once(HISTORY.trim_end()).map_or("", |(_, history)| history)
}

#[cfg(test)]
mod tests;
