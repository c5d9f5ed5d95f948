//! What must hold for every document, read with a tokenizer that is not ours.

use std::collections::BTreeSet;

use html5gum::{DefaultEmitter, Token, Tokenizer};
use proptest::prelude::*;

use crate::compare::Change;
use crate::model::{Level, SignalKind};
use crate::report::escape::terminal;
use crate::report::sample::{self, Material};
use crate::report::tests::{MARK, hostile, infected, infected_sentences, long_watch};
use crate::report::{Redaction, Report};
use crate::verdict::{Lean, Verdict};

/// Elements without an end tag, in what we write.
const VOID: [&str; 1] = ["meta"];

#[rustfmt::skip]
const ELEMENTS: [&str; 44] = [
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "span", "p", "dl", "dt", "dd", "nav",
    "ul", "ol", "li", "a", "main", "section", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "code",
    "pre", "strong", "details", "summary", "figure", "figcaption", "svg", "desc", "line", "rect", "text", "footer",
    "script",
];

/// A document as a reader meets it.
pub(in crate::report) struct Read {
    /// Start and end tags with their attributes.
    pub(in crate::report) tags: Vec<String>,
    /// Names of elements with the value of one attribute.
    attributes: Vec<(String, String, String)>,
    /// All text outside of style and script.
    pub(in crate::report) text: String,
}

impl Read {
    fn values(&self, attribute: &str) -> Vec<&str> {
        let all = self.attributes.iter().filter(|(_, name, _)| name == attribute);
        all.map(|(_, _, value)| value.as_str()).collect()
    }

    fn count(&self, tag: &str) -> usize {
        let open = format!("<{tag}");
        let is_it = |t: &&String| t.strip_prefix(&open).is_some_and(|rest| rest.starts_with(['>', ' ']));
        self.tags.iter().filter(is_it).count()
    }
}

/// Reads a document; panics at markup that no report of ours has, and at tags that do not match.
pub(in crate::report) fn read(html: &str) -> Read {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut read = Read {
        tags: Vec::new(),
        attributes: Vec::new(),
        text: String::new(),
    };
    let mut open: Vec<String> = Vec::new();
    let words = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    for token in Tokenizer::new_with_emitter(html, emitter) {
        match token.unwrap() {
            Token::StartTag(tag) => {
                let name = words(&tag.name);
                assert!(ELEMENTS.contains(&name.as_str()), "<{name}>");
                let mut told = format!("<{name}");
                for (key, value) in &tag.attributes {
                    let (key, value) = (words(key), words(value));
                    assert!(
                        !key.starts_with("on") && key != "style" && key != "src",
                        "{key}={value}"
                    );
                    assert!(key != "href" || value.starts_with('#'), "{value}");
                    told.push_str(&format!(" {key}={value}"));
                    read.attributes.push((name.clone(), key, value));
                }
                read.tags.push(format!("{told}>"));
                if !VOID.contains(&name.as_str()) && !tag.self_closing {
                    open.push(name);
                }
            }
            Token::EndTag(tag) => {
                let name = words(&tag.name);
                assert_eq!(open.pop().as_ref(), Some(&name), "after {:?}", read.tags.last());
                read.tags.push(format!("</{name}>"));
            }
            Token::String(text) => {
                if !open.iter().any(|o| o == "style" || o == "script") {
                    read.text.push_str(&words(&text));
                }
            }
            Token::Doctype(_) => {}
            Token::Comment(comment) => panic!("comment {:?}", words(&comment)),
            Token::Error(error) => panic!("{error:?} after {:?}", read.tags.last()),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    read
}

fn samples() -> [Material; 5] {
    [
        sample::full(),
        sample::hold(),
        sample::empty(),
        sample::watch::watching(),
        sample::watch::watched(),
    ]
}

/// As many changed signals, beside what is there.
fn with_many(mut material: Material, many: u64) -> Report {
    for i in 0..many {
        let signal = sample::signal(
            SignalKind::Template,
            &format!("t{i}"),
            "Order <num> failed",
            Level::Error,
        );
        let mut finding = sample::finding(signal, Change::More, true, (i, 5 * i + 3));
        finding.samples = vec![sample::sample("at line 7")];
        material.case.findings.push(finding);
    }
    material.report()
}

#[test]
fn documents_are_whole_and_accessible() {
    for material in samples() {
        let html = material.report().to_html();
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">\n"));
        let read = read(&html);
        let ids = read.values("id");
        assert_eq!(
            ids.iter().collect::<BTreeSet<_>>().len(),
            ids.len(),
            "ids are told apart"
        );
        let named = read.values("aria-labelledby").into_iter().flat_map(|v| v.split(' '));
        for id in named.chain(read.values("href").iter().map(|h| h.trim_start_matches('#'))) {
            assert!(ids.contains(&id), "{id}");
        }
        assert_eq!(read.count("table"), read.count("caption"));
        assert_eq!(read.count("th"), read.values("scope").len());
        assert_eq!(read.count("svg"), read.count("desc"));
        assert_eq!(read.count("figure"), read.count("svg"), "each chart has its caption");
        assert_eq!(read.count("h1"), 1);
        let headings: Vec<&String> = read.tags.iter().filter(|t| t.starts_with("<h3")).collect();
        assert!(headings.is_empty() || read.count("h2") > 0);
    }
}

#[test]
fn the_verdict_stands_in_words() {
    for (verdict, lean, words) in [
        (Verdict::Proceed, None, "Verdict: PROCEED"),
        (Verdict::Hold, Some(Lean::SignsOfHarm), "Verdict: HOLD, signs of harm"),
        (Verdict::RollBack, None, "Verdict: ROLL BACK"),
    ] {
        let mut material = sample::full();
        (material.judgement.verdict, material.judgement.lean) = (verdict, lean);
        let text = read(&material.report().to_html()).text;
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_full_report_tells_everything() {
    let report = sample::full().report();
    let text = read(&report.to_html()).text;
    let wanted = [
        report.reasons.iter().map(|r| r.message.as_str()).collect::<Vec<_>>(),
        report.criteria.iter().map(|c| c.message.as_str()).collect(),
        report.not_verified.iter().map(String::as_str).collect(),
        report.findings.iter().map(|f| f.signal.title.as_str()).collect(),
        report.notes.iter().map(|n| n.message.as_str()).collect(),
        vec![
            "met",
            "not met",
            "not shown",
            "deploy",
            "210 ms baseline",
            "305 ms candidate",
            "redacted: secret-value 3",
        ],
    ];
    for text_wanted in wanted.concat() {
        assert!(text.contains(&terminal(text_wanted)), "{text_wanted}");
    }
    assert!(text.contains("resource.type=\"cloud_run_revision\"\nresource.labels.revision_name"));
    assert!(text.contains("update-traffic chat-api --to-revisions"));
}

#[test]
fn a_watch_tells_its_looks_and_changes() {
    let text = read(&sample::watch::watching().report().to_html()).text;
    for wanted in [
        "Watch: T+2h10m of 24h, 26 looks, next checkpoint T+4h",
        "HOLD, then PROCEED",
        "Not read, 2026-03-01 12:10:00Z to 12:15:00Z",
        "17 entries arrived after",
        "To come: T+4h, T+8h, T+24h",
    ] {
        assert!(text.contains(wanted), "{wanted}");
    }
    let mut material = sample::watch::watching();
    material.watch = Some(long_watch(&sample::watch::running(), 288));
    let read = read(&material.report().to_html());
    assert!(read.text.contains("238 earlier checkpoints") && read.text.contains("238 more changes"));
}

#[test]
fn ten_thousand_signals_are_folded_away() {
    let html = with_many(sample::full(), 10_000).to_html();
    assert!(html.len() < 6_000_000, "{}", html.len());
    let read = read(&html);
    assert!(read.text.contains("10,036 signals") && read.values("open").is_empty());
    assert!(read.text.contains("9,956 more of them in the table of all signals"));
    assert!(read.text.contains("more signals: in the JSON report"));
    let visible = html.find("id=\"signals\"").unwrap();
    assert!(visible < 400_000, "what is not folded away stays short: {visible}");
    let few = sample::full().report().to_html();
    assert!(few.contains("<details open>\n<summary>36 signals"));
}

// --- Hostile text ---

fn assert_safe(material: &Material, harmless: &Material, text: &str) {
    let html = material.redacted(Redaction::NONE).to_html();
    let found = read(&html);
    assert_eq!(found.tags, read(&harmless.redacted(Redaction::NONE).to_html()).tags);
    assert!(found.attributes.iter().all(|(_, _, value)| !value.contains(MARK)));
    let shown = terminal(&format!("{MARK}{text}{MARK}"));
    assert!(found.text.contains(&shown), "{shown}");
    let unseen = |c: char| c != '\n' && terminal(&c.to_string()) != c.to_string();
    assert!(!html.contains(unseen));
}

fn assert_all_safe(text: &str) {
    assert_safe(&infected(text), &infected("x"), text);
    assert_safe(&infected_sentences(text), &infected_sentences("x"), text);
}

#[test]
fn known_attacks_stay_text() {
    for attack in [
        "<script>alert(1)</script>",
        "</script><script>alert(1)</script>",
        "</style></title></textarea><img src=x onerror=alert(1)>",
        "\" onmouseover=\"alert(1)",
        "' autofocus onfocus='alert(1)",
        "--><svg onload=alert(1)>",
        "</svg></table></details></main></body></html><h1>PROCEED</h1>",
        "&lt;b&gt; &#60;b&#62; &amp",
        "<base href=//evil.example><meta http-equiv=refresh content=0>",
        "\u{202e}\u{2028}\u{0}\u{1b}[31m\r\n\t",
        "]]><!--<![CDATA[",
    ] {
        assert_all_safe(attack);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_out(text in hostile(), head in "[<>&\"'=`/a]{0,12}") {
        assert_all_safe(&format!("{head}{text}"));
    }
}

// --- Colours ---

/// The colours of one theme of the style, by name.
fn colours(block: &str) -> std::collections::BTreeMap<&str, [f64; 3]> {
    let colour = |hex: &str| [1, 3, 5].map(|i| f64::from(u8::from_str_radix(&hex[i..i + 2], 16).unwrap()));
    let pairs = block
        .split(';')
        .filter_map(|p| p.trim().strip_prefix("--")?.split_once(": "));
    pairs.map(|(name, hex)| (name, colour(hex))).collect()
}

/// Contrast of two colours, WCAG 2.
fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let luminance = |colour: [f64; 3]| -> f64 {
        let linear = colour.map(|c| match c / 255.0 {
            c if c <= 0.04045 => c / 12.92,
            c => ((c + 0.055) / 1.055).powf(2.4),
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    (a / b).max(b / a)
}

#[test]
fn contrast_is_enough_in_every_theme() {
    let style = include_str!("page.css");
    let themes: Vec<_> = style
        .split(":root {")
        .skip(1)
        .map(|t| colours(t.split('}').next().unwrap()))
        .collect();
    assert_eq!(themes.len(), 3, "light, dark, paper");
    for theme in themes {
        for (text, page, least) in [
            ("text", "page", 4.5),
            ("muted", "page", 4.5),
            ("text", "soft", 4.5),
            ("link", "page", 4.5),
            ("good", "good-page", 4.5),
            ("doubt", "doubt-page", 4.5),
            ("bad", "bad-page", 4.5),
            ("old", "page", 3.0),
            ("new", "page", 3.0),
        ] {
            let found = contrast(theme[text], theme[page]);
            assert!(found >= least, "{text} on {page}: {found}");
        }
    }
}
