//! Beginnings of messages that belong to stack traces, by language runtime and server.
//!
//! They are facts: what the runtimes write. [`super::kind`] looks further where a beginning alone could be prose.

use super::kind::{Kind, Language};

/// Begins every traceback of Python.
pub const TRACEBACK: &str = "Traceback (most recent call last):";

/// Beginnings that tell the kind, by their first letter.
#[inline]
pub fn of(first: u8) -> &'static [(&'static str, Kind)] {
    use Language::{At, Go, Php, Python, Rust};
    match first {
        b'C' => &[("Caused by: ", Kind::Cause), ("Current thread 0x", Kind::Frame(Python))],
        b'D' => &[(
            "During handling of the above exception, another exception occurred:",
            Kind::Link,
        )],
        b'E' => &[
            ("ERROR:    Exception in ", Kind::Lead),
            ("ERROR:    Traceback (most recent call last):", Kind::Start(Python)),
            ("Exception in thread \"", Kind::Start(At)),
            ("Exception in ", Kind::Lead),
            ("Exception on ", Kind::Lead),
            ("Exception ignored in", Kind::Lead),
            ("Error handling request", Kind::Lead),
            ("Emitted 'error' event ", Kind::Cause),
        ],
        b'F' => &[
            ("File \"", Kind::Frame(Python)),
            ("Fatal Python error: ", Kind::Start(Python)),
            ("Fatal error: Uncaught ", Kind::Start(Php)),
        ],
        b'I' => &[("Internal Server Error: /", Kind::Lead)],
        b'N' => &[("Node.js v", Kind::Trailer(At)), ("Next ", Kind::Cause)],
        b'P' => &[
            ("PHP Fatal error:  Uncaught ", Kind::Start(Php)),
            ("PHP Stack trace:", Kind::Frame(Php)),
            ("PHP   ", Kind::Frame(Php)),
        ],
        b'S' => &[
            ("Stack trace:", Kind::Frame(Php)),
            ("Stack (most recent call last):", Kind::Start(Python)),
            ("Suppressed: ", Kind::Cause),
            ("SIGSEGV: segmentation violation", Kind::Start(Go)),
            ("SIGABRT: abort", Kind::Start(Go)),
        ],
        b'T' => &[
            (TRACEBACK, Kind::Start(Python)),
            (
                "The above exception was the direct cause of the following exception:",
                Kind::Link,
            ),
            ("Task exception was never retrieved", Kind::Lead),
        ],
        b'U' => &[
            ("Unhandled exception. ", Kind::Start(At)),
            ("Unhandled ", Kind::Lead),
            ("Uncaught ", Kind::Head),
        ],
        b'W' => &[("Wrapped by: ", Kind::Cause)],
        b'a' => &[
            ("at ", Kind::Frame(At)),
            ("assertion ", Kind::Reason),
            ("attempt to ", Kind::Reason),
        ],
        b'c' => &[
            ("created by ", Kind::Frame(Go)),
            ("called `", Kind::Reason),
            ("code: '", Kind::Trailer(At)),
        ],
        b'e' => &[
            ("exit status ", Kind::Trailer(Go)),
            ("explicit panic", Kind::Reason),
            ("errno: ", Kind::Trailer(At)),
        ],
        b'f' => &[("fatal error: ", Kind::Start(Go)), ("file:///", Kind::Lead)],
        b'g' => &[("goroutine ", Kind::Frame(Go))],
        b'h' => &[("http: panic serving ", Kind::Start(Go))],
        b'i' => &[
            ("index out of bounds: ", Kind::Reason),
            ("internal error: entered unreachable code", Kind::Reason),
        ],
        b'n' => &[
            ("note: ", Kind::Trailer(Rust)),
            ("node:internal/", Kind::Lead),
            ("not yet implemented", Kind::Reason),
            ("not implemented", Kind::Reason),
        ],
        b'p' => &[
            ("panic: ", Kind::Start(Go)),
            ("panic({0x", Kind::Frame(Go)),
            ("panic(0x", Kind::Frame(Go)),
        ],
        b'r' => &[
            ("runtime: goroutine stack exceeds ", Kind::Start(Go)),
            ("runtime stack:", Kind::Frame(Go)),
            ("requireStack: [", Kind::Trailer(At)),
        ],
        b's' => &[
            ("stack backtrace:", Kind::Frame(Rust)),
            ("syscall: '", Kind::Trailer(At)),
        ],
        b't' => &[("thread '", Kind::Start(Rust)), ("throw ", Kind::Lead)],
        _ => &[],
    }
}
