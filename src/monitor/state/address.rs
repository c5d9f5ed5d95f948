//! `gs://BUCKET/PATH`.

use object_store::path::Path as ObjectPath;

use super::StateError;

/// How an object is named.
const SCHEME: &str = "gs://";
/// Longest name of a bucket, dots included.
const LONGEST_BUCKET: usize = 222;

/// Which object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) bucket: String,
    pub(super) object: ObjectPath,
}

/// Whether a text names an object in Cloud Storage rather than a file.
pub fn is_object(text: &str) -> bool {
    after_scheme(text).is_some()
}

fn after_scheme(text: &str) -> Option<&str> {
    let scheme = text.get(..SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| &text[SCHEME.len()..])
}

impl Address {
    /// Reads `gs://BUCKET/PATH`.
    pub(super) fn parse(text: &str) -> Result<Address, StateError> {
        let refused = |why: &str| StateError::Address {
            text: text.to_owned(),
            why: why.to_owned(),
        };
        let rest = after_scheme(text).ok_or_else(|| refused("it does not begin with gs://"))?;
        let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        if bucket.len() < 3 || bucket.len() > LONGEST_BUCKET || !bucket.chars().all(is_plain) {
            return Err(refused("a bucket is named with 3 or more of a-z, 0-9, - _ and ."));
        }
        if path.is_empty() {
            return Err(refused("there is no path after the bucket"));
        }
        if path.ends_with('/') || path.starts_with('/') {
            return Err(refused("the path begins or ends with a slash"));
        }
        let object = ObjectPath::parse(path).map_err(|_| refused("a part of the path is empty, `.` or `..`"))?;
        let bucket = bucket.to_owned();
        Ok(Address { bucket, object })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_and_paths_are_told_apart() {
        let address = Address::parse("gs://acme-watches/eu/chat api.state").unwrap();
        assert_eq!(address.bucket, "acme-watches");
        assert_eq!(address.object.as_ref(), "eu/chat api.state");
        assert!(is_object("GS://x") && !is_object("gs:/x") && !is_object("state.db") && !is_object("gs:\u{fc}/"));
    }

    #[test]
    fn what_names_no_object_is_refused() {
        for text in [
            "state.db",
            "gs://",
            "gs://bucket",
            "gs://bucket/",
            "gs:///path",
            "gs://Bucket/x",
            "gs://a/x",
            "gs://b@cket/x",
            "gs://bucket//x",
            "gs://bucket/x/",
            "gs://bucket/a/../x",
            "gs://bucket/a//x",
        ] {
            assert!(
                matches!(Address::parse(text), Err(StateError::Address { .. })),
                "{text}"
            );
        }
    }
}
