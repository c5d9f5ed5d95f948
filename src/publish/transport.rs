//! HTTP as everything here speaks it: bounded, without redirects, and what the lack of an answer means.

use std::error::Error;
use std::io;

use reqwest::blocking::Client;

use super::{PublishError, PublishErrorKind as Kind, SendOptions};

/// Most header lines of an answer.
const MOST_HEADERS: usize = 64;
/// Longest header block of an HTTP/2 answer, bytes.
const MOST_HEADER_BYTES: u32 = 16 * 1024;

/// A client that follows nobody, reads no proxy on this machine, and takes bounded heads.
pub(super) fn client(is_local: bool, options: &SendOptions) -> Result<Client, PublishError> {
    let builder = Client::builder()
        .user_agent(concat!("logverdict/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(options.connect_timeout)
        .timeout(options.retries.attempt_timeout)
        .http1_max_headers(MOST_HEADERS)
        .http2_max_header_list_size(MOST_HEADER_BYTES)
        // An answer that is small on the wire must not be large in memory. And what one attempt left is no matter of the next.
        .gzip(false)
        .pool_max_idle_per_host(0)
        .retry(reqwest::retry::never());
    let builder = match is_local {
        true => builder.no_proxy(),
        false => builder,
    };
    builder.build().map_err(|_| {
        PublishError::new(
            Kind::Network,
            "no HTTPS client can be made",
            "check the certificates of this machine and the proxy settings",
        )
    })
}

/// What the lack of an answer means.
pub(super) fn unanswered(place: &str, error: &reqwest::Error) -> PublishError {
    let network = "check the address, the network and the proxy settings";
    let (kind, what, hint) = match () {
        () if error.is_connect() && error.is_timeout() => (Kind::Network, "cannot be connected to in time", network),
        () if error.is_timeout() => (
            Kind::Timeout,
            "did not answer in time",
            "the server is slow or stuck; was it posted?",
        ),
        () if has_source(error, |e| is_io(e, io::ErrorKind::ConnectionRefused)) => {
            (Kind::Network, "refused the connection", network)
        }
        () if error.is_connect() => (Kind::Network, "cannot be connected to (name, address or TLS)", network),
        () if has_source(error, is_garbage) => (
            Kind::BadAnswer,
            "answered with what is no HTTP, or too much of it",
            "check the address",
        ),
        () => (Kind::Network, "closed the connection without an answer", network),
    };
    PublishError::new(kind, format!("{place} {what}"), hint)
}

fn is_garbage(error: &(dyn Error + 'static)) -> bool {
    error
        .downcast_ref::<hyper::Error>()
        .is_some_and(|e| e.is_parse() || e.is_parse_too_large())
}

fn is_io(error: &(dyn Error + 'static), kind: io::ErrorKind) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == kind)
}

fn has_source(error: &(dyn Error + 'static), is_it: impl Fn(&(dyn Error + 'static)) -> bool) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if is_it(error) {
            return true;
        }
        cause = error.source();
    }
    false
}
