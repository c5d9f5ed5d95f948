//! The document around the report: head, policy, style, banner, contents, script.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::Writer;
use super::parts::{code, short_code};
use crate::report::escape::html;
use crate::report::value::{Report, Side};
use crate::report::words;
use crate::verdict::Verdict;

const STYLE: &str = include_str!("page.css");

/// Sorts and filters the table of all signals. The document is complete without it.
const SCRIPT: &str = include_str!("page.js");

/// The whole document.
pub(super) fn document(report: &Report, body: &Writer<'_>) -> String {
    let policy = policy();
    let verdict = words::verdict(report.verdict, report.lean);
    let subject = words::subject(report);
    let title = match subject.is_empty() {
        true => verdict,
        false => format!("{verdict}: {subject}"),
    };
    let (title, banner, contents, footer) = (html(&title), banner(report), contents(body), footer(report));
    let main = &body.out;
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         {banner}{contents}<main>\n{main}</main>\n{footer}<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

/// Nothing is loaded, nothing runs but the script whose hash this is.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    )
}

/// The verdict, how sure it is, and what was compared.
fn banner(report: &Report) -> String {
    let class = match report.verdict {
        Verdict::Proceed => "proceed",
        Verdict::Hold => "hold",
        Verdict::RollBack => "roll-back",
    };
    let verdict = html(&words::verdict(report.verdict, report.lean));
    let mut out = format!("<header class=\"{class}\">\n<h1><span>Verdict:</span> {verdict}</h1>\n");
    if !report.confidence.is_empty() {
        out.push_str(&format!("<p class=\"confidence\">{}</p>\n", html(&report.confidence)));
    }
    if let Some(watch) = &report.watch {
        out.push_str(&format!("<p>Watch: {}</p>\n", html(&watch.line())));
    }
    let subject = words::subject(report);
    if !subject.is_empty() {
        out.push_str(&format!("<p>{}</p>\n", code(&subject)));
    }
    let side = |name: &str, side: &Side| {
        let (revisions, traffic) = (short_code(&words::revisions(side)), html(&words::traffic(side)));
        format!("<dt>{name}</dt><dd>{revisions}, {traffic}</dd>\n")
    };
    let (baseline, candidate) = (
        side("Baseline", &report.sides.baseline),
        side("Candidate", &report.sides.candidate),
    );
    out.push_str(&format!("<dl>\n{baseline}{candidate}</dl>\n</header>\n"));
    out
}

fn contents(body: &Writer<'_>) -> String {
    let link = |(id, title): &(&str, &str)| format!("<li><a href=\"#{id}\">{}</a></li>\n", html(title));
    let links: String = body.contents.iter().map(link).collect();
    format!("<nav aria-label=\"Contents\">\n<ul>\n{links}</ul>\n</nav>\n")
}

fn footer(report: &Report) -> String {
    let text = html(&words::made_by(report));
    format!("<footer><p>{text}</p></footer>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_the_script_and_nothing_else() {
        // Computed by `openssl dgst -sha256 -binary | base64` of the empty text, to know the encoding.
        assert_eq!(
            STANDARD.encode(Sha256::digest("")),
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        );
        let policy = policy();
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("script-src 'unsafe-inline'"));
        assert!(!policy.contains('"'));
    }

    #[test]
    fn style_and_script_cannot_end_early_or_load_anything() {
        for text in [STYLE, SCRIPT] {
            let text = text.to_ascii_lowercase();
            for word in ["</", "<!--", "url(", "@import", "http", "innerhtml", "eval(", "fetch("] {
                assert!(!text.contains(word), "{word}");
            }
        }
    }
}
