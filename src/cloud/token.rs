//! What signs a request, whoever made it. Values are secrets: nothing here prints them.

use std::fmt;

use super::CloudError;

/// Names the project that a call is billed to.
pub(super) const QUOTA_PROJECT_HEADER: &str = "x-goog-user-project";

/// Gives the headers that sign a request.
pub trait TokenSource: Send + Sync {
    /// Headers with a token that is good now. May take some seconds when a new token must be fetched.
    ///
    /// # Errors
    /// When there are no credentials, they are refused, or the sign-in servers cannot be reached.
    fn headers(&self) -> Result<AuthHeaders, CloudError>;

    /// Forgets the token at hand and starts from the credentials again, after a 401.
    ///
    /// # Errors
    /// When the credentials can no longer be read, or cannot give another token.
    fn rebuild(&self) -> Result<(), CloudError>;

    /// Which kind of credentials these are, in words: "service account key".
    fn kind(&self) -> &'static str;
}

/// Headers that sign a request. Their values are secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthHeaders(Vec<(String, String)>);

impl AuthHeaders {
    /// The header of an access token.
    pub fn bearer(token: &str) -> AuthHeaders {
        AuthHeaders(vec![("authorization".to_owned(), format!("Bearer {token}"))])
    }

    /// Headers as given; names in lower case.
    pub(super) fn of(headers: Vec<(String, String)>) -> AuthHeaders {
        AuthHeaders(headers)
    }

    /// The same, billed to another project.
    pub(super) fn billed_to(mut self, project: Option<&str>) -> AuthHeaders {
        if let Some(project) = project {
            self.0.retain(|(name, _)| name != QUOTA_PROJECT_HEADER);
            self.0.push((QUOTA_PROJECT_HEADER.to_owned(), project.to_owned()));
        }
        self
    }

    /// Names (lower case) and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for AuthHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_texts_name_headers_without_values() {
        let headers = AuthHeaders::bearer("ya29.secret").billed_to(Some("acme-shop"));
        assert_eq!(format!("{headers:?}"), r#"["authorization", "x-goog-user-project"]"#);
    }

    #[test]
    fn the_later_quota_project_replaces_the_earlier() {
        let headers = AuthHeaders::bearer("t")
            .billed_to(Some("a"))
            .billed_to(None)
            .billed_to(Some("b"));
        let all: Vec<_> = headers.iter().collect();
        assert_eq!(all, [("authorization", "Bearer t"), (QUOTA_PROJECT_HEADER, "b")]);
    }
}
