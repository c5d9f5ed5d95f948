//! What can go wrong on the way, and which requests it befalls.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::http::{self, Request, Response};

/// What happens instead of the answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Another answer: an error status, or a success that is none.
    Answer(Response),
    /// The connection is dropped before an answer.
    Reset,
    /// The head promises the whole body, half of it comes, then the connection ends.
    CutBody,
    /// Valid HTTP around the first half of the body.
    CutJson,
    /// No answer until the client hangs up.
    Hang,
    /// The answer comes after this real time.
    Slow(Duration),
    /// The head comes at once, the body only after this real time.
    SlowBody(Duration),
    /// Success without a body.
    Empty,
}

impl Fault {
    /// An error as Google words it.
    pub fn google(code: u16, status: &str, message: &str, reason: &str) -> Fault {
        Fault::Answer(Response::error(code, status, message, reason))
    }

    /// 429 as Cloud Logging words it, without Retry-After.
    pub fn quota() -> Fault {
        Fault::Answer(quota_answer())
    }

    /// 429 with Retry-After.
    pub fn quota_retry_after(value: &str) -> Fault {
        Fault::Answer(quota_answer().with_header("retry-after", value))
    }

    /// 503.
    pub fn unavailable() -> Fault {
        Fault::google(503, "UNAVAILABLE", "The service is currently unavailable.", "")
    }

    /// 502 with a page of HTML.
    pub fn bad_gateway() -> Fault {
        Fault::Answer(Response::html(
            502,
            "<!DOCTYPE html><title>Error 502 (Server Error)!!1</title>",
        ))
    }

    /// 500.
    pub fn internal() -> Fault {
        Fault::google(500, "INTERNAL", "Internal error encountered.", "")
    }

    /// 504.
    pub fn too_slow() -> Fault {
        Fault::google(
            504,
            "DEADLINE_EXCEEDED",
            "Deadline expired before operation could complete.",
            "",
        )
    }

    /// 200 with the page of a captive portal.
    pub fn html_200() -> Fault {
        Fault::Answer(Response::html(
            200,
            "<html><body>Welcome to the guest network</body></html>",
        ))
    }

    /// 302 to somewhere else.
    pub fn redirect(to: &str) -> Fault {
        Fault::Answer(Response::html(302, "").with_header("location", to))
    }
}

fn quota_answer() -> Response {
    Response::error(
        429,
        "RESOURCE_EXHAUSTED",
        "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute' of service \
         'logging.googleapis.com' for consumer 'project_number:123456789012'.",
        "RATE_LIMIT_EXCEEDED",
    )
}

/// Picks a request by itself and its number.
pub type Pick = dyn Fn(&Request, usize) -> bool + Send + Sync;

/// Which requests of a path a fault befalls; they are counted from 1 in order of arrival.
#[derive(Clone)]
pub enum When {
    Numbers(RangeInclusive<usize>),
    Each(usize),
    If(Arc<Pick>),
}

impl When {
    pub const ALWAYS: When = When::Numbers(1..=usize::MAX);

    /// Every so many-th one.
    pub fn each(n: usize) -> When {
        When::Each(n)
    }

    /// Those that the function picks, by request and number.
    pub fn matching(pick: impl Fn(&Request, usize) -> bool + Send + Sync + 'static) -> When {
        When::If(Arc::new(pick))
    }

    pub fn befalls(&self, request: &Request, number: usize) -> bool {
        match self {
            When::Numbers(numbers) => numbers.contains(&number),
            When::Each(n) => number.is_multiple_of(*n),
            When::If(pick) => pick(request, number),
        }
    }
}

impl From<usize> for When {
    fn from(number: usize) -> When {
        When::Numbers(number..=number)
    }
}

impl From<RangeInclusive<usize>> for When {
    fn from(numbers: RangeInclusive<usize>) -> When {
        When::Numbers(numbers)
    }
}

/// Sends an answer as the fault makes it. `Err` ends the connection.
pub fn send(stream: &TcpStream, fault: Option<Fault>, answer: impl FnOnce() -> Response, date: &str) -> io::Result<()> {
    let whole = |response: &Response| {
        let head = http::head(response, response.body.len(), date);
        http::write_both(stream, &head, &response.body)
    };
    match fault {
        None => whole(&answer()),
        Some(Fault::Answer(response)) => whole(&response),
        Some(Fault::Empty) => whole(&Response::new(200, "application/json", "")),
        Some(Fault::CutJson) => {
            let full = answer();
            let half = full.body[..full.body.len() / 2].to_vec();
            whole(&Response {
                body: Arc::new(half),
                ..full
            })
        }
        Some(Fault::CutBody) => {
            let full = answer();
            let head = http::head(&full, full.body.len().max(2), date);
            http::write_both(stream, &head, &full.body[..full.body.len() / 2])?;
            hang_up(stream)
        }
        Some(Fault::Slow(time)) => {
            std::thread::sleep(time);
            whole(&answer())
        }
        Some(Fault::SlowBody(time)) => {
            let full = answer();
            http::write_both(stream, &http::head(&full, full.body.len(), date), b"")?;
            std::thread::sleep(time);
            http::write_both(stream, b"", &full.body)
        }
        Some(Fault::Reset) => hang_up(stream),
        Some(Fault::Hang) => {
            let mut rest = stream;
            while rest.read(&mut [0; 64])? > 0 {}
            hang_up(stream)
        }
    }
}

fn hang_up(stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Both)?;
    Err(io::ErrorKind::ConnectionAborted.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_pick_by_number_or_by_request() {
        let request = |body: &str| Request {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
            at: Duration::ZERO,
        };
        let picked = |when: When| (1..=6).filter(|n| when.befalls(&request(""), *n)).collect::<Vec<_>>();
        assert_eq!(picked(2.into()), [2]);
        assert_eq!(picked((2..=3).into()), [2, 3]);
        assert_eq!(picked(When::each(3)), [3, 6]);
        assert_eq!(picked(When::ALWAYS).len(), 6);
        let by_body = When::matching(|r, _| r.body == b"x");
        assert!(by_body.befalls(&request("x"), 1) && !by_body.befalls(&request("y"), 1));
    }
}
