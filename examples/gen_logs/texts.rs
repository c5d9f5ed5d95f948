//! What the invented service says: paths, callers, known errors with their shapes, background errors, tracebacks.
//!
//! Texts of the platform and of well-known libraries are quoted as they are; all others are invented. Places like `{n}`
//! are filled by [`crate::fill`].

use crate::rng::Rng;

/// How an error shows itself in the log.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A structured message of the application on stderr, then the traceback it comes from.
    Logged {
        /// The message.
        message: &'static str,
        /// The traceback.
        trace: Trace,
    },
    /// A traceback that the web server prints for an exception that nobody caught.
    Unhandled(Trace),
    /// A structured entry on stdout with this severity.
    Json(&'static str, &'static str),
    /// A structured ERROR whose traceback stands in `exception`.
    JsonTrace(&'static str, Trace),
    /// A plain line on stderr without severity.
    Plain(&'static str),
    /// The platform's text on the request entry itself.
    Platform(&'static str),
    /// The platform's text in `varlog/system`, followed by the end of the container by a signal.
    System(&'static str),
}

/// A Python traceback: where the application was, and the last line.
#[derive(Debug, Clone, Copy)]
pub struct Trace {
    /// Whether the web server was serving a WebSocket.
    pub websocket: bool,
    /// Frames of the application and below: location and code lines.
    pub app: &'static [&'static str],
    /// Exception type and message.
    pub last: &'static str,
}

/// An error that the generator knows by name.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its name in options and recipes.
    pub name: &'static str,
    /// How it shows.
    pub shape: Shape,
    /// Status it gives the request; `None` leaves the request alone.
    pub status: Option<u16>,
    /// Whether the request is a WebSocket.
    pub websocket: bool,
    /// Text by which its entries are counted for `--truth`.
    pub marker: &'static str,
}

const ROOM: &str = "  File \"/app/chat/rooms.py\", line 61, in serve_room\n    frame = await socket.receive_text()";
const RECEIVE: &str = "  File \"/usr/local/lib/python3.12/site-packages/starlette/websockets.py\", line 118, in receive_text\n    \
     raise RuntimeError('WebSocket is not connected. Need to call \"accept\" first.')";
const PUSH: &str = "  File \"/app/chat/fanout.py\", line 34, in push\n    await socket.send_json(note)";
const ORDERS: &str =
    "  File \"/app/chat/store.py\", line 112, in recent_messages\n    rows = (await session.execute(query)).all()";

/// Every known error.
pub const KNOWN: &[Known] = &[
    Known {
        name: "accept-first",
        shape: Shape::Logged {
            message: "room loop ended for connection c-{n}: WebSocket is not connected. Need to call \"accept\" first.",
            trace: Trace {
                websocket: true,
                app: &[ROOM, RECEIVE],
                last: "RuntimeError: WebSocket is not connected. Need to call \"accept\" first.",
            },
        },
        status: Some(101),
        websocket: true,
        marker: "WebSocket is not connected. Need to call \"accept\" first",
    },
    Known {
        name: "state-change",
        shape: Shape::Json(
            "WARNING",
            "WebSocket state change detected before receive: connection c-{n} is DISCONNECTED, room loop skipped",
        ),
        status: Some(101),
        websocket: true,
        marker: "WebSocket state change detected before receive",
    },
    Known {
        name: "close-race",
        shape: Shape::Json(
            "WARNING",
            "WebSocket close race condition handled: connection c-{n} was closed by the peer",
        ),
        status: Some(101),
        websocket: true,
        marker: "WebSocket close race condition handled",
    },
    Known {
        name: "send-after-close",
        shape: Shape::Unhandled(Trace {
            websocket: true,
            app: &[PUSH],
            last: "RuntimeError: Cannot call \"send\" once a close message has been sent.",
        }),
        status: Some(101),
        websocket: true,
        marker: "Cannot call \"send\" once a close message has been sent",
    },
    Known {
        name: "asgi-after-close",
        shape: Shape::Unhandled(Trace {
            websocket: true,
            app: &[PUSH],
            last: "RuntimeError: Unexpected ASGI message 'websocket.send', after sending 'websocket.close' or response already completed.",
        }),
        status: Some(101),
        websocket: true,
        marker: "Unexpected ASGI message 'websocket.send'",
    },
    Known {
        name: "keepalive",
        shape: Shape::Unhandled(Trace {
            websocket: true,
            app: &[ROOM],
            last: "websockets.exceptions.ConnectionClosedError: sent 1011 (internal error) keepalive ping timeout; no close frame received",
        }),
        status: Some(101),
        websocket: true,
        marker: "keepalive ping timeout",
    },
    Known {
        name: "db-pool",
        shape: Shape::Unhandled(Trace {
            websocket: false,
            app: &[ORDERS],
            last: "sqlalchemy.exc.TimeoutError: QueuePool limit of size 8 overflow 4 reached, connection timed out, timeout 30.00",
        }),
        status: Some(500),
        websocket: false,
        marker: "QueuePool limit of size 8 overflow 4 reached",
    },
    Known {
        name: "db-refused",
        shape: Shape::Unhandled(Trace {
            websocket: false,
            app: &[ORDERS],
            last: "psycopg.OperationalError: connection failed: connection to server at \"10.20.0.5\", port 5432 failed: Connection refused",
        }),
        status: Some(500),
        websocket: false,
        marker: "port 5432 failed: Connection refused",
    },
    Known {
        name: "key-error",
        shape: Shape::Unhandled(Trace {
            websocket: false,
            app: &["  File \"/app/chat/profile.py\", line 27, in load_profile\n    return cache[member]"],
            last: "KeyError: '{u}'",
        }),
        status: Some(500),
        websocket: false,
        marker: "KeyError: '",
    },
    Known {
        name: "json-decode",
        shape: Shape::JsonTrace(
            "request body of {n} bytes could not be read",
            Trace {
                websocket: false,
                app: &["  File \"/app/chat/intake.py\", line 44, in parse_body\n    return json.loads(body)"],
                last: "json.decoder.JSONDecodeError: Expecting value: line 1 column {d} (char {n})",
            },
        ),
        status: Some(500),
        websocket: false,
        marker: "could not be read",
    },
    Known {
        name: "upstream-5xx",
        shape: Shape::Json(
            "ERROR",
            "catalogue call failed: GET https://catalogue.acme.internal/v2/items/{n} returned 500 (attempt {d})",
        ),
        status: Some(502),
        websocket: false,
        marker: "catalogue call failed",
    },
    Known {
        name: "payment-required",
        shape: Shape::Json("WARNING", "payment guard: checkout {n} refused, no valid card on file"),
        status: Some(402),
        websocket: false,
        marker: "payment guard: checkout",
    },
    Known {
        name: "slow-query",
        shape: Shape::Json("WARNING", "slow query on table {w}: {n} ms"),
        status: None,
        websocket: false,
        marker: "slow query on table",
    },
    Known {
        name: "no-severity",
        shape: Shape::Plain("[ERROR] cart sync: the peer closed the stream early, item {n}"),
        status: None,
        websocket: false,
        marker: "cart sync: the peer closed the stream early",
    },
    Known {
        name: "out-of-memory",
        shape: Shape::System(
            "Memory limit of 512 MiB exceeded with 53{d} MiB used. Consider increasing the memory limit, see https://cloud.google.com/run/docs/configuring/memory-limits",
        ),
        status: Some(503),
        websocket: false,
        marker: "Memory limit of 512 MiB exceeded",
    },
    Known {
        name: "malformed-response",
        shape: Shape::Platform(
            "The request failed because either the HTTP response was malformed or connection to the instance had an error. Additional troubleshooting documentation can be found at: https://cloud.google.com/run/docs/troubleshooting#malformed-response-or-connection-error",
        ),
        status: Some(503),
        websocket: false,
        marker: "either the HTTP response was malformed",
    },
    Known {
        name: "request-timeout",
        shape: Shape::Platform(
            "The request has been terminated because it has reached the maximum request timeout. To change this limit, see https://cloud.google.com/run/docs/configuring/request-timeout",
        ),
        status: Some(504),
        websocket: false,
        marker: "reached the maximum request timeout",
    },
    Known {
        name: "no-instance",
        shape: Shape::Platform(
            "The request was aborted because there was no available instance. Additional troubleshooting documentation can be found at: https://cloud.google.com/run/docs/troubleshooting#abort-request",
        ),
        status: Some(429),
        websocket: false,
        marker: "there was no available instance",
    },
];

/// The known error of this name.
pub fn known(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|k| k.name == name)
}

/// Words for invented messages.
pub const WORDS: &[&str] = &[
    "basket",
    "mailbox",
    "ledger",
    "catalogue",
    "roster",
    "badge",
    "thumbnail",
    "digest",
    "invoice",
    "coupon",
    "shelf",
    "outbox",
    "locale",
    "avatar",
    "receipt",
    "parcel",
    "warehouse",
    "reminder",
    "feed",
    "draft",
];
const VERBS: &[&str] = &[
    "was refused",
    "ran out of time",
    "came back empty",
    "lost its lock",
    "is stale",
    "did not parse",
];
const TAILS: &[&str] = &[
    "id={n}",
    "member {u}",
    "after {n} ms",
    "shard {d} of 8",
    "key {h}",
    "attempt {d}",
];

/// The background errors: the same for every seed, so that both sides of a comparison share them.
pub fn background(count: usize) -> Vec<String> {
    let mut rng = Rng::new(4242);
    let mut phrase = |_| {
        let (a, b) = (*rng.pick(WORDS), *rng.pick(WORDS));
        format!("{a} {b} {}: {}", rng.pick(VERBS), rng.pick(TAILS))
    };
    (0..count).map(&mut phrase).collect()
}

/// Method and path of ordinary requests, frequent ones repeated.
pub const ROUTES: &[(&str, &str)] = &[
    ("GET", "/"),
    ("GET", "/api/v1/rooms"),
    ("GET", "/api/v1/rooms/{n}"),
    ("GET", "/api/v1/rooms/{n}/messages"),
    ("GET", "/api/v1/rooms/{n}/messages"),
    ("POST", "/api/v1/rooms/{n}/messages"),
    ("GET", "/api/v1/members/{u}"),
    ("GET", "/api/v1/search?q={w}"),
    ("POST", "/api/v1/checkout"),
    ("PUT", "/api/v1/members/{u}/settings"),
    ("GET", "/static/app.{h}.js"),
    ("POST", "/login"),
];
/// Paths of WebSockets.
pub const SOCKETS: &[&str] = &["/ws/rooms/{n}", "/ws/rooms/{n}", "/ws/presence"];
/// Status of requests that the application refuses.
pub const REFUSALS: &[u16] = &[400, 401, 404, 404, 404, 409, 422];
/// Status of the remaining requests.
pub const SUCCESSES: &[u16] = &[200, 200, 200, 200, 200, 200, 200, 200, 201, 204, 304];
/// User agents.
pub const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1",
    "acme-shop-android/7.4.1 okhttp/4.12.0",
    "python-httpx/0.28.1",
];

/// The lines of a traceback as Python prints it, without the web server's line before it.
pub fn traceback(trace: &Trace) -> String {
    let server = if trace.websocket {
        "  File \"/usr/local/lib/python3.12/site-packages/uvicorn/protocols/websockets/websockets_impl.py\", line 242, in run_asgi\n    \
         result = await self.app(self.scope, self.asgi_receive, self.asgi_send)"
    } else {
        "  File \"/usr/local/lib/python3.12/site-packages/uvicorn/protocols/http/httptools_impl.py\", line 409, in run_asgi\n    \
         result = await app("
    };
    let routing = "  File \"/usr/local/lib/python3.12/site-packages/starlette/routing.py\", line 715, in __call__\n    \
         await self.middleware_stack(scope, receive, send)";
    let mut lines = vec!["Traceback (most recent call last):", server, routing];
    lines.extend(trace.app);
    lines.push(trace.last);
    lines.join("\n")
}
