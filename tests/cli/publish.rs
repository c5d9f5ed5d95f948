//! `publish`: what is shown, what is sent, and what it says when it cannot.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver};

use super::support::{Place, Run};

const REPORT: &str = include_str!("../golden/full.json");
const TOKEN: &str = "ghp_SECRET0000";

fn place() -> Place {
    Place::new().file("report.json", REPORT).file("token", TOKEN)
}

/// Answers one connection after the other, and gives what was asked.
pub fn serve(answers: Vec<(u16, String)>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut input = BufReader::new(&stream);
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") && input.read_line(&mut head).is_ok_and(|n| n > 0) {
                let line = head.lines().last().unwrap_or_default().to_ascii_lowercase();
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a length");
                }
            }
            let mut sent = vec![0; length];
            input.read_exact(&mut sent).expect("a body");
            sender.send(format!("{head}{}", String::from_utf8_lossy(&sent))).ok();
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} Fake\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .ok();
        }
    });
    (address, requests)
}

fn publish(env: &[(&str, &str)], args: &str) -> Run {
    let args: Vec<&str> = args.split_whitespace().collect();
    let run = place().run_in(env, &args, b"");
    assert!(
        !format!("{}{}", run.out, run.err).contains("SECRET"),
        "{}{}",
        run.out,
        run.err
    );
    run
}

#[test]
fn without_yes_it_shows_what_would_be_sent_and_needs_no_token() {
    let run = publish(&[], "publish --github acme/shop#1061 report.json")
        .exits(0)
        .prints("POST https://api.github.com/repos/acme/shop/issues/1061/comments\n")
        .prints("PATCH https://api.github.com/repos/acme/shop/issues/comments/{id}\n")
        .prints("| <!-- logverdict:comment ")
        .prints("| ## ROLL BACK");
    assert_eq!(run.err, "nothing was sent: add --yes to send it\n");
    let env = [("GITHUB_API_URL", "https://github.example.com/api/v3")];
    publish(&env, "-q publish --github acme/shop#1061 --key nightly report.json")
        .exits(0)
        .says_nothing()
        .prints("POST https://github.example.com/api/v3/repos/");
    let args = ["publish", "--github", "acme/shop#1061", "-"];
    let _ = place()
        .run_with(&args, REPORT.as_bytes())
        .exits(0)
        .prints("## ROLL BACK");
}

#[test]
fn with_yes_it_is_sent() {
    let created =
        r#"{"id": 7, "user": {"login": "me"}, "html_url": "https://github.com/acme/shop/issues/1061#issuecomment-7"}"#;
    let answers = [(200, r#"{"login": "me"}"#), (200, "[]"), (201, created)];
    for args in ["report.json", "--token-file token report.json"] {
        let (address, requests) = serve(answers.map(|(status, body)| (status, body.to_owned())).to_vec());
        let token = if args.contains("token") {
            "ghp_SECRET_other"
        } else {
            TOKEN
        };
        let env = [("GITHUB_API_URL", &*address), ("GH_TOKEN", token)];
        let run = publish(&env, &format!("publish --github acme/shop#1061 --yes {args}"))
            .exits(0)
            .says_nothing();
        assert_eq!(
            run.out,
            "comment created: acme/shop#1061 https://github.com/acme/shop/issues/1061#issuecomment-7\n"
        );
        let requests: Vec<String> = requests.iter().collect();
        assert!(requests.iter().all(|r| {
            r.to_ascii_lowercase()
                .contains("authorization: bearer ghp_secret0000\r\n")
        }));
        assert!(
            requests[2].starts_with("POST /repos/acme/shop/issues/1061/comments ") && requests[2].contains("ROLL BACK")
        );
    }
}

#[test]
fn what_github_refuses_is_exit_3_with_cause_and_hint() {
    let (address, _requests) = serve(vec![(401, "{}".to_owned())]);
    let env = [("GITHUB_API_URL", &*address), ("GITHUB_TOKEN", TOKEN)];
    publish(&env, "publish --github acme/shop#1061 --yes report.json").fails_with(
        3,
        "acme/shop#1061: http://127.0.0.1 answered 401: the token is not, or no longer, valid",
        "make a new token; in GitHub Actions: env: GITHUB_TOKEN: ${{ github.token }}",
    );
    let run = publish(&[], "publish --github acme/shop#1061 --yes report.json")
        .exits(3)
        .prints_nothing();
    assert!(
        run.err
            .starts_with("error: there is no token for GitHub\nhint: set GITHUB_TOKEN"),
        "{}",
        run.err
    );
}

#[test]
fn arguments_that_lead_nowhere_are_exit_2() {
    for (env, args) in [
        (None, "publish report.json"),
        (None, "publish --github acme/shop report.json"),
        (None, "publish --yes --annotations report.json"),
        (None, "publish --step-summary report.json"),
        (
            Some(("GITHUB_API_URL", "http://api.github.com")),
            "publish --github acme/shop#1 report.json",
        ),
    ] {
        let _ = publish(env.as_slice(), args).exits(2).prints_nothing();
    }
}

#[test]
fn a_report_that_cannot_be_read_says_why() {
    let newer = REPORT
        .replace("logverdict.report/1", "logverdict.report/2")
        .replace("\"verdict\": ", "\"judgement\": ");
    // An edit in one place: the verdict, and not its reasons.
    let halved = REPORT.replacen("\"verdict\": \"ROLL_BACK\"", "\"verdict\": \"PROCEED\"", 1);
    assert_ne!(halved, REPORT);
    let place = Place::new()
        .file("cut.json", &REPORT[..REPORT.len() / 2])
        .file("newer.json", newer)
        .file("edited.json", REPORT.replace("\"ROLL_BACK\"", "\"MAYBE\""))
        .file("halved.json", halved)
        .file("empty.json", "")
        .file("notes.txt", "hello");
    for (file, cause, hint) in [
        (
            "empty.json",
            "nothing is in it",
            "save it again: the whole output of --format json, up to its last }",
        ),
        (
            "newer.json",
            "a report of schema \"logverdict.report/2\"; this version reads \"logverdict.report/1\"",
            "a newer logverdict made it: update this one",
        ),
    ] {
        place
            .run(&format!("publish --annotations {file}"))
            .fails_with(3, &format!("{file}: {cause}"), hint);
    }
    for (file, words) in [
        ("cut.json", "a report that was cut"),
        ("edited.json", "unknown variant `MAYBE`"),
        ("halved.json", "contradict"),
        ("notes.txt", "not a report of logverdict"),
    ] {
        let run = place
            .run(&format!("publish --annotations {file}"))
            .exits(3)
            .prints_nothing();
        assert!(run.err.contains(words), "{}", run.err);
    }
}

#[test]
fn the_step_summary_is_added_to_up_to_its_limit() {
    let place = place()
        .file("summary.md", "before\n")
        .file("full.md", vec![b'x'; 1024 * 1024 - 100]);
    let args = ["publish", "--step-summary", "--annotations", "report.json"];
    let run = place
        .run_in(&[("GITHUB_STEP_SUMMARY", "summary.md")], &args, b"")
        .exits(0)
        .says_nothing();
    assert!(
        run.out
            .lines()
            .all(|l| l.starts_with("::error title=") || l.starts_with("::warning title=")),
        "{}",
        run.out
    );
    let summary = place.read("summary.md");
    assert!(summary.starts_with("before\n\n## ROLL BACK\n"), "{summary}");
    let run = place
        .run_in(&[("GITHUB_STEP_SUMMARY", "full.md")], &args, b"")
        .exits(3)
        .prints_nothing();
    assert!(run.err.contains("longer than 1 MiB"), "{}", run.err);
    assert_eq!(place.read("full.md").len(), 1024 * 1024 - 100);
}

#[test]
fn a_watch_keeps_its_comment_up_to_date_and_goes_on_without() {
    let place = Place::with_logs();
    let args = "monitor --from-files before.ndjson after.ndjson --deployed-at 2026-03-03T11:00:00Z --for 30m";
    let args: Vec<&str> = args.split(' ').chain(["--github", "acme/shop#12"]).collect();
    let answers = [(403, "{}"), (200, "[]"), (201, "{}")].map(|(status, body)| (status, body.to_owned()));
    let (address, requests) = serve(answers.to_vec());
    let env = [("GITHUB_API_URL", &*address), ("GH_TOKEN", TOKEN)];
    let run = place.run_in(&env, &args, b"").exits(0).prints("VERDICT: PROCEED");
    assert!(
        !run.err.contains("warning") && !run.err.contains("SECRET"),
        "{}",
        run.err
    );
    let asked: Vec<String> = requests.iter().collect();
    assert!(asked.len() == 3 && asked[2].contains("Verdicts so far"), "{asked:?}");
    let (address, _requests) = serve(vec![(401, "{}".to_owned())]);
    let env = [("GITHUB_API_URL", &*address), ("GH_TOKEN", TOKEN)];
    let run = place.run_in(&env, &args, b"").exits(0).prints("VERDICT: PROCEED");
    assert!(run.err.contains("warning: acme/shop#12: "), "{}", run.err);
    let _ = place.run_in(&[], &args, b"").exits(3).prints_nothing();
}
