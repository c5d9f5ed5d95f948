//! What an error of `object_store` means.

use std::error::Error as _;

use object_store::Error;

use super::StateError;
use crate::cloud::{CloudError, ErrorKind};

/// Longest text of a server that is kept, in characters.
const LONGEST: usize = 300;

/// The error of an object.
pub(super) fn refusal(url: &str, error: &Error) -> StateError {
    let answer = Answer::of(error);
    match error {
        Error::Unauthenticated { .. } => StateError::Cloud(CloudError::new(
            ErrorKind::ExpiredCredentials,
            format!("Cloud Storage does not accept the sign-in: {}", answer.said),
            "sign in again: gcloud auth application-default login",
        )),
        Error::PermissionDenied { .. } => StateError::Forbidden {
            url: url.to_owned(),
            said: answer.said,
        },
        Error::NotFound { .. } if answer.text.contains("<Code>NoSuchBucket</Code>") => {
            StateError::NoBucket(url.to_owned())
        }
        _ => StateError::Unreachable {
            url: url.to_owned(),
            may_pass: !answer
                .status
                .is_some_and(|s| (300..500).contains(&s) && s != 408 && s != 429),
            cause: answer.said,
        },
    }
}

/// Whether Cloud Storage says that there is no such object. A 404 of anybody else would start a watch anew that is not new.
pub(super) fn is_absent(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. }) && Answer::of(error).text.contains("<Code>NoSuchKey</Code>")
}

/// Whether a write may have happened although this came back.
///
/// A write that was tried again after a lost answer finds that the object is no longer the one it expects: the first try
/// made it so. Time limits and lost connections say nothing at all.
pub(super) fn is_unclear(error: &Error) -> bool {
    let status = Answer::of(error).status;
    match error {
        Error::Precondition { .. } | Error::AlreadyExists { .. } => true,
        Error::Generic { .. } => status.is_none_or(|s| s >= 500 || s == 408 || s == 429),
        _ => false,
    }
}

/// What a server said, found in the texts of the errors beneath.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    /// HTTP status, if there was an answer.
    status: Option<u16>,
    /// The whole text.
    text: String,
    /// The part of it for people, cut to a length.
    said: String,
}

impl Answer {
    fn of(error: &Error) -> Answer {
        let mut deepest = error.to_string();
        let mut next = error.source();
        while let Some(source) = next {
            deepest = source.to_string();
            // object_store keeps its type to itself; its text begins like this.
            if let Some(rest) = deepest.strip_prefix("Server returned non-2xx status code: ") {
                return Answer::of_status(rest);
            }
            next = source.source();
        }
        Answer {
            status: None,
            said: cut(&deepest),
            text: deepest,
        }
    }

    /// Of `404 Not Found: <?xml …`.
    fn of_status(text: &str) -> Answer {
        let (line, body) = text.split_once(": ").unwrap_or((text, ""));
        let said = ["Details", "Message"].into_iter().find_map(|name| element(body, name));
        Answer {
            status: line.get(..3).and_then(|s| s.parse().ok()),
            said: cut(said.unwrap_or(line)),
            text: text.to_owned(),
        }
    }
}

/// The text of an element of Cloud Storage's answer.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.trim()).filter(|t| !t.is_empty())
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_for_people_are_found() {
        let xml = "<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access denied.</Message>\
                   <Details>watcher does not have storage.objects.get access.</Details></Error>";
        let answer = Answer::of_status(&format!("403 Forbidden: {xml}"));
        assert_eq!(answer.status, Some(403));
        assert_eq!(answer.said, "watcher does not have storage.objects.get access.");
        assert_eq!(Answer::of_status("502 Bad Gateway: <html>").said, "502 Bad Gateway");
        assert_eq!(element("<Message> </Message>", "Message"), None);
        assert_eq!(cut(&"x".repeat(999)).len(), LONGEST);
    }
}
