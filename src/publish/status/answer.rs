//! What each path answers.

use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::Shared;
use crate::publish::{metrics, view};

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
const MARKDOWN: &str = "text/markdown; charset=utf-8";

/// On every answer: the report holds log text, and no page may do more with it than show it.
const SECURITY_HEADERS: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    (
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

struct Answer {
    status: StatusCode,
    content_type: &'static str,
    body: Bytes,
}

/// Answers a request; its body is never read.
pub(super) fn answer<B>(request: &Request<B>, shared: &Shared) -> Response<Full<Bytes>> {
    let answer = match () {
        () if shared.is_local && !names_this_machine(request) => text(
            StatusCode::FORBIDDEN,
            "This page is for this machine: ask for it as localhost or 127.0.0.1.\n",
        ),
        () if !matches!(*request.method(), Method::GET | Method::HEAD) => {
            text(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD.\n")
        }
        () => page(request.uri().path(), shared),
    };
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if answer.status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}

fn page(path: &str, shared: &Shared) -> Answer {
    // Held to copy pointers and to write a few lines.
    let view = view::lock(&shared.view);
    match path {
        "/" => match &view.html {
            Some(html) => report(html, HTML),
            None => report(&view.markdown, TEXT),
        },
        "/report.json" => report(&view.json, JSON),
        "/report.md" => report(&view.markdown, MARKDOWN),
        "/healthz" => {
            let health = view.health(shared.clock.now());
            let status = if health.is_ok() {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            // Three plain fields can always be serialised.
            let body = serde_json::to_vec(&health).unwrap_or_default().into();
            Answer {
                status,
                content_type: JSON,
                body,
            }
        }
        "/metrics" => Answer {
            status: StatusCode::OK,
            content_type: metrics::CONTENT_TYPE,
            body: metrics::render(&view).into(),
        },
        _ => text(
            StatusCode::NOT_FOUND,
            "Here are /, /report.json, /report.md, /healthz and /metrics.\n",
        ),
    }
}

/// A text of the view, shared and not copied, however many ask for it at a time.
struct Shown(Arc<str>);

impl AsRef<[u8]> for Shown {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

fn report(body: &Arc<str>, content_type: &'static str) -> Answer {
    match body.is_empty() {
        true => text(
            StatusCode::SERVICE_UNAVAILABLE,
            "No report yet: the first look is not over.\n",
        ),
        false => Answer {
            status: StatusCode::OK,
            content_type,
            body: Bytes::from_owner(Shown(body.clone())),
        },
    }
}

fn text(status: StatusCode, body: &'static str) -> Answer {
    Answer {
        status,
        content_type: TEXT,
        body: Bytes::from_static(body.as_bytes()),
    }
}

/// Whether a request is meant for this machine. A page elsewhere can have its own name point to 127.0.0.1 (DNS rebinding) and
/// would then read the report; its requests still carry that name.
fn names_this_machine<B>(request: &Request<B>) -> bool {
    let in_uri = request.uri().host();
    in_uri.is_none_or(is_this_machine) && in_header(request.headers()).is_some_and(is_this_machine)
}

/// The host of the one Host header, without its port.
fn in_header(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::HOST).iter();
    let (host, None) = (all.next()?.to_str().ok()?, all.next()) else {
        return None;
    };
    let end = match host.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => host.find(':').unwrap_or(host.len()),
    };
    let port = host[end..].strip_prefix(':').unwrap_or(&host[end..]);
    port.bytes().all(|b| b.is_ascii_digit()).then_some(&host[..end])
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let ip = bare.parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_this_machine_are_known_by_name_and_number() {
        let is_ours = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
            in_header(&headers).is_some_and(is_this_machine)
        };
        for host in [
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1:8080",
            "127.1.2.3",
            "[::1]",
            "[::1]:99",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(is_ours(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "[::2]",
            "[",
            "[]",
            "10.0.0.1",
            "localhost:80@evil.example",
            "127.0.0.1:x",
            "[::1]evil.example",
            "2130706433",
        ] {
            assert!(!is_ours(host), "{host}");
        }
        let mut two = HeaderMap::new();
        two.append(header::HOST, HeaderValue::from_static("localhost"));
        two.append(header::HOST, HeaderValue::from_static("evil.example"));
        assert_eq!((in_header(&two), in_header(&HeaderMap::new())), (None, None));
    }
}
