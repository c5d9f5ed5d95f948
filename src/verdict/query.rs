//! Logging queries that show the evidence in Logs Explorer. Every value is quoted; log text never becomes syntax.
//!
//! A query holds what is known for certain of the entries: service, revision, time, log, status, severity, or the
//! entries themselves by insertId. Text of a message is not put in: it may hold secrets, which a query cannot redact.

use super::{Case, SideFacts};
use crate::compare::Finding;
use crate::model::{Severity, Signal, SignalKind, Timestamp, quoted};

/// The query for the candidate's entries of a finding (the baseline's, where the candidate has none).
pub(super) fn of_finding(case: &Case, finding: &Finding) -> String {
    let vanished = finding.candidate.count == 0 && finding.baseline.count > 0;
    let side = if vanished { &case.baseline } else { &case.candidate };
    let first = finding.first_seen.or(side.first);
    let last = finding.last_seen.or(side.last);
    let mut lines = of_side(side, first, last);
    let conditions = conditions(&finding.signal);
    let by_sample = conditions.is_empty();
    lines.extend(conditions);
    if by_sample {
        lines.extend(of_samples(finding));
    }
    lines.join("\n")
}

/// The query for all that is known of a signal without a finding.
pub(super) fn of_signal(case: &Case, signal: &Signal) -> String {
    let side = &case.candidate;
    let mut lines = of_side(side, side.first, side.last);
    lines.extend(conditions(signal));
    lines.join("\n")
}

/// Everything that the candidate logged.
pub(super) fn of_candidate(case: &Case) -> String {
    of_side(&case.candidate, case.candidate.first, case.candidate.last).join("\n")
}

fn of_side(side: &SideFacts, first: Option<Timestamp>, last: Option<Timestamp>) -> Vec<String> {
    let mut lines = vec!["resource.type=\"cloud_run_revision\"".to_owned()];
    lines.extend(any_of("resource.labels.service_name", &side.services));
    lines.extend(any_of("resource.labels.revision_name", &side.revisions));
    lines.extend(first.map(|t| format!("timestamp>=\"{t}\"")));
    lines.extend(last.map(|t| format!("timestamp<=\"{t}\"")));
    lines
}

/// `field="a"` or `field=("a" OR "b")`; nothing for no value.
fn any_of(field: &str, values: &[String]) -> Option<String> {
    let quoted: Vec<String> = values.iter().filter(|v| !v.is_empty()).map(|v| quoted(v)).collect();
    match quoted.as_slice() {
        [] => None,
        [one] => Some(format!("{field}={one}")),
        many => Some(format!("{field}=({})", many.join(" OR "))),
    }
}

fn conditions(signal: &Signal) -> Vec<String> {
    const REQUESTS: &str = "log_id(\"run.googleapis.com/requests\")";
    match signal.kind {
        SignalKind::StatusClass => match signal.id.chars().next().and_then(|c| c.to_digit(10)) {
            Some(d) => vec![
                REQUESTS.to_owned(),
                format!("httpRequest.status>={d}00"),
                format!("httpRequest.status<={d}99"),
            ],
            None => vec![REQUESTS.to_owned()],
        },
        SignalKind::Route => route(&signal.id),
        SignalKind::Latency => vec![REQUESTS.to_owned(), "httpRequest.latency>\"0s\"".to_owned()],
        SignalKind::Unmatched => vec!["severity>=ERROR".to_owned(), format!("NOT {REQUESTS}")],
        SignalKind::Pattern => match signal
            .id
            .strip_prefix("http/status-")
            .and_then(|s| s.parse::<u16>().ok())
        {
            Some(status) => vec![REQUESTS.to_owned(), format!("httpRequest.status={status}")],
            None => Vec::new(),
        },
        SignalKind::Template | SignalKind::Stack => Vec::new(),
    }
}

/// Server errors of `GET /threads/{id}`: the method, and the path with any text for the placeholders.
fn route(id: &str) -> Vec<String> {
    let mut lines = vec!["httpRequest.status>=500".to_owned()];
    let Some((method, path)) = id.split_once(' ') else {
        return lines;
    };
    lines.insert(0, format!("httpRequest.requestMethod={}", quoted(method)));
    let mut regex = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, tail)) = after.split_once('}') else { break };
        regex.push_str(&regex_escape(before));
        regex.push_str("[^/?]+");
        rest = tail;
    }
    regex.push_str(&regex_escape(rest));
    lines.push(format!(
        "httpRequest.requestUrl=~{}",
        quoted(&format!("{regex}([?]|$)"))
    ));
    lines
}

/// The entries that were kept as samples, by insertId; where they have none, their severity, when they all have one.
fn of_samples(finding: &Finding) -> Option<String> {
    let mut ids: Vec<String> = finding.samples.iter().map(|s| s.insert_id.clone()).collect();
    ids.sort();
    ids.dedup();
    if let Some(line) = any_of("insertId", &ids) {
        return Some(line);
    }
    let lowest = finding.samples.iter().map(|s| s.severity).min()?;
    // Lines of a container often have no severity: a condition on it would hide them.
    (lowest > Severity::Default).then(|| format!("severity>={}", lowest.name()))
}

fn regex_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
