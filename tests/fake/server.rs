//! The server: a thread for each connection, handlers by path, faults by plan, requests on record.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use logverdict::cloud::{Client, ClientOptions, Clock, Endpoints, SystemClock, TokenSource};

use super::auth::Auth;
use super::fault::{self, Fault, When};
use super::http::{self, Request, Response};

type Handler = Arc<dyn Fn(&Request) -> Response + Send + Sync>;

/// The fake. Stops when dropped.
pub struct Fake {
    state: Arc<State>,
    port: u16,
}

struct State {
    clock: Arc<dyn Clock>,
    /// Method, path or prefix with `*`, handler.
    handlers: Mutex<Vec<(String, String, Handler)>>,
    faults: Mutex<Vec<(String, When, Fault)>>,
    requests: Mutex<Vec<Request>>,
    /// How many requests each entry of `faults` has seen.
    seen: Mutex<BTreeMap<usize, usize>>,
    streams: Mutex<Vec<TcpStream>>,
    /// Paths that need no token.
    open: Mutex<BTreeSet<String>>,
    auth: Auth,
    is_recording: AtomicBool,
    is_over: AtomicBool,
}

impl Fake {
    /// Starts on a free port of 127.0.0.1, with the machine's time.
    pub fn start() -> Fake {
        Fake::with_clock(Arc::new(SystemClock))
    }

    /// Starts with a clock that stamps requests and the Date header.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let state = Arc::new(State {
            auth: Auth::new(clock.clone()),
            clock,
            handlers: Mutex::default(),
            faults: Mutex::default(),
            requests: Mutex::default(),
            seen: Mutex::default(),
            streams: Mutex::default(),
            open: Mutex::default(),
            is_recording: AtomicBool::new(true),
            is_over: AtomicBool::new(false),
        });
        let shared = state.clone();
        thread::spawn(move || accept(&listener, &shared));
        Fake { state, port }
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Answers requests of a path, or of all that begin with what stands before a `*` at the end. Later handlers go first.
    pub fn on(&self, method: &str, path: &str, handler: impl Fn(&Request) -> Response + Send + Sync + 'static) {
        lock(&self.state.handlers).push((method.to_owned(), path.to_owned(), Arc::new(handler)));
    }

    /// The same, for requests that need no token: other clouds' sign-in.
    pub fn on_open(&self, method: &str, path: &str, handler: impl Fn(&Request) -> Response + Send + Sync + 'static) {
        lock(&self.state.open).insert(path.to_owned());
        self.on(method, path, handler);
    }

    /// Plans a fault for some requests of a path (or prefix with `*`), counted from now on. Earlier plans go first.
    pub fn fail(&self, path: &str, when: impl Into<When>, fault: Fault) {
        lock(&self.state.faults).push((path.to_owned(), when.into(), fault));
    }

    /// Every request so far, in order of arrival; those to the sign-in endpoints too.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.state.requests).clone()
    }

    /// The requests of a path (or prefix with `*`).
    pub fn requests_to(&self, path: &str) -> Vec<Request> {
        let mut requests = self.requests();
        requests.retain(|r| matches(path, &r.path));
        requests
    }

    /// Keeps no more requests, for benchmarks.
    pub fn stop_recording(&self) {
        self.state.is_recording.store(false, Ordering::Relaxed);
    }

    /// Tokens: what sign-in gives out, and what is asked of requests.
    pub fn auth(&self) -> &Auth {
        &self.state.auth
    }

    /// A client for this server that signs in with a token of it. `options.endpoints` is replaced.
    pub fn client(&self, clock: Arc<dyn Clock>, options: ClientOptions) -> Client {
        self.client_with(Box::new(self.state.auth.source()), clock, options)
    }

    /// A client for this server. `options.endpoints` is replaced.
    pub fn client_with(&self, tokens: Box<dyn TokenSource>, clock: Arc<dyn Clock>, options: ClientOptions) -> Client {
        let endpoints = Endpoints::all_at(&self.url()).expect("a loopback address");
        Client::new(tokens, clock, ClientOptions { endpoints, ..options }).expect("a client")
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::Release);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        for stream in lock(&self.state.streams).iter() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn accept(listener: &TcpListener, state: &Arc<State>) {
    for stream in listener.incoming() {
        if state.is_over.load(Ordering::Acquire) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let _ = stream.set_nodelay(true);
        if let Ok(copy) = stream.try_clone() {
            lock(&state.streams).push(copy);
        }
        let state = state.clone();
        thread::spawn(move || serve(&stream, &state));
    }
}

/// Serves one connection until it ends.
fn serve(stream: &TcpStream, state: &State) {
    let Ok(copy) = stream.try_clone() else { return };
    let mut input = BufReader::with_capacity(64 * 1024, copy);
    while let Ok(Some(mut request)) = http::read_request(&mut input) {
        request.at = state.clock.elapsed();
        if state.is_recording.load(Ordering::Relaxed) {
            lock(&state.requests).push(request.clone());
        }
        let fault = state.fault(&request);
        let date = http_date(state.clock.as_ref());
        if fault::send(stream, fault, || state.answer(&request), &date).is_err() {
            return;
        }
    }
}

impl State {
    fn answer(&self, request: &Request) -> Response {
        if let Some(response) = self.auth.answer(request) {
            return response;
        }
        if !lock(&self.open).contains(&request.path)
            && let Err(refusal) = self.auth.check(request)
        {
            return refusal;
        }
        let handler = {
            let handlers = lock(&self.handlers);
            let found = handlers
                .iter()
                .rev()
                .find(|(method, path, _)| *method == request.method && matches(path, &request.path));
            found.map(|(_, _, handler)| handler.clone())
        };
        match handler {
            Some(handler) => handler(request),
            None => Response::error(404, "NOT_FOUND", "The fake has no handler for this.", ""),
        }
    }

    /// The first fault planned for this request. Every plan of the path counts it.
    fn fault(&self, request: &Request) -> Option<Fault> {
        let faults = lock(&self.faults);
        let mut seen = lock(&self.seen);
        let mut found = None;
        for (i, (path, when, fault)) in faults.iter().enumerate() {
            if matches(path, &request.path) {
                let number = seen.entry(i).or_default();
                *number += 1;
                if found.is_none() && when.befalls(request, *number) {
                    found = Some(fault.clone());
                }
            }
        }
        found
    }
}

/// Whether a path is the one meant, or begins with what stands before a `*` at the end.
pub fn matches(wanted: &str, path: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix),
        None => path == wanted,
    }
}

fn http_date(clock: &dyn Clock) -> String {
    let date = chrono::DateTime::from_timestamp_nanos(clock.now().0);
    date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
