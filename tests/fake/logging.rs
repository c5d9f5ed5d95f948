//! Cloud Logging's `entries.list`, as its documentation has it: filter bounds, order, pages, opaque tokens that die.
//!
//! The filter is read by regular expressions of its own, not by the parser under test: bounds of `timestamp` and
//! `receiveTimestamp`, and equality of `resource.labels`; other conditions hold for every entry.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use logverdict::model::Timestamp;
use regex::Regex;
use serde_json::Value;

use super::http::{Request, Response};
use super::server::{Fake, lock};

/// Where entries are listed.
pub const LIST: &str = "/v2/entries:list";

/// An entry in store.
#[derive(Debug, Clone)]
pub struct Stored {
    pub time: i64,
    pub received: i64,
    pub insert_id: String,
    /// Compact JSON.
    pub text: String,
    /// It is seen from this request on, counted from 1.
    pub visible_from: usize,
    /// `resource.labels`
    labels: Arc<BTreeMap<String, String>>,
    /// What `fields` leaves of it: one selector only.
    selected: OnceLock<String>,
}

impl Stored {
    /// An entry as JSON; `timestamp`, `receiveTimestamp` and `insertId` are read from it.
    pub fn new(entry: &Value) -> Stored {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let time = |name: &str| Timestamp::parse(&text(name)).map_or(0, |t| t.0);
        let labels = entry["resource"]["labels"].as_object().cloned().unwrap_or_default();
        let label = |(name, value): (String, Value)| (name, value.as_str().unwrap_or_default().to_owned());
        Stored {
            time: time("timestamp"),
            received: time("receiveTimestamp"),
            insert_id: text("insertId"),
            text: entry.to_string(),
            visible_from: 0,
            labels: Arc::new(labels.into_iter().map(label).collect()),
            selected: OnceLock::new(),
        }
    }

    /// The same, received then and seen only from a request on.
    pub fn arrives(&self, received: &str, request: usize) -> Stored {
        let mut entry: Value = serde_json::from_str(&self.text).unwrap_or_default();
        entry["receiveTimestamp"] = received.into();
        Stored {
            visible_from: request,
            ..Stored::new(&entry)
        }
    }
}

/// How the service behaves beyond what it must.
#[derive(Debug, Clone)]
pub struct Habits {
    /// Entries of a page at most.
    pub page_cap: usize,
    /// Every so many-th page is empty, with a token.
    pub empty_every: Option<usize>,
    /// Every so many-th page is the one before, again.
    pub repeat_every: Option<usize>,
    /// A full last page has a token, behind which there is nothing.
    pub tail: bool,
    /// Tokens die after so many further requests.
    pub token_life: Option<usize>,
    /// Requests in any 60 seconds of the fake's clock.
    pub quota: Option<usize>,
    /// Spaces and line ends as `prettyPrint` makes them.
    pub pretty: bool,
}

impl Default for Habits {
    fn default() -> Habits {
        Habits {
            page_cap: 1000,
            empty_every: None,
            repeat_every: None,
            tail: false,
            token_life: None,
            quota: None,
            pretty: false,
        }
    }
}

/// The store behind the endpoint.
pub struct Logging {
    entries: Vec<Stored>,
    habits: Mutex<Habits>,
    requests: AtomicUsize,
    tokens: Mutex<HashMap<String, Token>>,
    arrivals: Mutex<Vec<std::time::Duration>>,
}

#[derive(Debug, Clone)]
struct Token {
    /// The arguments that it goes with.
    arguments: String,
    /// It goes on behind this entry.
    behind: Option<usize>,
    /// The entry behind which the page before it began.
    before: Option<usize>,
    /// Request that it was made for.
    made: usize,
}

/// What a request asks for.
struct Asked {
    arguments: String,
    /// Of the entries in order.
    range: Range<usize>,
    received: Range<i64>,
    labels: Vec<(String, Vec<String>)>,
    size: usize,
    token: Option<String>,
    fields: Option<String>,
}

impl Logging {
    /// Serves entries at the fake's `entries:list`.
    pub fn serve(fake: &Fake, mut entries: Vec<Stored>, habits: Habits) -> Arc<Logging> {
        entries.sort_by(|a, b| (a.time, &a.insert_id).cmp(&(b.time, &b.insert_id)));
        let logging = Arc::new(Logging {
            entries,
            habits: Mutex::new(habits),
            requests: AtomicUsize::new(0),
            tokens: Mutex::default(),
            arrivals: Mutex::default(),
        });
        let shared = logging.clone();
        fake.on("POST", LIST, move |request| shared.answer(request));
        logging
    }

    /// Requests that were answered here.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// All entries, in order, as lines.
    pub fn lines(&self) -> String {
        self.entries.iter().fold(String::new(), |mut all, e| {
            all.push_str(&e.text);
            all.push('\n');
            all
        })
    }

    /// From now on.
    pub fn set(&self, habits: Habits) {
        *lock(&self.habits) = habits;
    }

    fn answer(&self, request: &Request) -> Response {
        let number = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
        let habits = lock(&self.habits).clone();
        if let Some(quota) = habits.quota
            && !self.is_within(quota, request.at)
        {
            return quota_exceeded();
        }
        let asked = match self.asked(request, &habits) {
            Ok(asked) => asked,
            Err(message) => return invalid(&message),
        };
        let token = match &asked.token {
            None => None,
            Some(text) => match self.token(text, &asked, number, &habits) {
                Ok(token) => Some(token),
                Err(message) => return invalid(&message),
            },
        };
        self.page(&asked, token, number, &habits)
    }

    fn is_within(&self, quota: usize, at: std::time::Duration) -> bool {
        let mut arrivals = lock(&self.arrivals);
        let minute = std::time::Duration::from_secs(60);
        let recent = arrivals.iter().filter(|a| at.saturating_sub(**a) < minute).count();
        arrivals.push(at);
        recent < quota
    }

    fn asked(&self, request: &Request, habits: &Habits) -> Result<Asked, String> {
        let mut body = request.json();
        let object = body.as_object_mut().ok_or("Invalid JSON payload received.")?;
        let token = object.remove("pageToken").and_then(|t| t.as_str().map(str::to_owned));
        let arguments = format!("{} {:?}", Value::Object(object.clone()), request.query);
        let names = object
            .get("resourceNames")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        if !(1..=100).contains(&names) {
            return Err("resource_names must have 1 to 100 elements".into());
        }
        let order = object.get("orderBy").and_then(Value::as_str).unwrap_or("timestamp asc");
        if order != "timestamp asc" {
            return Err(format!("the fake has no order {order:?}"));
        }
        let size = object.get("pageSize").map_or(Some(50), Value::as_u64);
        let size = size.filter(|s| *s <= 1000).ok_or("page_size is out of range")? as usize;
        let filter = object.get("filter").and_then(Value::as_str).unwrap_or_default();
        let conditions = Conditions::read(filter)?;
        let place = |time: i64| self.entries.partition_point(|e| e.time < time);
        let range = place(conditions.start)..place(conditions.end).max(place(conditions.start));
        Ok(Asked {
            arguments,
            range,
            received: conditions.received..conditions.received_end,
            labels: conditions.labels,
            size: size.clamp(1, habits.page_cap),
            token: token.filter(|t| !t.is_empty()),
            fields: request.parameter("fields").map(str::to_owned),
        })
    }

    fn token(&self, text: &str, asked: &Asked, number: usize, habits: &Habits) -> Result<Token, String> {
        let tokens = lock(&self.tokens);
        let token = tokens.get(text).ok_or("page_token is not valid")?;
        if token.arguments != asked.arguments {
            return Err("page_token doesn't match arguments from the request".into());
        }
        if habits.token_life.is_some_and(|life| number > token.made + life) {
            return Err("page_token has expired".into());
        }
        Ok(token.clone())
    }

    fn page(&self, asked: &Asked, token: Option<Token>, number: usize, habits: &Habits) -> Response {
        let every = |n: Option<usize>| n.is_some_and(|n| number.is_multiple_of(n));
        let behind = token.as_ref().and_then(|t| t.behind);
        if every(habits.empty_every) {
            let next = self.new_token(asked, behind, behind, number);
            return Response::json(serde_json::json!({ "nextPageToken": next }));
        }
        let repeats = every(habits.repeat_every) && token.is_some();
        let from = if repeats { token.and_then(|t| t.before) } else { behind };
        let first = from.map_or(asked.range.start, |i| i + 1).max(asked.range.start);
        let mut found = (first..asked.range.end).filter(|i| self.is_asked_for(*i, asked, number));
        let page: Vec<usize> = found.by_ref().take(asked.size).collect();
        let has_more = found.next().is_some() || (habits.tail && page.len() == asked.size);
        let next = match page.last() {
            Some(last) if has_more => Some(self.new_token(asked, Some(*last), from, number)),
            _ => None,
        };
        self.body(&page, next.as_deref(), asked.fields.as_deref(), habits.pretty)
    }

    fn is_asked_for(&self, index: usize, asked: &Asked, number: usize) -> bool {
        let entry = &self.entries[index];
        let has = |(name, values): &(String, Vec<String>)| entry.labels.get(name).is_some_and(|v| values.contains(v));
        entry.visible_from <= number && asked.received.contains(&entry.received) && asked.labels.iter().all(has)
    }

    fn new_token(&self, asked: &Asked, behind: Option<usize>, before: Option<usize>, made: usize) -> String {
        let mut tokens = lock(&self.tokens);
        let text = format!("EAA{:x}-{:08x}", made, tokens.len() * 7919);
        let arguments = asked.arguments.clone();
        let token = Token {
            arguments,
            behind,
            before,
            made,
        };
        tokens.insert(text.clone(), token);
        text
    }

    fn body(&self, page: &[usize], next: Option<&str>, fields: Option<&str>, pretty: bool) -> Response {
        if page.is_empty() && next.is_none() {
            return Response::new(200, "application/json; charset=UTF-8", "{}");
        }
        let (space, line) = if pretty { (" ", "\n") } else { ("", "") };
        let bytes: usize = page.iter().map(|i| self.entries[*i].text.len() + 4).sum();
        let mut body = String::with_capacity(bytes + 200);
        let _ = write!(body, "{{{line}\"entries\":{space}[");
        for (i, index) in page.iter().enumerate() {
            body.push_str(if i > 0 { "," } else { "" });
            let text = self.entries[*index].for_fields(fields);
            match pretty {
                true => body.push_str(&format!(
                    "\n{:#}",
                    serde_json::from_str::<Value>(text).unwrap_or_default()
                )),
                false => body.push_str(text),
            }
        }
        body.push(']');
        if let Some(next) = next {
            let _ = write!(body, ",{line}\"nextPageToken\":{space}\"{next}\"");
        }
        body.push_str("}\n");
        Response::new(200, "application/json; charset=UTF-8", body)
    }
}

impl Stored {
    fn for_fields(&self, fields: Option<&str>) -> &str {
        match fields {
            None => &self.text,
            Some(fields) => self.selected.get_or_init(|| {
                let entry: Value = serde_json::from_str(&self.text).unwrap_or_default();
                let inner = fields
                    .split_once("entries(")
                    .map_or("", |(_, rest)| rest.strip_suffix(')').unwrap_or(rest));
                select(&entry, inner).to_string()
            }),
        }
    }
}

/// What a selector such as `a,b(c,d)` leaves of an object.
fn select(value: &Value, selector: &str) -> Value {
    let mut left = serde_json::Map::new();
    for part in split(selector) {
        let (name, inner) = part
            .split_once('(')
            .map_or((part, None), |(n, i)| (n, i.strip_suffix(')')));
        if let Some(found) = value.get(name) {
            left.insert(
                name.to_owned(),
                inner.map_or_else(|| found.clone(), |inner| select(found, inner)),
            );
        }
    }
    Value::Object(left)
}

/// Splits at commas outside of brackets.
fn split(selector: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (vec![], 0, 0);
    for (i, c) in selector.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&selector[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&selector[start..]);
    parts
}

/// What the fake understands of a filter.
struct Conditions {
    start: i64,
    end: i64,
    received: i64,
    received_end: i64,
    labels: Vec<(String, Vec<String>)>,
}

static BOUND: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\b(timestamp|receiveTimestamp)\s*(>=|>|<=|<)\s*"([^"]*)""#).expect("a regex"));
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"resource\.labels\.(\w+)\s*=\s*(?:"([^"]*)"|\(((?:\s*"[^"]*"\s*(?:OR)?)+)\))"#).expect("a regex")
});
static STRING: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""(?:\\.|[^"\\])*""#).expect("a regex"));

impl Conditions {
    fn read(filter: &str) -> Result<Conditions, String> {
        if filter.len() > 20_000 {
            return Err("filter is longer than 20000 characters".into());
        }
        let bare = STRING.replace_all(filter, "");
        if bare.matches('(').count() != bare.matches(')').count() || bare.contains('"') {
            return Err(format!(
                "Unparseable filter: syntax error at line 1, column 1, token '{bare:.20}'"
            ));
        }
        let mut conditions = Conditions {
            start: i64::MIN,
            end: i64::MAX,
            received: i64::MIN,
            received_end: i64::MAX,
            labels: vec![],
        };
        for bound in BOUND.captures_iter(filter) {
            let time = Timestamp::parse(&bound[3])
                .ok_or("Unparseable filter: not a timestamp")?
                .0;
            let (lower, upper) = match &bound[2] {
                ">=" => (Some(time), None),
                ">" => (Some(time + 1), None),
                "<" => (None, Some(time)),
                _ => (None, Some(time + 1)),
            };
            match (&bound[1], lower, upper) {
                ("timestamp", Some(start), _) => conditions.start = conditions.start.max(start),
                ("timestamp", _, Some(end)) => conditions.end = conditions.end.min(end),
                (_, Some(start), _) => conditions.received = conditions.received.max(start),
                (_, _, Some(end)) => conditions.received_end = conditions.received_end.min(end),
                (_, None, None) => {}
            }
        }
        for label in LABEL.captures_iter(filter) {
            let values = label.get(2).or_else(|| label.get(3)).map_or("", |m| m.as_str());
            let values = match label.get(2) {
                Some(_) => vec![values.to_owned()],
                None => STRING
                    .find_iter(values)
                    .map(|m| m.as_str().trim_matches('"').to_owned())
                    .collect(),
            };
            conditions.labels.push((label[1].to_owned(), values));
        }
        Ok(conditions)
    }
}

fn invalid(message: &str) -> Response {
    Response::error(400, "INVALID_ARGUMENT", message, "")
}

fn quota_exceeded() -> Response {
    let message = "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute' of service \
                   'logging.googleapis.com' for consumer 'project_number:123456789012'.";
    Response::error(429, "RESOURCE_EXHAUSTED", message, "RATE_LIMIT_EXCEEDED")
}

/// Entries of a service: requests and messages in many shapes, the same for the same seed.
pub struct Traffic<'a> {
    pub revision: &'static str,
    /// RFC 3339.
    pub start: &'a str,
    pub seconds: u64,
    pub entries: usize,
    /// Of a thousand requests, those that fail.
    pub failures_permille: u64,
    pub seed: u64,
}

impl Traffic<'_> {
    /// The entries, each a few milliseconds to seconds after the one before; several may share a nanosecond.
    pub fn entries(&self) -> Vec<Stored> {
        let start = Timestamp::parse(self.start).map_or(0, |t| t.0);
        let mut random = Random(self.seed);
        let step = (self.seconds * 1_000_000_000 / self.entries.max(1) as u64).max(1);
        let mut labels = None;
        (0..self.entries)
            .map(|i| {
                // Every 50th has the time of its neighbour: order among equals must not matter.
                let slot = if i % 50 == 49 { i - 1 } else { i };
                let jitter = if i % 50 >= 48 { 0 } else { random.next() % step };
                let time = start + (slot as u64 * step + jitter).cast_signed();
                let mut stored = Stored::new(&self.entry(i, time, &mut random));
                // A million entries fit into memory.
                stored.labels = labels.get_or_insert(stored.labels).clone();
                stored
            })
            .collect()
    }

    fn entry(&self, i: usize, time: i64, random: &mut Random) -> Value {
        let received = Timestamp(time + (random.next() % 900_000_000).cast_signed() + 50_000_000);
        let fails = random.next() % 1000 < self.failures_permille;
        let mut entry = serde_json::json!({
            "insertId": format!("{:08x}{:06x}{:08x}", time / 1_000_000_000, i, random.next() as u32),
            "timestamp": Timestamp(time).to_string(),
            "receiveTimestamp": received.to_string(),
            "resource": {"type": "cloud_run_revision", "labels": {
                "project_id": "acme-shop", "location": "europe-west1", "service_name": "chat-api",
                "configuration_name": "chat-api", "revision_name": self.revision}},
            "labels": {"instanceId": format!("00f8b1{:058x}", i % 5), "goog-managed-by": "cloud-run", "commit-sha": "0123456789abcdef0123456789abcdef01234567"},
        });
        let log = |id: &str| Value::from(format!("projects/acme-shop/logs/run.googleapis.com%2F{id}"));
        let trace = Value::from(format!(
            "projects/acme-shop/traces/{:032x}",
            u128::from(random.next()) << 20
        ));
        match i % 4 {
            0 | 1 => {
                let (status, severity) = if fails { (500, "ERROR") } else { (200, "INFO") };
                entry["logName"] = log("requests");
                entry["severity"] = severity.into();
                entry["trace"] = trace;
                entry["spanId"] = format!("{:016x}", random.next()).into();
                entry["httpRequest"] = serde_json::json!({
                    "requestMethod": "GET", "requestUrl": format!("https://chat-api.example.com/threads/{i}"),
                    "requestSize": "730", "status": status, "responseSize": "15360", "userAgent": "Mozilla/5.0 (X11; Linux x86_64)",
                    "remoteIp": "203.0.113.7", "serverIp": "198.51.100.1",
                    "latency": format!("0.{:09}s", 5_000_000 + random.next() % 90_000_000), "protocol": "HTTP/1.1"});
            }
            2 => {
                entry["logName"] = log("stdout");
                entry["severity"] = if fails { "ERROR" } else { "INFO" }.into();
                entry["jsonPayload"] = match fails {
                    true => {
                        serde_json::json!({"message": format!("payment {i} was refused: card \"expired\" – ä"), "attempt": 1.50})
                    }
                    false => {
                        serde_json::json!({"message": format!("handled message {i}"), "logger": "chat.api", "user": i % 97})
                    }
                };
            }
            _ => {
                entry["logName"] = log("stderr");
                entry["textPayload"] = match fails {
                    true => format!(
                        "ERROR:    upstream answered 503 after {} ms\n  at handler",
                        random.next() % 1000
                    )
                    .into(),
                    false => format!("INFO:     connection {i} open").into(),
                };
            }
        }
        entry
    }
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }
}
