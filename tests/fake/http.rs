//! HTTP/1.1 as far as the fake needs it: requests in, answers out, with few system calls.

use std::io::{self, BufRead, BufReader, IoSlice, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// Without query, as sent (percent-encoded).
    pub path: String,
    /// Decoded parameters, in order.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// When it had arrived: elapsed time of the fake's clock.
    pub at: Duration,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        pair(&self.headers, name)
    }

    pub fn parameter(&self, name: &str) -> Option<&str> {
        pair(&self.query, name)
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A field of a form body.
    pub fn form(&self, name: &str) -> Option<String> {
        let fields = decode_pairs(&String::from_utf8_lossy(&self.body));
        pair(&fields, name).map(str::to_owned)
    }
}

fn pair<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// An answer. The body is shared, so that a page can be made once and sent often.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Arc<Vec<u8>>,
}

impl Response {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Response {
        Response::shared(status, content_type, Arc::new(body.into()))
    }

    pub fn shared(status: u16, content_type: &str, body: Arc<Vec<u8>>) -> Response {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Response { status, headers, body }
    }

    pub fn json(value: Value) -> Response {
        Response::new(200, "application/json; charset=UTF-8", value.to_string())
    }

    pub fn text(text: &str) -> Response {
        Response::new(200, "application/text", text)
    }

    pub fn html(status: u16, body: &str) -> Response {
        Response::new(status, "text/html; charset=UTF-8", body)
    }

    /// An error as Google words it. An empty reason leaves the details out.
    pub fn error(code: u16, status: &str, message: &str, reason: &str) -> Response {
        Response::error_with(code, status, message, reason, serde_json::json!({}))
    }

    /// An error with metadata in its ErrorInfo.
    pub fn error_with(code: u16, status: &str, message: &str, reason: &str, metadata: Value) -> Response {
        let mut error = serde_json::json!({"code": code, "message": message, "status": status});
        if !reason.is_empty() {
            error["details"] = serde_json::json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": reason, "domain": "googleapis.com", "metadata": metadata,
            }]);
        }
        let body = serde_json::json!({ "error": error }).to_string();
        Response::new(code, "application/json; charset=UTF-8", body)
    }

    pub fn with_header(mut self, name: &str, value: &str) -> Response {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same, compressed.
    pub fn gzip(self) -> Response {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&self.body).expect("memory can be written to");
        let body = Arc::new(gz.finish().expect("memory can be written to"));
        Response { body, ..self }.with_header("content-encoding", "gzip")
    }
}

/// Reads the next request of a connection; `None` when the other side is done.
pub fn read_request(input: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let is_http = match input.fill_buf()?.first() {
        None => return Ok(None),
        Some(byte) => byte.is_ascii_uppercase(),
    };
    if !is_http {
        // TLS, for one. Servers that speak none say so in the clear.
        input
            .get_mut()
            .write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")?;
        return Ok(None);
    }
    let mut line = String::new();
    input.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (method, path, query) = (method.to_owned(), path.to_owned(), decode_pairs(query));
    let headers = read_headers(input)?;
    let length = pair(&headers, "content-length").map_or(Ok(0), str::parse);
    let mut body = vec![0; length.map_err(|_| io::ErrorKind::InvalidData)?];
    input.read_exact(&mut body)?;
    Ok(Some(Request {
        method,
        path,
        query,
        headers,
        body,
        at: Duration::ZERO,
    }))
}

fn read_headers(input: &mut BufReader<TcpStream>) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => return Ok(headers),
        }
    }
}

fn decode_pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|p| !p.is_empty());
    pairs
        .map(|p| {
            let (name, value) = p.split_once('=').unwrap_or((p, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// Undoes percent-encoding and `+` of a form.
pub fn decode(text: &str) -> String {
    let hex = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let b = text.as_bytes();
    let (mut out, mut i) = (Vec::with_capacity(b.len()), 0);
    while i < b.len() {
        let high = b.get(i + 1).and_then(hex);
        let low = b.get(i + 2).and_then(hex);
        match (b[i], high, low) {
            (b'%', Some(high), Some(low)) => {
                out.push(high * 16 + low);
                i += 2;
            }
            (b'+', ..) => out.push(b' '),
            (byte, ..) => out.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The head of an answer; `length` may be a lie.
pub fn head(response: &Response, length: usize, date: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Fake\r\ncontent-length: {length}\r\n", response.status);
    if !response.headers.iter().any(|(name, _)| name == "date") {
        head.push_str(&format!("date: {date}\r\n"));
    }
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// Writes head and body together, in one system call where the socket takes it.
pub fn write_both(mut out: &TcpStream, head: &[u8], body: &[u8]) -> io::Result<()> {
    let written = out.write_vectored(&[IoSlice::new(head), IoSlice::new(body)])?;
    out.write_all(&head[written.min(head.len())..])?;
    out.write_all(&body[written.saturating_sub(head.len())..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded() {
        assert_eq!(decode("a%2Fb+c%C3%BC%"), "a/b cü%");
        let pairs = decode_pairs("a=1&b=x%3D%26&c");
        assert_eq!(pair(&pairs, "b"), Some("x=&"));
        assert_eq!((pair(&pairs, "c"), pair(&pairs, "d")), (Some(""), None));
    }
}
