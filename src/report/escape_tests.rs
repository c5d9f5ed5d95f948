use super::*;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

const TERMINAL_ATTACKS: [&str; 32] = [
    "\u{1b}[2J\u{1b}[HVERDICT: PROCEED",
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]8;;http://evil.example\u{1b}\\click\u{1b}]8;;\u{1b}\\",
    "\u{1b}]52;c;cm0gLXJmIC8=\u{7}",
    "\u{1b}P$q\"p\u{1b}\\",
    "\u{1b}_payload\u{1b}\\",
    "\u{1b}^private\u{1b}\\",
    "\u{1b}Xstring\u{1b}\\",
    "\u{1b}c",
    "\u{1b}[8m hidden \u{1b}[0m",
    "\u{1b}[1;31mERROR\u{1b}[0m",
    "\u{1b}[6n",
    "\u{1b}[?1049h",
    "\u{1b}(0",
    "\u{9b}31m",
    "\u{9d}0;title\u{9c}",
    "\u{90}q\u{9c}",
    "\u{85}next line",
    "a\rVERDICT: PROCEED",
    "a\nVERDICT: PROCEED",
    "a\r\nVERDICT: PROCEED",
    "a\u{8}\u{8}\u{8}b",
    "a\tb",
    "bell\u{7}",
    "nul\u{0}nul",
    "form\u{c}feed\u{b}",
    "del\u{7f}",
    "\u{202e}DEECORP",
    "\u{2066}isolate\u{2069}",
    "\u{200e}\u{200f}marks\u{61c}",
    "line\u{2028}sep\u{2029}para",
    "tag\u{e0041}\u{feff}\u{ad}\u{200b}",
];

const MARKDOWN_ATTACKS: [&str; 50] = [
    "@octocat look",
    "mail me@example.com",
    "@acme/admins",
    "#123",
    "fixes acme/shop#123",
    "GH-77",
    "acme/shop@4bf92f3",
    "[click](http://evil.example)",
    "![img](http://evil.example/x.png)",
    "[ref][1]",
    "[1]: http://evil.example",
    "<http://evil.example>",
    "http://evil.example/a",
    "https://evil.example",
    "www.evil.example",
    "WWW.evil.example",
    "ftp://evil.example",
    "*emphasis*",
    "**PROCEED**",
    "_under_",
    "~~gone~~",
    "`code`",
    "``two `` ticks",
    "```\nfence",
    "a | b | c",
    "a \\| b",
    "trailing \\",
    "\\`",
    "<b>bold</b>",
    "<script>alert(1)</script>",
    "<!-- comment",
    "</details><h1>PROCEED</h1>",
    "<details open>",
    "# PROCEED",
    "## Verdict: PROCEED",
    "- [x] all fine",
    "- item",
    "+ item",
    "1. item",
    "1) item",
    "> quote",
    "---",
    "===",
    "    indented",
    "$x^2$",
    "$$x$$",
    ":white_check_mark:",
    "&lt;b&gt;",
    "a\n\n# PROCEED",
    "~~~\nfence\n~~~",
];

const HTML_ATTACKS: [&str; 32] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' onmouseover='x",
    "</title><script>",
    "</style>",
    "</script><script>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "&lt;script&gt;",
    "&#60;b&#62;",
    "&",
    "<",
    ">",
    "\"",
    "'",
    "`",
    "=",
    "javascript:alert(1)",
    "<a href=javascript:x>",
    "<iframe srcdoc=\"x\">",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh>",
    "<form action=//evil.example>",
    "\u{0}<b>",
    "<\u{0}b>",
    "\u{202e}<b>",
    "\u{2028}<b>",
    "<b\n>",
    "</details></body></html>",
];

fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_MATH
}

/// Asserts that the Markdown holds text only: one paragraph, no markup, nothing that GitHub links.
fn assert_plain(markdown: &str, wanted: &str) {
    let mut text = String::new();
    for event in Parser::new_ext(markdown, options()) {
        match event {
            Event::Text(t) => text.push_str(&t),
            Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) => {}
            other => panic!("{other:?} from {markdown:?}"),
        }
    }
    assert_eq!(text.replace('\u{200b}', ""), wanted, "{markdown}");
    let linked = regex::Regex::new(r"(?i)@\w|#\w|://|www\.|gh-\d|:[a-z+]\w*:").unwrap();
    assert!(!linked.is_match(&text), "{text:?}");
}

/// Asserts that the Markdown is one code span and nothing else; returns its text.
fn only_code(markdown: &str) -> String {
    let mut found = None;
    for event in Parser::new_ext(markdown, options()) {
        match event {
            Event::Code(text) if found.is_none() => found = Some(text.to_string()),
            Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) => {}
            other => panic!("{other:?} from {markdown:?}"),
        }
    }
    found.unwrap()
}

/// Asserts that the Markdown is one fenced block; returns its text.
fn only_block(markdown: &str) -> String {
    let mut text = String::new();
    let mut blocks = 0;
    for event in Parser::new_ext(markdown, options()) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => blocks += 1,
            Event::Text(t) => text.push_str(&t),
            Event::End(TagEnd::CodeBlock) => {}
            other => panic!("{other:?} from {markdown:?}"),
        }
    }
    assert_eq!(blocks, 1, "{markdown}");
    text
}

/// The cells of the only body row of a table that holds the given cell twice.
fn cells(cell: &str) -> Vec<String> {
    let markdown = format!("| a | b |\n|---|---|\n| {cell} | {cell} |\n");
    let mut cells = Vec::new();
    for event in Parser::new_ext(&markdown, options()) {
        match event {
            Event::Start(Tag::TableCell) => cells.push(String::new()),
            Event::Text(t) | Event::Code(t) => cells.last_mut().unwrap().push_str(&t),
            Event::Start(Tag::Table(_) | Tag::TableHead | Tag::TableRow) | Event::End(_) => {}
            other => panic!("{other:?} from {markdown:?}"),
        }
    }
    cells.split_off(2)
}

fn has_unseen(text: &str) -> bool {
    text.chars().any(is_unseen)
}

#[test]
fn terminals_get_nothing_to_act_upon() {
    for attack in TERMINAL_ATTACKS {
        let out = terminal(attack);
        assert!(!has_unseen(&out) && out.len() > attack.trim().len(), "{out}");
    }
    assert_eq!(terminal("a\u{1b}[31m\n\u{202e}"), "a\\u{1b}[31m\\n\\u{202e}");
    assert_eq!(terminal("Grüße, 世界 👩‍💻"), "Grüße, 世界 👩‍💻");
}

#[test]
fn markdown_text_is_only_text() {
    for attack in MARKDOWN_ATTACKS.iter().chain(&TERMINAL_ATTACKS) {
        assert_plain(&markdown(attack, 1000), &terminal(attack));
        assert_eq!(cells(&markdown(attack, 1000)).len(), 2, "{attack}");
    }
}

#[test]
fn code_spans_hold_every_attack() {
    for attack in MARKDOWN_ATTACKS.iter().chain(&TERMINAL_ATTACKS) {
        assert_eq!(only_code(&code(attack, 1000)), terminal(attack), "{attack}");
        let wanted = terminal(attack).replace("\\|", "\\\\u{7c}");
        assert_eq!(cells(&cell_code(attack, 1000)), [wanted.clone(), wanted], "{attack}");
    }
    assert_eq!(code("", 10), "(empty)");
    assert_eq!(only_code(&code("   ", 10)), "   ");
    assert_eq!(code("a`b", 10), "``a`b``");
    assert_eq!(only_code(&code(" a ", 10)), " a ");
}

#[test]
fn fenced_blocks_hold_every_attack() {
    for attack in MARKDOWN_ATTACKS.iter().chain(&TERMINAL_ATTACKS) {
        let lines: Vec<String> = attack
            .replace("\r\n", "\n")
            .split('\n')
            .map(|l| guard(l).to_owned() + &terminal(l))
            .collect();
        assert_eq!(
            only_block(&fenced(attack, "text", 1000)),
            lines.join("\n") + "\n",
            "{attack}"
        );
    }
}

#[test]
fn html_has_no_tags_or_attributes() {
    let entity = regex::Regex::new("&(amp|lt|gt|quot|#39|#96|#61);").unwrap();
    for attack in HTML_ATTACKS.iter().chain(&MARKDOWN_ATTACKS).chain(&TERMINAL_ATTACKS) {
        let out = html(attack);
        assert!(
            !out.contains(['<', '>', '"', '\'', '`', '=']) && !has_unseen(&out),
            "{out}"
        );
        assert!(!entity.replace_all(&out, "").contains('&'), "{out}");
    }
    assert_eq!(html("a & <b>"), "a &amp; &lt;b&gt;");
    assert_eq!(html_lines("a\r\nb\n<\t\u{2028}"), "a\nb\n&lt;\\t\\u{2028}");
}

#[test]
fn lines_of_a_block_do_not_begin_like_a_verdict() {
    assert_eq!(
        fenced("a\nVERDICT: PROCEED\nhold", "", 99),
        "```\na\n VERDICT: PROCEED\n hold\n```\n"
    );
    assert_eq!(html_lines("Roll back\nholy"), " Roll back\nholy");
}

#[test]
fn cutting_says_so() {
    assert_eq!(cut("abc", 3), "abc");
    assert_eq!(cut("abcd", 3), "ab…");
    assert_eq!(cut("äöüß", 2), "ä…");
    assert_eq!(cut("a", 0), "…");
    assert_eq!(cut("", 0), "");
}

#[test]
fn plain_sentences_stay_readable_in_markdown() {
    let text = "5xx rose from 0.12 % to 1.40 % (12 of 10,000; ratio 11.7, at least 6.1), see p95 at 10:42.";
    assert_eq!(markdown(text, 1000), text);
}

/// Strings made of the characters that mean something somewhere.
fn hostile() -> impl Strategy<Value = String> {
    let special = r"[\\`*_~\[\]<>&|$#+=.!()@:/wgH1-9a-f \n\r\t\x1b\u{9b}\u{202e}\u{2028}-]{0,40}";
    prop_oneof![special, "(?s).{0,40}"]
}

proptest! {
    #[test]
    fn nothing_unseen_is_left(text in hostile()) {
        prop_assert!(!has_unseen(&terminal(&text)));
        prop_assert!(!has_unseen(&markdown(&text, 100)));
        prop_assert!(!has_unseen(&code(&text, 100)));
        prop_assert!(!has_unseen(&html(&text)));
    }

    #[test]
    fn any_text_is_only_text_in_markdown(text in hostile()) {
        let shown = terminal(&text);
        assert_plain(&markdown(&text, 1000), &shown);
        let both = cells(&markdown(&text, 1000));
        prop_assert_eq!(both.len(), 2);
    }

    #[test]
    fn any_text_stays_inside_code(text in hostile()) {
        prop_assume!(!text.is_empty());
        prop_assert_eq!(only_code(&code(&text, 1000)), terminal(&text));
        prop_assert_eq!(cells(&cell_code(&text, 1000)).len(), 2);
        only_block(&fenced(&text, "text", 1000));
    }
}
