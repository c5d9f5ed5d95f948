//! The masks: what is data in a message, as a short list of regexes of the portable subset.
//!
//! Data only: an SQL engine could run the list. Applied one after the other, each to all its matches, they are the
//! definition of the canonical text (`spec.rs`). What keeps the list readable, and a one-pass scanner possible:
//!
//! - No look-around. A left border is either `\b` or a captured character that is put back; a right border is `\b`, or
//!   the match is as long as its class reaches.
//! - All but the keeping masks, `month` and the two that shorten act inside one chunk between blanks.
//! - No mask matches inside a placeholder: those hold letters in angle brackets only, and masks want a digit, `@`, `/`.
//! - A number that carries meaning is kept by writing U+0002 before its digits. No input holds that character once
//!   `blank` has run, no later mask starts behind it, and the last mask takes it out again.

use super::Mask;

macro_rules! mask {
    ($name:literal, $regex:expr, $replacement:literal, $why:literal) => {
        Mask {
            name: $name,
            regex: $regex,
            replacement: $replacement,
            why: $why,
        }
    };
}

/// The masks, in the order in which they are applied.
pub const MASKS: &[Mask] = &[
    // -- decoration: the same message in another dress --
    mask!(
        "ansi",
        r"\x1B\[[0-9;:?]*[A-Za-z]",
        "",
        "colours depend on the terminal, not on the event"
    ),
    mask!(
        "decoration",
        r"[\x{2190}-\x{2BFF}\x{FE0F}\x{200D}\x{1F000}-\x{1FAFF}]+",
        " ",
        "arrows, box drawing, dingbats and emoji decorate; a deploy may change them without changing the event"
    ),
    mask!(
        "blank",
        r"[\x00-\x20\x7F]+",
        " ",
        "indentation and line breaks are layout; control characters never carry meaning"
    ),
    mask!("trim", r"\A | \z", "", "layout"),
    // -- typed values --
    mask!(
        "url",
        r#"[A-Za-z][A-Za-z0-9+.-]*://[^ "'<>()\[\]{},;]+"#,
        "<url>",
        "an address names a place; the place is data"
    ),
    mask!(
        "email",
        r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+",
        "<email>",
        "names a person; must not reach a report"
    ),
    mask!(
        "uuid",
        r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        "<uuid>",
        "RFC 9562: made to differ each time"
    ),
    mask!(
        "path",
        r#"(\A|[ =:(\["',|])(?:/[A-Za-z0-9_.~%+@$*#?&=:-]+/|[A-Za-z]:\\)[A-Za-z0-9_.~%+@$*#?&=:/\\-]*"#,
        "${1}<path>",
        "an absolute path of two segments or more holds ids, users and mount points; `/health` is a name and stays"
    ),
    mask!(
        "mac",
        r"\b[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}\b",
        "<addr>",
        "hardware address"
    ),
    mask!(
        "date",
        r"\b[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}(?:[T_][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?\b",
        "<time>",
        "RFC 3339 and its relatives"
    ),
    mask!(
        "clock",
        r"\b(?:[0-9]{1,2}/[A-Z][a-z]{2}/[0-9]{4}:)?[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?\b",
        "<time>",
        "time of day, and the common log format's time"
    ),
    mask!(
        "ip6",
        r"\b[0-9a-f]{3,4}:(?:[0-9a-f]{0,4}:){1,6}[0-9a-f]{1,4}\b",
        "<ip>",
        "RFC 5952: lower case; three digits first, so that `a::b` of a program stays"
    ),
    mask!(
        "ip4",
        r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b(?::[0-9]+\b)?",
        "<ip>",
        "with its port: the same peer comes with and without"
    ),
    mask!(
        "month",
        r"\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{1,2}\b",
        "<time>",
        "syslog's and C's dates"
    ),
    mask!(
        "times",
        r"<time>(?:,? (?:<time>|[+-][0-9]{4}\b|[12][0-9]{3}\b))+",
        "<time>",
        "a date, a time, a zone and a year are one time"
    ),
    // -- numbers that carry meaning --
    mask!(
        "keep-status",
        r#"(?i)\b((?:(?:error|exit|return|result|response|status|http|close|err|ret)[_-]?)?(?:code|status)|errno|signal|exit(?:ed)?|http/(?:[0-9.]+|<num>)|http)(\\?["']?(?: is| was| with| of)?[ :=(\[]{1,3}["']?-?)([0-9]{1,4})\b"#,
        "${1}${2}\u{2}${3}",
        "HTTP statuses, exit codes, signals and error numbers tell events apart"
    ),
    mask!(
        "keep-reason",
        r"(\A|[ :=(\[])([45][0-9]{2})(:? (?:Bad|Unauthorized|Payment|Forbidden|Not|Method|Request|Conflict|Gone|Unprocessable|Too|Internal|Service|Gateway)\b)",
        "${1}\u{2}${2}${3}",
        "a status before its reason phrase (RFC 9110)"
    ),
    mask!(
        "keep-code",
        r"\b((?:ORA|TNS|PLS)-|E|SQLSTATE\[)([0-9]{2,5})([A-Z]?)([0-9]{0,3})\b",
        "${1}\u{2}${2}${3}\u{2}${4}",
        "error codes: ORA-00942, E1234, SQLSTATE[42601]"
    ),
    // -- ids --
    mask!(
        "sign",
        r#"(\A|[ =:(\[{,"'_/|])[-+]([0-9])"#,
        "${1}${2}",
        "-1 and 1 are values of one field; in `a-1` it is a hyphen and stays"
    ),
    mask!(
        "duration",
        r"(\A|[^0-9A-Za-z_.\x02])(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|µs|ms|s|m|h|d|min|sec))+\b",
        "${1}<duration>",
        "950ms and 1.2s are values of one field"
    ),
    mask!(
        "size",
        r"(\A|[^0-9A-Za-z_.\x02])[0-9]+(?:\.[0-9]+)?(?:[kKmMgGtT]i?[bB]|[kKMGTP]i?|B)\b",
        "${1}<size>",
        "512MiB and 2GiB are values of one field"
    ),
    mask!(
        "token",
        r"\b(?:eyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+|[A-Za-z+]*[0-9]+[A-Za-z+/]+[0-9][A-Za-z0-9+/]{16,}={0,2})",
        "<token>",
        "tokens (RFC 7519) and long base64 (RFC 4648); may be a secret"
    ),
    mask!(
        "hex",
        r"(\A|[^0-9A-Za-z\x02])(?:0[xX][0-9a-fA-F]+|(?:[a-fA-F]+[0-9]|[0-9]+[a-fA-F])[0-9a-fA-F]{4,})\b",
        "${1}<hex>",
        "addresses, hashes, span ids: hexadecimal digits alone, of both kinds"
    ),
    mask!(
        "id",
        r"(\A|[^0-9A-Za-z\x02])[A-Za-z]*[0-9]+[A-Za-z]+[0-9][0-9A-Za-z]*",
        "${1}<id>",
        "digits, letters, digits: nobody names a thing so"
    ),
    // -- numbers --
    mask!(
        "num",
        r"(\A|[^0-9\x02])[0-9]+(?:[.,][0-9]+)*(?:[eE][-+]?[0-9]+\b)?",
        "${1}<num>",
        "whatever digits are left: counts, ports, versions, the numbers of threads and hosts"
    ),
    mask!(
        "list",
        r"(<[a-z]+>)(?:, ?<[a-z]+>)+",
        "${1}",
        "lists of values differ in length"
    ),
    mask!("kept", r"\x02", "", "takes out the marks of what was kept"),
];
