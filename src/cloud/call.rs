//! One call of an API: what to ask, of whom, and how it counts.

/// Google's APIs that are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Api {
    /// Cloud Logging, `logging.googleapis.com`.
    Logging,
    /// Cloud Run Admin, `run.googleapis.com`.
    Run,
    /// Cloud Monitoring, `monitoring.googleapis.com`.
    Monitoring,
}

impl Api {
    /// All of them.
    pub const ALL: [Api; 3] = [Api::Logging, Api::Run, Api::Monitoring];

    /// The name of the service, as `gcloud services enable` takes it.
    pub fn service(self) -> &'static str {
        match self {
            Api::Logging => "logging.googleapis.com",
            Api::Run => "run.googleapis.com",
            Api::Monitoring => "monitoring.googleapis.com",
        }
    }

    /// The name that people know it by.
    pub fn title(self) -> &'static str {
        match self {
            Api::Logging => "Cloud Logging",
            Api::Run => "Cloud Run",
            Api::Monitoring => "Cloud Monitoring",
        }
    }

    /// The least role that may read what is asked of it.
    pub fn role(self) -> &'static str {
        match self {
            Api::Logging => "roles/logging.viewer",
            Api::Run => "roles/run.viewer",
            Api::Monitoring => "roles/monitoring.viewer",
        }
    }
}

/// How a call is sent. All of them only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST with a JSON body.
    Post,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which API.
    pub api: Api,
    /// How it is sent.
    pub method: Method,
    /// Path below the base, such as `/v2/entries:list`. Names in it must have gone through [`encode_segment`].
    pub path: String,
    /// Query parameters as plain text; they are encoded when sent.
    pub query: Vec<(String, String)>,
    /// JSON body of a POST.
    pub body: Option<String>,
    /// Whether it counts against "Read requests per minute" of Cloud Logging.
    pub is_read_request: bool,
    /// Whether a 504 is given back at once, for a caller who can ask for less.
    pub fail_fast_on_timeout: bool,
}

impl Call {
    /// A GET that counts against no quota of ours.
    pub fn get(api: Api, path: impl Into<String>) -> Call {
        Call::new(api, Method::Get, path.into(), None)
    }

    /// A POST with a JSON body. Those to Cloud Logging count as read requests.
    pub fn post(api: Api, path: impl Into<String>, body: impl Into<String>) -> Call {
        Call {
            is_read_request: api == Api::Logging,
            ..Call::new(api, Method::Post, path.into(), Some(body.into()))
        }
    }

    /// The same call with one more query parameter.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Call {
        self.query.push((name.into(), value.into()));
        self
    }

    fn new(api: Api, method: Method, path: String, body: Option<String>) -> Call {
        Call {
            api,
            method,
            path,
            query: Vec::new(),
            body,
            is_read_request: false,
            fail_fast_on_timeout: false,
        }
    }
}

/// Makes one segment of a path out of a name: everything but letters, digits and `-._~` is percent-encoded, so that a
/// name can neither add segments nor a query. A name of nothing but dots is encoded too: `..` would climb.
pub fn encode_segment(name: &str) -> String {
    let only_dots = name.bytes().all(|b| b == b'.');
    name.bytes().fold(String::with_capacity(name.len()), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-_~".contains(&b) || (b == b'.' && !only_dots) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
        out
    })
}

/// Whether a text can stand in a header as one word.
pub(super) fn is_header_value(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment() {
        for (name, segment) in [
            ("chat-api", "chat-api"),
            ("a/b", "a%2Fb"),
            ("a?b#c", "a%3Fb%23c"),
            ("ü", "%C3%BC"),
            ("..", "%2E%2E"),
            ("example.com:acme", "example.com%3Aacme"),
            ("", ""),
        ] {
            assert_eq!(encode_segment(name), segment);
        }
    }

    #[test]
    fn only_posts_to_cloud_logging_are_read_requests() {
        assert!(Call::post(Api::Logging, "/v2/entries:list", "{}").is_read_request);
        assert!(!Call::get(Api::Logging, "/v2/x").is_read_request);
        assert!(!Call::get(Api::Run, "/v2/x").query("a", "b").is_read_request);
    }
}
