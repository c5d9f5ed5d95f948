//! The route of a request: its method and its path, with what looks like an identifier replaced. No query string.

use crate::model::shorten;

/// Bytes of a route; longer ones are cut.
const ROUTE_BYTES_MAX: usize = 160;

/// Writes `GET /threads/{id}` for a request's method and URL to `out`.
///
/// A segment is taken for an identifier when it is all digits, longer than 32 bytes, percent-encoded, an address, or has
/// at least three digits among eight or more characters. Versions such as `v1` stay.
pub fn route(method: &str, url: &str, out: &mut String) {
    out.clear();
    out.push_str(if method.is_empty() { "?" } else { method });
    out.push(' ');
    let path = path_of(url);
    if path.is_empty() {
        out.push('/');
    }
    // Segment by segment over bytes: every request passes here, and `str::split` costs three times as much.
    let bytes = path.as_bytes();
    let mut start = 1;
    while start <= bytes.len() {
        let end = bytes[start..]
            .iter()
            .position(|b| *b == b'/')
            .map_or(bytes.len(), |i| start + i);
        out.push('/');
        out.push_str(if is_identifier(&bytes[start..end]) {
            "{id}"
        } else {
            &path[start..end]
        });
        start = end + 1;
    }
    shorten(out, ROUTE_BYTES_MAX);
}

/// The path of a URL, from its first `/`; empty without one.
pub fn path_of(url: &str) -> &str {
    let bytes = url.as_bytes();
    let end = memchr::memchr2(b'?', b'#', bytes).unwrap_or(bytes.len());
    let host = match memchr::memchr(b':', &bytes[..end]) {
        Some(colon) if bytes[colon..end].starts_with(b"://") => colon + 3,
        _ => 0,
    };
    memchr::memchr(b'/', &bytes[host..end]).map_or("", |slash| &url[host + slash..end])
}

fn is_identifier(segment: &[u8]) -> bool {
    let (mut digits, mut odd) = (0, false);
    for b in segment {
        digits += usize::from(b.is_ascii_digit());
        odd |= matches!(b, b'%' | b'@' | b'=') || !b.is_ascii_graphic();
    }
    odd || segment.len() > 32 || (digits > 0 && digits == segment.len()) || (digits >= 3 && segment.len() >= 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, url: &str) -> String {
        let mut out = String::new();
        route(method, url, &mut out);
        out
    }

    #[test]
    fn identifiers_are_replaced_and_queries_dropped() {
        for (url, path) in [
            (
                "https://chat.example/threads/4711/messages?token=secret",
                "/threads/{id}/messages",
            ),
            (
                "https://chat.example/v1/users/3f2b8c1e-93aa-4a5f-9d1c-0a1b2c3d4e5f",
                "/v1/users/{id}",
            ),
            ("https://chat.example", "/"),
            ("https://chat.example?x=/y", "/"),
            ("/ws/rooms/42", "/ws/rooms/{id}"),
            ("/static/app.9c1f3a2b.js", "/static/{id}"),
            ("/u/ann%40example.com", "/u/{id}"),
            ("/", "/"),
        ] {
            assert_eq!(of("GET", url), format!("GET {path}"));
        }
    }

    #[test]
    fn routes_are_bounded() {
        assert!(of("GET", &"/abc".repeat(10_000)).len() <= ROUTE_BYTES_MAX + 3);
        assert_eq!(of("", ""), "? /");
    }
}
