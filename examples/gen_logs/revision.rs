//! The life of one revision, minute by minute: its requests with everything they log.
//!
//! Input: a [`RevisionSpec`]. Output: entries on a [`Wire`] and counts in a [`Truth`]. Events are in `events.rs`.

use std::fmt::Write as _;

use crate::fill::Filler;
use crate::rng::Rng;
use crate::spec::{ErrorSpec, ProbeSpec, Recipe, RevisionSpec, Tracebacks};
use crate::texts::{self, Known, Shape, Trace};
use crate::truth::Truth;
use crate::wire::{Head, MINUTE, Micros, Wire, log, push_field, push_string};

/// A WebSocket lives this long at most: the largest request timeout of Cloud Run, in milliseconds.
const LONGEST_MS: f64 = 3_600_000.0;
/// A slow request in fifty takes this many times as long.
const SLOW: (f64, f64) = (0.02, 5.0);

/// One revision at work.
#[derive(Debug)]
pub struct Revision<'a> {
    /// What it is to do.
    pub spec: &'a RevisionSpec,
    /// First instant.
    pub start: Micros,
    /// Its counts so far.
    pub truth: Truth,
    pub(crate) service: &'a str,
    pub(crate) project: &'a str,
    pub(crate) resource: String,
    pub(crate) service_resource: String,
    pub(crate) instances: Vec<String>,
    pub(crate) rng: Rng,
    pub(crate) filler: Filler,
    plain: bool,
    background: Vec<(String, f64)>,
    payload: Vec<u8>,
    text: String,
}

/// One request as far as its entries share it.
struct Call<'a> {
    at: Micros,
    end: Micros,
    instance: usize,
    trace: Option<u128>,
    method: &'a str,
    path: String,
    agent: &'a str,
    status: u16,
    latency_ms: f64,
    platform_text: Option<&'static str>,
}

impl<'a> Revision<'a> {
    /// A revision ready to start.
    pub fn new(recipe: &'a Recipe, spec: &'a RevisionSpec, plain: bool, seed: u64) -> Result<Revision<'a>, String> {
        let start = chrono::DateTime::parse_from_rfc3339(&spec.start)
            .map_err(|e| format!("start of {}: {}: {e}", spec.name, spec.start))?;
        let mut rng = Rng::new(seed);
        let instance = |_| {
            let mut hex = "00".to_owned();
            for _ in 0..if plain { 6 } else { 12 } {
                let _ = write!(hex, "{:016x}", rng.bits());
            }
            hex
        };
        let instances = (0..spec.instances.max(1)).map(instance).collect();
        Ok(Revision {
            start: start.timestamp_micros(),
            truth: Truth::default(),
            service: &recipe.service,
            project: &recipe.project,
            resource: resource(recipe, &spec.name),
            service_resource: resource(recipe, ""),
            instances,
            rng,
            filler: Filler::new(plain),
            plain,
            background: weighted(texts::background(spec.background_templates)),
            payload: Vec::new(),
            text: String::new(),
            spec,
        })
    }

    /// Writes everything of the minute that begins at `from`.
    pub fn minute(&mut self, from: Micros, wire: &mut Wire) {
        let before = wire.marks.len();
        let number = (from - self.start).div_euclid(MINUTE);
        self.events(from, wire);
        if (0..self.spec.minutes).contains(&number) {
            let rate = self.spec.requests_per_minute * daily(from, self.spec.diurnal);
            let calls = self.rng.poisson(rate);
            let mut moments: Vec<Micros> = (0..calls).map(|_| from + self.moment()).collect();
            moments.sort_unstable();
            for at in moments {
                self.user_request(at, number, wire);
            }
            for probe in &self.spec.probe {
                for _ in 0..self.rng.poisson(probe.per_minute) {
                    let at = from + self.moment();
                    self.probe(at, probe, wire);
                }
            }
        }
        self.truth.entries += (wire.marks.len() - before) as u64;
    }

    /// A moment inside a minute: whole milliseconds where ids are plain.
    fn moment(&mut self) -> Micros {
        let micros = self.rng.between(0, MINUTE as u64) as Micros;
        if self.plain { micros / 1000 * 1000 } else { micros }
    }

    fn user_request(&mut self, at: Micros, minute: i64, wire: &mut Wire) {
        let spec = self.spec;
        let active = |e: &ErrorSpec| {
            minute >= e.from_minute && e.for_minutes.is_none_or(|length| minute < e.from_minute + length)
        };
        let mut hit = None;
        for error in spec.error.iter().filter(|e| active(e)) {
            if self.rng.happens(error.rate) {
                hit = Some(error);
                break;
            }
        }
        self.request_with(at, hit, wire);
    }

    /// One request, with an error or without.
    pub(crate) fn request_with(&mut self, at: Micros, hit: Option<&ErrorSpec>, wire: &mut Wire) {
        let spec = self.spec;
        let known = hit.and_then(|error| texts::known(&error.what));
        let socket = known.map_or(hit.is_none() && self.rng.happens(spec.websocket_share), |k| k.websocket);
        let mut call = self.call(at, socket, hit);
        if let Some(error) = hit {
            call.status = known.map_or(error.status, |k| k.status).unwrap_or(call.status);
            self.error(&mut call, error, known, wire);
        } else if self.rng.happens(spec.plain_5xx) {
            call.status = *self.rng.pick(&[500, 502, 503]);
        }
        if self.rng.happens(spec.background_errors) {
            self.background(&call, wire);
        }
        self.lines(&call, wire);
        self.request_entry(&call, wire);
    }

    fn call(&mut self, at: Micros, socket: bool, hit: Option<&ErrorSpec>) -> Call<'a> {
        let spec = self.spec;
        let (method, route) = if socket {
            ("GET", *self.rng.pick(texts::SOCKETS))
        } else {
            *self.rng.pick(texts::ROUTES)
        };
        let (method, route) = match hit.and_then(|e| e.path.as_deref()) {
            Some("/api/v1/checkout") => ("POST", "/api/v1/checkout".to_owned()),
            Some(path) => (method, path.to_owned()),
            None => (method, route.to_owned()),
        };
        let refused = if socket {
            spec.websocket_refused
        } else {
            spec.client_errors
        };
        let status = match (self.rng.happens(refused) && hit.is_none(), socket) {
            (true, true) => 403,
            (true, false) => *self.rng.pick(texts::REFUSALS),
            (false, true) => 101,
            (false, false) => *self.rng.pick(texts::SUCCESSES),
        };
        let latency_ms = if socket && status == 101 {
            self.rng.log_normal(60_000.0, 1.0).min(LONGEST_MS)
        } else {
            let slow = if self.rng.happens(SLOW.0) { SLOW.1 } else { 1.0 };
            self.rng.log_normal(spec.latency_ms, spec.latency_spread) * slow + spec.latency_shift_ms
        };
        Call {
            at,
            end: at + (latency_ms.min(50_000.0) * 1000.0) as Micros,
            instance: self.rng.between(0, self.instances.len() as u64) as usize,
            trace: self
                .rng
                .happens(spec.traces)
                .then(|| u128::from(self.rng.bits()) << 64 | u128::from(self.rng.bits())),
            method,
            path: self.filler.fill(&mut self.rng, &route),
            agent: self.rng.pick::<&str>(texts::AGENTS),
            status,
            latency_ms,
            platform_text: None,
        }
    }

    /// What an error writes, by its shape.
    fn error(&mut self, call: &mut Call<'a>, error: &ErrorSpec, known: Option<&Known>, wire: &mut Wire) {
        Truth::add(&mut self.truth.happened, &error.what);
        let Some(known) = known else {
            let message = self.filler.fill(&mut self.rng, &error.what);
            return self.message(call, &message, &error.severity, None, wire);
        };
        match known.shape {
            Shape::Logged { message, trace } => {
                let message = self.filler.fill(&mut self.rng, message);
                self.message(call, &message, "ERROR", Some(known), wire);
                self.traceback(call, &trace, known, wire);
            }
            Shape::Unhandled(trace) => {
                self.plain_line(
                    log::STDERR,
                    call.end - 40,
                    call.instance,
                    "ERROR:    Exception in ASGI application",
                    wire,
                );
                self.traceback(call, &trace, known, wire);
            }
            Shape::Json(severity, message) => {
                let message = self.filler.fill(&mut self.rng, message);
                self.message(call, &message, severity, Some(known), wire);
            }
            Shape::JsonTrace(message, trace) => self.json_trace(call, message, &trace, known, wire),
            Shape::Plain(message) => {
                let message = self.filler.fill(&mut self.rng, message);
                self.note(known, &message);
                self.plain_line(log::STDERR, call.end, call.instance, &message, wire);
            }
            Shape::Platform(text) => {
                self.note(known, text);
                call.platform_text = Some(text);
                call.latency_ms = match known.name {
                    "request-timeout" => 300_000.0,
                    "no-instance" => 0.0,
                    _ => call.latency_ms,
                };
            }
            Shape::System(message) => {
                let message = self.filler.fill(&mut self.rng, message);
                self.note(known, &message);
                self.platform(call.end, call.instance, "ERROR", &message, wire);
                self.platform(
                    call.end + 90_000,
                    call.instance,
                    "WARNING",
                    "Container terminated on signal 9.",
                    wire,
                );
                call.platform_text = texts::known("malformed-response").and_then(|k| match k.shape {
                    Shape::Platform(text) => Some(text),
                    _ => None,
                });
            }
        }
    }

    fn note(&mut self, known: &Known, message: &str) {
        if message.contains(known.marker) {
            Truth::add(&mut self.truth.entries_with, known.name);
        }
    }

    /// A structured message of the application; errors go to stderr, the rest to stdout.
    fn message(&mut self, call: &Call, message: &str, severity: &str, known: Option<&Known>, wire: &mut Wire) {
        if let Some(known) = known {
            self.note(known, message);
        }
        if severity == "NONE" {
            return self.plain_line(log::STDERR, call.end, call.instance, message, wire);
        }
        let log = if severity == "ERROR" || severity == "CRITICAL" {
            log::STDERR
        } else {
            log::STDOUT
        };
        let mut payload = b"\"jsonPayload\":{".to_vec();
        push_field(&mut payload, "logger", "chat.api");
        payload.push(b',');
        push_field(&mut payload, "message", message);
        payload.push(b'}');
        self.put(log, severity, call.end, call.instance, call.trace, &payload, wire);
    }

    fn traceback(&mut self, call: &Call, trace: &Trace, known: &Known, wire: &mut Wire) {
        let text = self.filler.fill(&mut self.rng, &texts::traceback(trace));
        let whole = match self.spec.tracebacks {
            Tracebacks::Whole => true,
            Tracebacks::Lines => false,
            Tracebacks::Mixed => self.rng.happens(0.5),
        };
        if whole {
            self.note(known, &text);
            let mut payload = Vec::new();
            push_field(&mut payload, "textPayload", &text);
            return self.put(log::STDERR, "ERROR", call.end + 30, call.instance, None, &payload, wire);
        }
        for (number, line) in text.lines().enumerate() {
            self.note(known, line);
            self.plain_line(
                log::STDERR,
                call.end + 30 + number as Micros * 9,
                call.instance,
                line,
                wire,
            );
        }
    }

    fn json_trace(&mut self, call: &Call, message: &str, trace: &Trace, known: &Known, wire: &mut Wire) {
        let message = self.filler.fill(&mut self.rng, message);
        self.note(known, &message);
        let text = self.filler.fill(&mut self.rng, &texts::traceback(trace));
        let mut payload = b"\"jsonPayload\":{".to_vec();
        push_field(&mut payload, "exception", &text);
        payload.push(b',');
        push_field(&mut payload, "message", &message);
        payload.push(b'}');
        self.put(
            log::STDOUT,
            "ERROR",
            call.end,
            call.instance,
            call.trace,
            &payload,
            wire,
        );
    }

    fn background(&mut self, call: &Call, wire: &mut Wire) {
        let share = self.rng.unit();
        let at = self.background.partition_point(|(_, up_to)| *up_to < share);
        let Some((template, _)) = self.background.get(at) else {
            return;
        };
        Truth::add(&mut self.truth.happened, template);
        let message = self.filler.fill(&mut self.rng, template);
        self.message(call, &message, "ERROR", None, wire);
    }

    /// The access line and the structured INFO entry, where the request has them.
    fn lines(&mut self, call: &Call, wire: &mut Wire) {
        if self.rng.happens(self.spec.access_lines) {
            let port = 1024 + self.rng.between(0, if self.plain { 8 } else { 60_000 });
            let mut line = std::mem::take(&mut self.text);
            line.clear();
            let _ = match (call.status, call.path.starts_with("/ws")) {
                (101, _) => write!(
                    line,
                    "INFO:     169.254.169.126:{port} - \"WebSocket {}\" [accepted]",
                    call.path
                ),
                (status, true) => write!(
                    line,
                    "INFO:     169.254.169.126:{port} - \"WebSocket {}\" {status}",
                    call.path
                ),
                (status, _) => write!(
                    line,
                    "INFO:     169.254.169.126:{port} - \"{} {} HTTP/1.1\" {status}",
                    call.method, call.path
                ),
            };
            self.plain_line(log::STDOUT, call.end, call.instance, &line, wire);
            self.text = line;
        }
        if call.status != 101 && self.rng.happens(self.spec.info_lines) {
            let trap = self.rng.happens(self.spec.info_traps);
            let mut payload = std::mem::take(&mut self.payload);
            payload.clear();
            payload.extend_from_slice(b"\"jsonPayload\":{");
            if trap {
                payload.extend_from_slice(
                    br#""error":{"message":"field absent","severity":"ERROR","traceback":"","type":"str"},"#,
                );
            }
            push_field(&mut payload, "logger", "chat.access");
            payload.extend_from_slice(b",\"message\":\"served ");
            payload.extend_from_slice(call.method.as_bytes());
            let _ = std::io::Write::write_fmt(&mut payload, format_args!(" in {:.0} ms\"}}", call.latency_ms));
            self.put(
                log::STDOUT,
                "INFO",
                call.end + 50,
                call.instance,
                call.trace,
                &payload,
                wire,
            );
            self.payload = payload;
        }
    }

    fn request_entry(&mut self, call: &Call, wire: &mut Wire) {
        let severity = match call.status {
            500.. => "ERROR",
            400.. => "WARNING",
            _ => "INFO",
        };
        let (asked, answered, caller) = if self.plain {
            let (path, agent) = (call.path.len() as u64, call.agent.len() as u64);
            (300 + path, 150 + 97 * path, 10 + agent)
        } else {
            let rng = &mut self.rng;
            (rng.between(300, 4300), rng.between(150, 40_000), rng.between(1, 255))
        };
        let mut payload = std::mem::take(&mut self.payload);
        payload.clear();
        let decimals = if self.plain { 3 } else { 9 };
        let _ = std::io::Write::write_fmt(
            &mut payload,
            format_args!(
                "\"httpRequest\":{{\"requestMethod\":\"{}\",\"requestUrl\":\"https://{}-2vxq7kd3mq-ew.a.run.app{}\",\"requestSize\":\"{asked}\",\
                 \"status\":{},\"responseSize\":\"{answered}\",\"userAgent\":\"{}\",\"remoteIp\":\"198.51.100.{caller}\",\"latency\":\"{:.decimals$}s\",\
                 \"protocol\":\"HTTP/1.1\"}}",
                call.method,
                self.service,
                call.path,
                call.status,
                call.agent,
                call.latency_ms / 1000.0,
            ),
        );
        if let Some(text) = call.platform_text {
            payload.extend_from_slice(b",\"textPayload\":");
            push_string(&mut payload, text);
        }
        self.truth.requests += 1;
        self.truth.server_errors += u64::from(call.status >= 500);
        let head = Head {
            at: call.at,
            log: log::REQUESTS,
            severity,
            instance: &self.instances[call.instance],
            resource: &self.resource,
            trace: call.trace,
            delay: (call.latency_ms * 1000.0) as Micros,
        };
        wire.entry(&mut self.rng, head, &payload);
        self.payload = payload;
    }

    fn probe(&mut self, at: Micros, probe: &'a ProbeSpec, wire: &mut Wire) {
        let latency_ms = self.rng.log_normal(probe.latency_ms, 0.3);
        let call = Call {
            at,
            end: at + (latency_ms * 1000.0) as Micros,
            instance: self.rng.between(0, self.instances.len() as u64) as usize,
            trace: None,
            method: "GET",
            path: probe.path.clone(),
            agent: &probe.agent,
            status: probe.status,
            latency_ms,
            platform_text: None,
        };
        if let Some(message) = &probe.message {
            Truth::add(&mut self.truth.happened, message);
            let message = self.filler.fill(&mut self.rng, message);
            self.message(&call, &message, &probe.severity, None, wire);
        }
        self.request_entry(&call, wire);
    }

    /// A plain line without severity.
    pub(crate) fn plain_line(&mut self, log: &str, at: Micros, instance: usize, line: &str, wire: &mut Wire) {
        let mut payload = Vec::with_capacity(line.len() + 20);
        push_field(&mut payload, "textPayload", line);
        self.put(log, "", at, instance, None, &payload, wire);
    }

    /// A line of the platform.
    pub(crate) fn platform(&mut self, at: Micros, instance: usize, severity: &str, line: &str, wire: &mut Wire) {
        let mut payload = Vec::with_capacity(line.len() + 20);
        push_field(&mut payload, "textPayload", line);
        self.put(log::SYSTEM, severity, at, instance, None, &payload, wire);
    }

    /// Any entry of an instance.
    #[allow(clippy::too_many_arguments)] // all different; a struct would only repeat `Head`
    pub(crate) fn put(
        &mut self,
        log: &str,
        severity: &str,
        at: Micros,
        instance: usize,
        trace: Option<u128>,
        payload: &[u8],
        wire: &mut Wire,
    ) {
        let head = Head {
            at,
            log,
            severity,
            instance: &self.instances[instance % self.instances.len()],
            resource: &self.resource,
            trace,
            delay: 120_000,
        };
        wire.entry(&mut self.rng, head, payload);
    }
}

fn resource(recipe: &Recipe, revision: &str) -> String {
    serde_json::json!({"type": "cloud_run_revision", "labels": {"configuration_name": recipe.service, "location": recipe.location,
        "project_id": recipe.project, "revision_name": revision, "service_name": recipe.service}})
    .to_string()
}

/// Each template with the share of the events up to and including it; weights fall as 1/rank (Zipf).
fn weighted(templates: Vec<String>) -> Vec<(String, f64)> {
    let weight = |rank: usize| 1.0 / (rank + 1) as f64;
    let total: f64 = (0..templates.len()).map(weight).sum();
    let mut sum = 0.0;
    let cumulate = |(rank, text)| {
        sum += weight(rank) / total;
        (text, sum)
    };
    templates.into_iter().enumerate().map(cumulate).collect()
}

/// The daily cycle: 1 on average on the log scale, highest at 15:00 UTC.
fn daily(at: Micros, amplitude: f64) -> f64 {
    let hour = at.rem_euclid(24 * 60 * MINUTE) as f64 / (60 * MINUTE) as f64;
    (amplitude * ((hour - 9.0) / 24.0 * std::f64::consts::TAU).sin()).exp()
}
