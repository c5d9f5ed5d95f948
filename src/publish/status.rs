//! The status page of a watch: report, health and metrics over HTTP/1.1, for a browser, a probe and a scraper.
//!
//! Input: a shared view. Output: answers to GET and HEAD. Synchronous outside; inside, one thread with its own runtime, so that
//! slow clients cost no threads. Connections, headers and time are bounded. It must not change the view.

mod answer;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, oneshot};
use tokio::time;

use super::{PublishError, PublishErrorKind, SharedView};
use crate::cloud::{Clock, SystemClock};

/// Connections at a time; more wait until one ends.
const MOST_CONNECTIONS: usize = 64;
/// Longest request head, bytes: the least that the HTTP library allows.
const MOST_HEAD_BYTES: usize = 8192;
const MOST_HEADERS: usize = 64;

/// The server of a status page. Stops when dropped.
#[derive(Debug)]
pub struct StatusServer {
    address: SocketAddr,
    /// Dropped, it ends the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the server answers with and how long it waits.
struct Shared {
    view: SharedView,
    clock: Arc<dyn Clock>,
    /// Whether only this machine can reach it, so that requests must name this machine.
    is_local: bool,
    limits: Limits,
}

/// Time limits of a connection, in real time.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// From its start until the request's head is there.
    head: Duration,
    /// Whole life: one request and its answer.
    life: Duration,
}

const LIMITS: Limits = Limits {
    head: Duration::from_secs(5),
    life: Duration::from_secs(30),
};

impl StatusServer {
    /// Starts to serve a view at an address; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address cannot be listened at, or the machine gives no thread.
    pub fn start(addr: SocketAddr, view: SharedView) -> Result<StatusServer, PublishError> {
        StatusServer::start_with_clock(addr, view, Arc::new(SystemClock))
    }

    /// The same, with the clock that the age of the last look is taken by.
    ///
    /// # Errors
    /// As [`StatusServer::start`].
    pub fn start_with_clock(
        addr: SocketAddr,
        view: SharedView,
        clock: Arc<dyn Clock>,
    ) -> Result<StatusServer, PublishError> {
        StatusServer::start_with_limits(addr, view, clock, LIMITS)
    }

    fn start_with_limits(
        addr: SocketAddr,
        view: SharedView,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<StatusServer, PublishError> {
        let fails = |e: io::Error| unheard(addr, &e);
        let listener = TcpListener::bind(addr).map_err(fails)?;
        listener.set_nonblocking(true).map_err(fails)?;
        let address = listener.local_addr().map_err(fails)?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(fails)?;
        let is_local = is_loopback(address);
        let shared = Arc::new(Shared {
            view,
            clock,
            is_local,
            limits,
        });
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(fails)?
        };
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            runtime.spawn(accept(listener, shared));
            // Sent or dropped, both end it. The runtime ends every connection with itself.
            let _ = runtime.block_on(stopped);
        };
        let thread = thread::Builder::new()
            .name("status-page".to_owned())
            .spawn(serve)
            .map_err(fails)?;
        Ok(StatusServer {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for StatusServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends at once: nothing in it blocks.
            let _ = thread.join();
        }
    }
}

/// Whether an address can be reached from this machine alone.
pub fn is_loopback(addr: SocketAddr) -> bool {
    addr.ip().to_canonical().is_loopback()
}

fn unheard(addr: SocketAddr, error: &io::Error) -> PublishError {
    let hint = match error.kind() {
        io::ErrorKind::AddrInUse => "something else listens there: use another port, or port 0 for a free one",
        io::ErrorKind::AddrNotAvailable => "the address is not one of this machine: use 127.0.0.1 or 0.0.0.0",
        io::ErrorKind::PermissionDenied => "ports below 1024 are for the system: use a higher one",
        _ => "use another address",
    };
    PublishError::new(
        PublishErrorKind::Listen,
        format!("cannot listen at {addr}: {error}"),
        hint,
    )
}

/// Takes connections for as long as the runtime lives.
async fn accept(listener: tokio::net::TcpListener, shared: Arc<Shared>) {
    let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        // Only a closed semaphore gives none, and nobody closes it.
        let Ok(slot) = slots.clone().acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let shared = shared.clone();
                tokio::spawn(async move {
                    serve(stream, shared).await;
                    drop(slot);
                });
            }
            // Out of file handles, for one: that does not get better at once.
            Err(_) => time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Serves the one request of a connection. Whatever goes wrong is the client's trouble.
async fn serve(stream: tokio::net::TcpStream, shared: Arc<Shared>) {
    let limits = shared.limits;
    let service = service_fn(move |request| {
        let answer = answer::answer(&request, &shared);
        async move { Ok::<_, std::convert::Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MOST_HEAD_BYTES)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let _ = time::timeout(limits.life, connection).await;
}

#[cfg(test)]
mod tests;
