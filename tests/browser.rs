//! The HTML report in a real browser: it renders, runs its own script and nothing else, and asks nobody for anything.
//!
//! Skips, and says so, where no Chromium is found: set `CHROMIUM` to its path.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use logverdict::report::Report;

/// Where Chromium usually is.
const PLACES: [&str; 5] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Longer than any page takes; a browser that hangs must not hang the tests.
const MOST: Duration = Duration::from_secs(120);

/// Markup that would show, load, run or lead away if it were not text. The host does not exist.
const ATTACK: &str = "<img src=http://evil.example/x.png onerror=\"document.title='owned'\"><script>document.title='owned'\
                      </script></table></details><h1>PROCEED</h1><link rel=stylesheet href=http://evil.example/x.css>\
                      <iframe src=http://evil.example/></iframe><meta http-equiv=refresh content=\"0;url=http://evil.example\">";

#[allow(clippy::print_stdout)] // Whoever runs the tests must know that these did not.
fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from).filter(|p| p.exists());
    let found = named.or_else(|| PLACES.iter().map(PathBuf::from).find(|p| p.exists()));
    if found.is_none() {
        println!("skipped: no Chromium found; set CHROMIUM to its path");
    }
    found
}

/// What became of a page.
struct Seen {
    /// The document after its scripts ran.
    document: String,
    /// What stands in the console, and other messages of the browser.
    messages: String,
    /// Every address that was asked for.
    asked: Vec<String>,
    /// The picture, decompressed: one byte is not like the other where something is to be seen.
    pixels: Vec<u8>,
}

impl Seen {
    fn console(&self) -> Vec<&str> {
        self.messages.lines().filter(|l| l.contains(":CONSOLE")).collect()
    }

    /// Addresses besides those that the browser asks for on its own.
    fn foreign(&self) -> Vec<&String> {
        let is_foreign = |url: &&String| {
            let host = url.split("://").nth(1).unwrap_or_default();
            let host = host.split(['/', ':']).next().unwrap_or_default();
            url.starts_with("http") && !host.ends_with(".google.com") && !host.ends_with(".googleapis.com")
        };
        self.asked.iter().filter(is_foreign).collect()
    }
}

/// Shows a page; the browser can reach no host.
fn show(browser: &Path, html: &str) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("report.html"), html).unwrap();
    let flag = |name: &str, file: &str| format!("--{name}={}", at(file).display());
    let mut child = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr"])
        .args(["--hide-scrollbars", "--window-size=1000,1400", "--dump-dom"])
        .arg(flag("user-data-dir", "profile"))
        .arg(flag("screenshot", "page.png"))
        .arg(flag("log-net-log", "net.json"))
        .arg(format!("file://{}", at("report.html").display()))
        .stdout(fs::File::create(at("dom")).unwrap())
        .stderr(fs::File::create(at("messages")).unwrap())
        .stdin(Stdio::null())
        .spawn()
        .expect("the browser starts");
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > MOST {
            child.kill().unwrap();
            panic!("the browser did not end");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let text = |name: &str| String::from_utf8_lossy(&fs::read(at(name)).unwrap()).into_owned();
    let net = text("net.json");
    let addresses = net
        .split("\"url\":\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    Seen {
        document: text("dom"),
        messages: text("messages"),
        asked: addresses.map(str::to_owned).collect(),
        pixels: pixels(&fs::read(at("page.png")).unwrap()),
    }
}

/// The image data of a PNG file.
fn pixels(png: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    let mut rest = &png[8..];
    while rest.len() >= 12 {
        let length = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
        if &rest[4..8] == b"IDAT" {
            data.extend_from_slice(&rest[8..8 + length]);
        }
        rest = &rest[12 + length..];
    }
    let mut pixels = Vec::new();
    flate2::read::ZlibDecoder::new(&data[..])
        .read_to_end(&mut pixels)
        .unwrap();
    pixels
}

fn report(name: &str) -> Report {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    Report::from_json(&fs::read_to_string(path).unwrap()).unwrap()
}

/// How many elements of a kind a serialised document has.
fn count(document: &str, tag: &str) -> usize {
    let open = format!("<{tag}");
    let ends = |rest: &str| rest.starts_with([' ', '>', '\n']);
    document.split(&open).skip(1).filter(|rest| ends(rest)).count()
}

fn assert_well_shown(seen: &Seen) {
    assert!(seen.console().is_empty(), "{:#?}", seen.console());
    assert!(seen.foreign().is_empty(), "{:#?}", seen.foreign());
    let kinds: std::collections::BTreeSet<u8> = seen.pixels.iter().copied().collect();
    assert!(kinds.len() > 50, "an empty picture: {} values", kinds.len());
    assert!(seen.document.contains("type=\"search\""), "the script did not run");
}

#[test]
fn the_report_renders_without_network_or_error() {
    let Some(browser) = chromium() else { return };
    for name in ["full.json", "watching.json", "empty.json"] {
        let seen = show(&browser, &report(name).to_html());
        assert_well_shown(&seen);
        assert!(seen.document.contains("Verdict:"), "{}", seen.document);
    }
}

#[test]
fn injected_markup_is_inert() {
    let Some(browser) = chromium() else { return };
    let mut report = report("watching.json");
    let titled = report.to_html();
    report.confidence = ATTACK.to_owned();
    report.reasons[0].message = ATTACK.to_owned();
    report.reasons[0].filter = Some(ATTACK.to_owned());
    report.sides.candidate.revisions = vec![ATTACK.to_owned()];
    report.next_steps = vec![format!("$ {ATTACK}")];
    for finding in &mut report.findings {
        finding.signal.title = ATTACK.to_owned();
        finding.signal.id = ATTACK.to_owned();
    }
    for point in report.watch.iter_mut().flat_map(|w| &mut w.checkpoints) {
        point.name = ATTACK.to_owned();
        point.message = ATTACK.to_owned();
    }
    let seen = show(&browser, &report.to_html());
    assert_well_shown(&seen);
    for tag in ["img", "iframe", "link"] {
        assert_eq!(count(&seen.document, tag), 0, "{tag}");
    }
    assert_eq!((count(&seen.document, "h1"), count(&seen.document, "script")), (1, 1));
    let title = |html: &str| {
        html.split("<title>")
            .nth(1)
            .and_then(|t| t.split("</title>").next())
            .map(str::to_owned)
    };
    assert_eq!(title(&seen.document), title(&titled));
    assert!(seen.document.contains("&lt;img src"), "the attack is shown as text");
}

/// Every text of the corpus on one page: what a browser makes of them is text.
#[test]
fn a_page_of_all_attacks_is_inert() {
    let Some(browser) = chromium() else { return };
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile/attacks.toml");
    let corpus: toml::Table = toml::from_str(&fs::read_to_string(corpus).unwrap()).unwrap();
    let texts = corpus["attack"].as_array().unwrap().iter();
    let texts: Vec<String> = texts.map(|a| a["text"].as_str().unwrap().replace('·', "")).collect();
    let seen_of = |texts: &[String]| {
        let seen = show(&browser, &with_texts(texts).to_html());
        assert_well_shown(&seen);
        seen.document
    };
    let harmless: Vec<String> = texts.iter().map(|_| "x".to_owned()).collect();
    let (attacked, harmless) = (seen_of(&texts), seen_of(&harmless));
    let tags = |document: &str| document.matches('<').count();
    assert!(
        texts.len() >= 200 && tags(&attacked) == tags(&harmless),
        "an element came in"
    );
    for tag in [
        "img", "iframe", "form", "object", "embed", "audio", "base", "link", "input",
    ] {
        assert_eq!(count(&attacked, tag), count(&harmless, tag), "{tag}");
    }
    assert!(attacked.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

/// A report with as many signals, reasons, remarks and checkpoints, each with its text.
fn with_texts(texts: &[String]) -> Report {
    let mut report = report("watching.json");
    let finding = report.findings[0].clone();
    let sample = logverdict::report::Sample {
        timestamp: None,
        severity: logverdict::model::Severity::Error,
        revision: String::new(),
        text: String::new(),
        insert_id: String::new(),
    };
    let (reason, criterion) = (report.reasons[0].clone(), report.criteria[0].clone());
    for text in texts {
        let mut finding = finding.clone();
        (finding.signal.title, finding.signal.id) = (text.clone(), text.clone());
        finding.samples = vec![logverdict::report::Sample {
            revision: text.clone(),
            text: text.clone(),
            insert_id: text.clone(),
            ..sample.clone()
        }];
        report.findings.push(finding);
        let mut reason = reason.clone();
        (reason.message, reason.filter) = (text.clone(), Some(text.clone()));
        report.reasons.push(reason);
        let mut criterion = criterion.clone();
        (criterion.title, criterion.message) = (text.clone(), text.clone());
        report.criteria.push(criterion);
        report.not_verified.push(text.clone());
        report.next_steps.extend([text.clone(), format!("$ {text}")]);
        report.sides.candidate.revisions.push(text.clone());
    }
    if let Some(watch) = &mut report.watch {
        let (point, gap) = (watch.checkpoints[0].clone(), watch.gaps[0].clone());
        for text in texts {
            let (mut point, mut gap) = (point.clone(), gap.clone());
            (point.name, point.message, gap.reason) = (text.clone(), text.clone(), text.clone());
            watch.checkpoints.push(point);
            watch.gaps.push(gap);
        }
    }
    report
}

/// Ten thousand signals are one folded table that the script can sort and filter.
#[test]
fn many_signals_can_be_sorted_and_filtered() {
    let Some(browser) = chromium() else { return };
    let mut report = report("full.json");
    let first = report.findings[0].clone();
    for i in 0..10_000 {
        let mut finding = first.clone();
        finding.signal.id = format!("t{i}");
        finding.signal.title = format!("Order {} failed", i % 100);
        finding.candidate.count = i;
        report.findings.push(finding);
    }
    // The test acts as a reader would, which the policy would forbid.
    let act = "<script>
        const heads = Array.from(document.querySelectorAll('table.sortable thead button'));
        const candidate = heads.find((head) => head.textContent === 'candidate');
        const start = performance.now();
        candidate.click();
        candidate.click();
        const search = document.querySelector('input[type=search]');
        search.value = 'ORDER 42 FAILED';
        search.dispatchEvent(new Event('input'));
        const speed = performance.now() - start < 3000 ? 'quick' : 'slow';
        const rows = Array.from(document.querySelectorAll('table.sortable tbody tr'));
        const seen = rows.find((row) => !row.hidden);
        document.title = `${seen.querySelector('code.id').textContent} ${document.querySelector('output').textContent} ${speed}`;
        </script></body>";
    let html = report.to_html().replace("Content-Security-Policy", "no-policy");
    let seen = show(&browser, &html.replace("</body>", act));
    assert_well_shown(&seen);
    assert!(
        seen.document.contains("<title>t9942 100 of 10036 shown quick</title>"),
        "{:?}",
        seen.document.split("</title>").next()
    );
}

/// What the tests above rely on: errors and requests of a page are seen.
#[test]
fn the_browser_tells_of_errors_and_requests() {
    let Some(browser) = chromium() else { return };
    let page =
        "<!DOCTYPE html><title>t</title><img src=\"http://evil.example/x.png\"><script>console.error('x')</script>";
    let seen = show(&browser, page);
    assert!(!seen.console().is_empty(), "{}", seen.messages);
    assert_eq!(seen.foreign()[0], "http://evil.example/x.png");
}
