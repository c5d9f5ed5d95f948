//! Takes secrets and personal data out of log text before it reaches any report.
//!
//! Input: text as logged. Output: the same text with marks such as `[REDACTED:jwt]`, and how often each kind was found.
//! It errs on the side of taking out too much: a report is posted where many can read it. It must not look at anything
//! but the text, and it must leave its own marks alone, so that redacting twice changes nothing.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::{Deserialize, Serialize};

/// Shortest run of characters that is taken for an opaque string (a key, a hash, a session id).
const OPAQUE_CHARS: usize = 32;

/// What was taken out. The names are part of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RedactionKind {
    /// A private key in PEM form, also one that is cut.
    PrivateKey,
    /// A JSON web token, also one that is cut.
    Jwt,
    /// The credentials of an `Authorization` header: `Bearer ...`, `Basic ...`.
    Authorization,
    /// A key with the prefix of a known provider.
    ApiKey,
    /// User and password in a URL.
    UrlCredentials,
    /// The query string of a URL or path.
    Query,
    /// The value of `password=`, `token:`, `"secret": "..."` and the like.
    SecretValue,
    /// A `Cookie` or `Set-Cookie` header.
    Cookie,
    /// An e-mail address.
    Email,
    /// A long string without meaning to people.
    Opaque,
    /// An IPv4 or IPv6 address.
    IpAddress,
    /// The number of a payment card or bank account, its check digits being right.
    PaymentNumber,
}

impl RedactionKind {
    /// The name in JSON and marks, such as `private-key`.
    pub fn name(self) -> &'static str {
        match self {
            RedactionKind::PrivateKey => "private-key",
            RedactionKind::Jwt => "jwt",
            RedactionKind::Authorization => "authorization",
            RedactionKind::ApiKey => "api-key",
            RedactionKind::UrlCredentials => "url-credentials",
            RedactionKind::Query => "query",
            RedactionKind::SecretValue => "secret-value",
            RedactionKind::Cookie => "cookie",
            RedactionKind::Email => "email",
            RedactionKind::Opaque => "opaque",
            RedactionKind::IpAddress => "ip-address",
            RedactionKind::PaymentNumber => "payment-number",
        }
    }
}

/// How many redactions of each kind were made.
pub type RedactionCounts = BTreeMap<RedactionKind, u64>;

/// What to take out. The default takes out everything but IP addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redaction {
    /// Keys, tokens, passwords, cookies.
    pub secrets: bool,
    /// E-mail addresses.
    pub emails: bool,
    /// Query strings of URLs and paths.
    pub queries: bool,
    /// Strings of 32 and more characters that look random: hashes, UUIDs, keys without a known prefix.
    pub opaque: bool,
    /// IPv4 and IPv6 addresses.
    pub ip_addresses: bool,
}

impl Default for Redaction {
    fn default() -> Self {
        Redaction {
            secrets: true,
            emails: true,
            queries: true,
            opaque: true,
            ip_addresses: false,
        }
    }
}

impl Redaction {
    /// Takes out nothing: for reports that stay on the machine.
    pub const NONE: Redaction = Redaction {
        secrets: false,
        emails: false,
        queries: false,
        opaque: false,
        ip_addresses: false,
    };

    /// Redacts `text`, adding what it took out to `counts`.
    ///
    /// ```
    /// use logverdict::report::{Redaction, RedactionCounts};
    ///
    /// let mut counts = RedactionCounts::new();
    /// let text = Redaction::default().apply("login of jane@shop.example failed, token=abc123", &mut counts);
    /// assert_eq!(text, "login of [REDACTED:email] failed, token=[REDACTED:secret-value]");
    /// assert_eq!(counts.values().sum::<u64>(), 2);
    /// ```
    pub fn apply(&self, text: &str, counts: &mut RedactionCounts) -> String {
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        for (range, kind) in self.spans(text) {
            out.push_str(&text[copied..range.start]);
            out.push_str("[REDACTED:");
            out.push_str(kind.name());
            out.push(']');
            copied = range.end;
            *counts.entry(kind).or_default() += 1;
        }
        out.push_str(&text[copied..]);
        out
    }

    fn takes_out(&self, kind: RedactionKind) -> bool {
        match kind {
            RedactionKind::Email => self.emails,
            RedactionKind::Query => self.queries,
            RedactionKind::Opaque => self.opaque,
            RedactionKind::IpAddress => self.ip_addresses,
            _ => self.secrets,
        }
    }

    /// The ranges to take out, ordered and disjoint. Overlapping finds become one, named after the first.
    fn spans(&self, text: &str) -> Vec<(Range<usize>, RedactionKind)> {
        let mut found = Vec::new();
        for detector in DETECTORS.iter().filter(|d| self.takes_out(d.kind)) {
            for captures in detector.regex.captures_iter(text) {
                if let Some(range) = (detector.pick)(&captures) {
                    found.push((range, detector.kind));
                }
            }
        }
        found.retain(|(range, _)| !range.is_empty() && !is_mark(&text[range.clone()]));
        found.sort_by_key(|(range, kind)| (range.start, *kind, range.end));
        let mut merged: Vec<(Range<usize>, RedactionKind)> = Vec::with_capacity(found.len());
        for (range, kind) in found {
            match merged.last_mut() {
                Some((last, _)) if range.start < last.end => last.end = last.end.max(range.end),
                _ => merged.push((range, kind)),
            }
        }
        merged
    }
}

/// Whether the text is one of our own marks and nothing else (a trailing `]` may have been left out by the finder).
fn is_mark(text: &str) -> bool {
    text.strip_prefix("[REDACTED:").is_some_and(|rest| {
        rest.trim_end_matches(']')
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b == b'-')
    })
}

/// Finds one kind: a pattern, and a rule for which part of a match to take out, if any.
struct Detector {
    kind: RedactionKind,
    regex: Regex,
    pick: Pick,
}

static DETECTORS: LazyLock<Vec<Detector>> = LazyLock::new(detectors);

/// Says which part of a match to take out, if any.
type Pick = fn(&Captures<'_>) -> Option<Range<usize>>;

/// What to look for. Every repeat whose end decides about the match is bounded or ends at white space: the search stays
/// linear.
const TABLE: [(RedactionKind, &str, Pick); 19] = {
    use RedactionKind as Kind;
    [
        (
            Kind::PrivateKey,
            r"(?s)-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)",
            whole,
        ),
        (Kind::Jwt, r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}", whole),
        (
            Kind::Authorization,
            r#"(?i)\b(?:bearer|basic)[\s:]\s*["']?([A-Za-z0-9._~+/=-]{8,})"#,
            credential,
        ),
        (
            Kind::Authorization,
            r#"(?i)\bauthorization["']?\s*[:=]\s*["']?([^\r\n"',}]+)"#,
            group,
        ),
        (
            Kind::ApiKey,
            concat!(
                r"AIza[0-9A-Za-z_-]{16,}|\bsk-[0-9A-Za-z_-]{16,}|\b[srp]k_(?:live|test)_[0-9A-Za-z]{8,}",
                r"|\bgh[oprsu]_[0-9A-Za-z]{16,}|\bgithub_pat_[0-9A-Za-z_]{16,}|\bglpat-[0-9A-Za-z_-]{12,}",
                r"|\b(?:AKIA|ASIA)[0-9A-Z]{12,}|\bxox[a-z]-[0-9A-Za-z-]{8,}|\bya29\.[0-9A-Za-z_-]{16,}",
                r"|\bwhsec_[0-9A-Za-z]{12,}|\bpypi-[0-9A-Za-z_-]{16,}|(?:\b|bot)[0-9]{8,10}:[0-9A-Za-z_-]{30,}",
                r"|\bGOCSPX-[0-9A-Za-z_-]{12,}|\bnpm_[0-9A-Za-z]{20,}|\bSG\.[0-9A-Za-z_-]{16,}|\bhf_[0-9A-Za-z]{20,}"
            ),
            whole,
        ),
        // Who knows such an address may post there.
        (
            Kind::ApiKey,
            r#"\bhooks\.slack\.com/(?:services|workflows|triggers)/([^\s"'<>]+)"#,
            group,
        ),
        (Kind::UrlCredentials, r#"://([^\s/?#"'<>]+)@"#, group),
        (Kind::UrlCredentials, r#"://([^\s/:@"'<>]*:[^\s"'<>]*)@"#, group),
        (
            Kind::Query,
            r#"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s?"'<>]*\?([^\s"'<>]+)"#,
            group,
        ),
        (Kind::Query, r#"[\w/.}-]\?([\w.\[\]%-]+=[^\s"'<>]*)"#, group),
        (Kind::Cookie, r#"(?i)\bcookie["']?\s*[:=]\s*["']?([^\r\n"']+)"#, group),
        (
            Kind::SecretValue,
            // A chain of names (`token: db_password: x`) is one find: a value taken in its middle would hide the rest.
            concat!(
                r"(?i)(?:[\w.-]{0,40}(?:password|passwd|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key",
                r"|private[_-]?key|credentials?|session[_-]?id|signature)",
                r#"(\\?["'])?(\s*(?:=>|[:=])\s*))+(?:\\?["']([^"'\r\n]+)|([^\s"'&,;)}]+))"#
            ),
            secret_value,
        ),
        (
            Kind::SecretValue,
            concat!(
                r"(?i)(?:^|\s)--?[\w-]{0,40}(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key)",
                r#"\s+["']?([^\s"'-][^\s"']*)"#
            ),
            group,
        ),
        (
            Kind::Email,
            concat!(
                r"[A-Za-z0-9._%+\x{80}-\x{10FFFF}-]{1,64}(?:@|%40)",
                r"[A-Za-z0-9\x{80}-\x{10FFFF}-]{1,63}(?:\.[A-Za-z0-9\x{80}-\x{10FFFF}-]{1,63})+"
            ),
            whole,
        ),
        (Kind::PaymentNumber, r"\b[2-6][0-9](?:[ -]?[0-9]){11,17}\b", card),
        (
            Kind::PaymentNumber,
            r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b",
            iban,
        ),
        (Kind::Opaque, r"[A-Za-z0-9+/_=-]{32,}", opaque),
        (Kind::IpAddress, r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b", whole),
        (Kind::IpAddress, r"[0-9A-Fa-f:]{2,39}(?:\.[0-9]{1,3}){0,3}", ipv6),
    ]
};

fn detectors() -> Vec<Detector> {
    let compile = |(kind, pattern, pick): (RedactionKind, &str, Pick)| {
        // The patterns are constants and a test runs every one of them: a broken one cannot ship.
        let regex = Regex::new(pattern).ok()?;
        Some(Detector { kind, regex, pick })
    };
    TABLE.into_iter().filter_map(compile).collect()
}

fn whole(captures: &Captures<'_>) -> Option<Range<usize>> {
    Some(captures.get(0)?.range())
}

fn group(captures: &Captures<'_>) -> Option<Range<usize>> {
    Some(captures.get(1)?.range())
}

/// `bearer token` is prose; `Bearer abc123` is not.
fn credential(captures: &Captures<'_>) -> Option<Range<usize>> {
    let value = captures.get(1)?;
    looks_random(value.as_str()).then(|| value.range())
}

/// A value behind a telling name. `token: expired` is prose, unless quoted, glued on, or the name is a password's.
fn secret_value(captures: &Captures<'_>) -> Option<Range<usize>> {
    if let Some(quoted) = captures.get(3) {
        return Some(quoted.range());
    }
    let value = captures.get(4)?;
    let names = captures
        .get(0)?
        .as_str()
        .strip_suffix(value.as_str())?
        .to_ascii_lowercase();
    let separator = captures.get(2)?.as_str();
    let is_password = names.contains("pass") || names.contains("pwd");
    let is_glued = !separator.ends_with(char::is_whitespace) || separator.contains('=');
    (is_password || is_glued || captures.get(1).is_some() || looks_random(value.as_str())).then(|| value.range())
}

fn looks_random(value: &str) -> bool {
    value
        .bytes()
        .any(|b| !b.is_ascii_alphabetic() && b != b'-' && b != b'.')
        || value.len() >= OPAQUE_CHARS
}

/// The part of a long run that is opaque: all of it, or the first to the last of its pieces that are.
fn opaque(captures: &Captures<'_>) -> Option<Range<usize>> {
    let run = captures.get(0)?;
    if is_mixed(run.as_str()) {
        return Some(run.range());
    }
    let mut hit: Option<Range<usize>> = None;
    let mut grow = |piece: Range<usize>| match &mut hit {
        None => hit = Some(piece),
        Some(range) => range.end = piece.end,
    };
    for (start, piece) in pieces(run.as_str(), |c| matches!(c, '/' | '+' | '=' | '_')) {
        if is_mixed(piece) {
            grow(start..start + piece.len());
        } else if let Some(range) = hex_run(piece) {
            grow(start + range.start..start + range.end);
        }
    }
    hit.map(|range| run.start() + range.start..run.start() + range.end)
}

/// The pieces of a text between separators, with where they start.
fn pieces(text: &str, separates: fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split(separates).map(move |piece| {
        let at = start;
        start += piece.len() + 1;
        (at, piece)
    })
}

/// At least 32 hexadecimal digits in a row, dashes between them allowed (a UUID), with one decimal digit among them.
fn hex_run(piece: &str) -> Option<Range<usize>> {
    let (mut start, mut digits, mut has_decimal) = (0, 0, false);
    for (i, b) in piece.bytes().chain([b'!']).enumerate() {
        match b {
            b'-' if digits > 0 => {}
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => {
                start = if digits == 0 { i } else { start };
                digits += 1;
                has_decimal |= b.is_ascii_digit();
            }
            _ if digits >= OPAQUE_CHARS && has_decimal => return Some(start..i),
            _ => (digits, has_decimal) = (0, false),
        }
    }
    None
}

/// Whether a run of at least 32 characters looks like base64 or base36: digits within, and classes of characters that
/// change as often as in random text (two of three times; words and paths stay under one of three).
fn is_mixed(run: &str) -> bool {
    if run.len() < OPAQUE_CHARS {
        return false;
    }
    let class = |b: &u8| match b {
        b'0'..=b'9' => 0_u8,
        b'A'..=b'Z' => 1,
        b'a'..=b'z' => 2,
        _ => 3,
    };
    let classes: Vec<u8> = run.as_bytes().iter().map(class).collect();
    let changes = classes.windows(2).filter(|w| w[0] != w[1]).count();
    let separators = classes.iter().filter(|c| **c == 3).count();
    let has_letters = classes.iter().any(|c| *c == 1 || *c == 2);
    let rare_separators = separators * 8 <= run.len();
    has_letters && classes.contains(&0) && rare_separators && changes * 100 >= run.len() * 34
}

/// A card's number ends with a check digit (Luhn), which one of ten other numbers has by chance.
fn card(captures: &Captures<'_>) -> Option<Range<usize>> {
    let found = captures.get(0)?;
    let digits = found.as_str().bytes().rev().filter(u8::is_ascii_digit);
    let weighed = digits.enumerate().map(|(i, b)| match u32::from(b - b'0') {
        digit if i % 2 == 0 => digit,
        digit if digit > 4 => digit * 2 - 9,
        digit => digit * 2,
    });
    (weighed.sum::<u32>() % 10 == 0).then(|| found.range())
}

/// An account's number: moved by four and read as digits, it leaves 1 when divided by 97 (ISO 13616).
fn iban(captures: &Captures<'_>) -> Option<Range<usize>> {
    let found = captures.get(0)?;
    let letters: Vec<u8> = found.as_str().bytes().filter(|b| *b != b' ').collect();
    let (country, account) = letters.split_at(4.min(letters.len()));
    let rest = account.iter().chain(country).fold(0_u32, |rest, b| match b {
        b'0'..=b'9' => (rest * 10 + u32::from(b - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter - b'A') + 10) % 97,
    });
    (letters.len() >= 15 && rest == 1).then(|| found.range())
}

fn ipv6(captures: &Captures<'_>) -> Option<Range<usize>> {
    let found = captures.get(0)?;
    let text = found.as_str();
    // `::` and `a::b` stand in C++ and Rust names as well; an address that matters has a digit.
    let is_address = text.parse::<Ipv6Addr>().is_ok() && text.bytes().any(|b| b.is_ascii_digit());
    is_address.then(|| found.range())
}

#[cfg(test)]
#[path = "redact_tests.rs"]
mod tests;
