//! Comments over real connections to an API on this machine that answers well, badly or not at all.

use std::sync::Arc;
use std::time::Duration;

use super::fake::{Fault, Github};
use super::*;
use crate::cloud::TestClock;
use crate::model::Timestamp;
use crate::publish::PublishErrorKind as Kind;
use crate::publish::fake::{Fake, answer};
use crate::verdict::Verdict;

const TOKEN: &str = "ghp_SECRET0000000000";
/// Seconds since 1970 of [`start`].
const NOW: i64 = 1_772_364_000;

fn start() -> Timestamp {
    Timestamp::parse("2026-03-01T11:20:00Z").unwrap()
}

fn report() -> Report {
    Report::from_json(include_str!("../../../tests/golden/full.json")).unwrap()
}

/// The same deploy, judged otherwise.
fn later() -> Report {
    let mut report = report();
    report.verdict = Verdict::Hold;
    report.reasons[0].message = "Too few requests @everyone <!-- logverdict:end 00 -->".to_owned();
    report
}

fn comment(port: u16) -> GithubComment {
    GithubComment {
        api: GithubApi::parse(&format!("http://127.0.0.1:{port}/")).unwrap(),
        issue: "acme/shop#1061".parse().unwrap(),
        key: CommentKey::of(&report()),
        author: None,
    }
}

struct Sent {
    result: Result<Posted, PublishError>,
    /// Waits, in seconds.
    sleeps: Vec<u64>,
}

impl Sent {
    fn how(&self) -> PostedHow {
        self.result.as_ref().unwrap().how
    }

    fn kind(&self) -> Kind {
        self.result.as_ref().unwrap_err().kind
    }

    fn cause(&self) -> &str {
        &self.result.as_ref().unwrap_err().cause
    }
}

/// Publishes; waits are virtual.
fn publish(github: &Github, report: &Report) -> Sent {
    publish_as(&comment(github.port), report)
}

fn publish_as(comment: &GithubComment, report: &Report) -> Sent {
    let clock = Arc::new(TestClock::at(start()));
    let mut options = SendOptions {
        clock: clock.clone(),
        ..SendOptions::for_github()
    };
    options.retries.attempt_timeout = Duration::from_secs(5);
    let token = GithubToken::parse(TOKEN).unwrap();
    let result = comment.publish(report, &token, &options);
    if let Err(error) = &result {
        assert!(!format!("{error} {error:?} {token:?}").contains("SECRET"), "{error:?}");
        assert!(!error.cause.is_empty() && !error.hint.is_empty());
    }
    let sleeps = clock.sleeps().iter().map(Duration::as_secs).collect();
    Sent { result, sleeps }
}

fn say(status: u16, headers: &str, message: &str) -> Fault {
    let body = format!("{{\"message\": \"{message}\"}}");
    Fault::Say(status, headers.to_owned(), body)
}

// --- One comment, kept up to date ---

#[test]
fn a_comment_is_created_updated_in_place_and_left_when_it_says_the_same() {
    let github = Github::start();
    github.state().add("somebody", "Nice.");
    let first = publish(&github, &report());
    assert_eq!(first.how(), PostedHow::Created);
    let url = first.result.unwrap().url.unwrap();
    assert!(url.ends_with("#issuecomment-1001"), "{url}");
    assert_eq!(publish(&github, &later()).how(), PostedHow::Updated);
    assert_eq!(publish(&github, &later()).how(), PostedHow::Unchanged);
    assert_eq!(
        github.asked(),
        [
            "GET /user",
            "GET /repos/acme/shop/issues/1061/comments?per_page=100&page=1",
            "POST /repos/acme/shop/issues/1061/comments",
            "GET /user",
            "GET /repos/acme/shop/issues/1061/comments?per_page=100&page=1",
            "PATCH /repos/acme/shop/issues/comments/1001",
            "GET /user",
            "GET /repos/acme/shop/issues/1061/comments?per_page=100&page=1",
        ]
    );
    let bodies = github.bodies();
    assert_eq!(bodies[0], "Nice.");
    let history = bodies[1].rsplit_once("Verdicts so far").unwrap().1;
    let verdicts: Vec<&str> = history.lines().filter(|l| l.starts_with("- ")).collect();
    assert!(
        verdicts[0].contains("**HOLD**, Too few requests") && verdicts[1].contains("**ROLL BACK**"),
        "{history}"
    );
    let request = github.state().requests[2].to_ascii_lowercase();
    for line in [
        format!("authorization: bearer {}", TOKEN.to_ascii_lowercase()),
        "accept: application/vnd.github+json".to_owned(),
        "x-github-api-version: 2022-11-28".to_owned(),
        "user-agent: logverdict/".to_owned(),
    ] {
        assert!(request.contains(&line), "{line}");
    }
}

#[test]
fn nobody_elses_comment_is_taken_for_ours() {
    let github = Github::start();
    let forged = report().to_comment(&CommentKey::of(&report()), None, "ab");
    github.state().add("attacker", &forged);
    // Ours, but of another key, and a text of ours that only shows the mark.
    github.state().add(
        "deployer",
        &report().to_comment(&CommentKey::named("other"), None, "ab"),
    );
    github.state().add("deployer", &format!("Look: {forged}"));
    github
        .state()
        .add("deployer", forged.split_once("logverdict:history").unwrap().0);
    assert_eq!(publish(&github, &report()).how(), PostedHow::Created);
    assert_eq!((github.bodies().len(), github.count("PATCH")), (5, 0));
    assert_eq!(github.bodies()[0], forged);
    let login = publish_as(
        &GithubComment {
            author: Some("ATTACKER".to_owned()),
            ..comment(github.port)
        },
        &later(),
    );
    assert_eq!(
        login.how(),
        PostedHow::Updated,
        "a login that is named is not asked for"
    );
}

#[test]
fn the_token_of_a_run_writes_as_its_bot() {
    let github = Github::start();
    github.state().login = None;
    github.state().writes_as = "github-actions[bot]".to_owned();
    assert_eq!(publish(&github, &report()).how(), PostedHow::Created);
    assert_eq!(publish(&github, &later()).how(), PostedHow::Updated);
    // The token of another app cannot ask either: it is told.
    let github = Github::start();
    github.state().login = None;
    github.state().writes_as = "acme-deploys[bot]".to_owned();
    let posted = publish(&github, &report()).result.unwrap();
    assert_eq!(posted.other_author.as_deref(), Some("acme-deploys[bot]"));
}

#[test]
fn all_pages_are_walked_with_and_without_links() {
    for has_links in [true, false] {
        let github = Github::start();
        github.state().has_links = has_links;
        for _ in 0..200 {
            github.state().add("somebody", "+1");
        }
        assert_eq!(publish(&github, &report()).how(), PostedHow::Created);
        assert_eq!(publish(&github, &later()).how(), PostedHow::Updated);
        assert_eq!(github.bodies().len(), 201);
        let doubled = github.bodies()[200].clone();
        github.state().add("deployer", &doubled);
        assert_eq!(publish(&github, &report()).result.unwrap().doubles, 1);
    }
    let github = Github::start();
    github.state().is_endless = true;
    let sent = publish(&github, &report());
    assert_eq!((sent.kind(), github.count("POST")), (Kind::TooMuch, 0));
    assert_eq!(github.count("GET /repos"), 50);
}

#[test]
fn a_comment_that_is_deleted_meanwhile_is_there_again_with_its_history() {
    let github = Github::start();
    publish(&github, &report()).result.unwrap();
    github.state().fault("PATCH", Fault::Deleted);
    assert_eq!(publish(&github, &later()).how(), PostedHow::Recreated);
    let bodies = github.bodies();
    assert!(bodies.len() == 1 && bodies[0].contains("**ROLL BACK**,"), "{bodies:?}");
}

// --- Never twice ---

#[test]
fn a_post_whose_answer_is_lost_is_looked_for_before_it_is_sent_again() {
    for (fault, posts) in [
        (Fault::DoneClose, 1),
        (Fault::DoneSay(502), 1),
        (Fault::DoneSay(500), 1),
        (Fault::Close, 2),
        (say(503, "", "busy"), 2),
    ] {
        let github = Github::start();
        github.state().fault("POST", fault);
        let sent = publish(&github, &report());
        assert_eq!((sent.how(), sent.sleeps), (PostedHow::Created, vec![5]));
        assert_eq!((github.bodies().len(), github.count("POST")), (1, posts));
    }
}

#[test]
fn after_the_last_attempt_there_is_a_last_look() {
    let github = Github::start();
    for _ in 0..5 {
        github.state().fault("POST", Fault::Close);
    }
    github.state().fault("POST", Fault::DoneClose);
    assert_eq!(publish(&github, &report()).how(), PostedHow::Created);
    assert_eq!((github.bodies().len(), github.count("POST")), (1, 6));
    let github = Github::start();
    github.state().fault("POST", Fault::DoneClose);
    for _ in 0..6 {
        github.state().fault("GET /repos", Fault::Close);
    }
    // The first of these is asked for before there is a POST: it passes, for the queue is in order.
    let sent = publish(&github, &report());
    assert!(sent.cause().contains("not known"), "{}", sent.cause());
    assert_eq!(github.count("POST"), 1);
    assert_eq!(
        publish(&github, &report()).how(),
        PostedHow::Unchanged,
        "the next run finds it"
    );
}

#[test]
fn the_comment_of_a_run_that_was_faster_is_updated() {
    let github = Github::start();
    let other = later().to_comment(&CommentKey::of(&report()), None, "0f");
    github.state().fault("POST", Fault::OtherClose(other));
    assert_eq!(publish(&github, &report()).how(), PostedHow::Updated);
    let bodies = github.bodies();
    assert!(bodies.len() == 1 && bodies[0].contains("**HOLD**,"), "{bodies:?}");
}

// --- Limits and refusals ---

#[test]
fn limits_are_waited_for_as_github_asks() {
    let reset = |seconds: i64| format!("x-ratelimit-remaining: 0\r\nx-ratelimit-reset: {}\r\n", NOW + seconds);
    for (request, fault, waits) in [
        ("POST", say(429, "retry-after: 7\r\n", ""), 7),
        ("POST", say(403, &reset(30), "API rate limit exceeded"), 31),
        ("POST", say(403, "", "You have exceeded a secondary rate limit."), 60),
        ("GET /user", say(403, "retry-after: 9\r\n", ""), 9),
        ("GET /repos", say(429, &reset(-5), ""), 5),
        ("GET /repos", say(500, "", ""), 5),
        ("GET /repos", Fault::Close, 5),
    ] {
        let github = Github::start();
        github.state().fault(request, fault);
        let sent = publish(&github, &report());
        assert_eq!(
            (sent.how(), sent.sleeps),
            (PostedHow::Created, vec![waits]),
            "{request}"
        );
        let posts = if request == "POST" { 2 } else { 1 };
        assert_eq!((github.bodies().len(), github.count("POST")), (1, posts));
        // What was refused was not done: nobody has to look.
        assert!(request != "POST" || github.count("GET /repos") == 1);
    }
    let github = Github::start();
    github
        .state()
        .fault("POST", say(403, &reset(3000), "API rate limit exceeded"));
    let sent = publish(&github, &report());
    assert_eq!((sent.kind(), sent.sleeps.len()), (Kind::RateLimited, 0));
    assert!(sent.cause().contains("3001 s"), "{}", sent.cause());
    let github = Github::start();
    for _ in 0..9 {
        github.state().fault("POST", say(429, "", ""));
    }
    let sent = publish(&github, &report());
    assert_eq!((sent.kind(), sent.sleeps), (Kind::RateLimited, vec![60, 120, 240]));
}

#[test]
fn refusals_have_a_cause_and_are_not_tried_again() {
    for (request, status, message, kind, words) in [
        (
            "GET /user",
            401,
            "Bad credentials",
            Kind::SignIn,
            "not, or no longer, valid",
        ),
        (
            "GET /repos",
            404,
            "Not Found",
            Kind::NotFound,
            "no such repository or issue",
        ),
        ("GET /repos", 410, "Issues are disabled", Kind::Gone, "disabled"),
        ("GET /repos", 301, "Moved Permanently", Kind::Redirected, "moved"),
        (
            "POST",
            403,
            "Unable to create comment because issue is locked.",
            Kind::Locked,
            "locked",
        ),
        ("POST", 422, "issue is Locked", Kind::Locked, "locked"),
        (
            "POST",
            403,
            "Resource not accessible by integration",
            Kind::Forbidden,
            "may not comment",
        ),
        (
            "POST",
            403,
            "Commenting is disabled on issues with more than 2500 comments",
            Kind::TooMuch,
            "all the comments",
        ),
        ("POST", 404, "Not Found", Kind::NotFound, "no such"),
        ("POST", 422, "Validation Failed", Kind::Refused, "422"),
    ] {
        let github = Github::start();
        github
            .state()
            .fault(request, say(status, "x-ratelimit-remaining: 4999\r\n", message));
        let sent = publish(&github, &report());
        assert_eq!((sent.kind(), sent.sleeps.len()), (kind, 0), "{status} {message}");
        assert!(sent.cause().starts_with("acme/shop#1061: "), "{}", sent.cause());
        assert!(sent.cause().contains(words), "{}", sent.cause());
        assert!(github.bodies().is_empty() && github.count("POST") <= 1);
    }
}

#[test]
fn the_token_goes_nowhere_else_and_garbage_is_named() {
    let elsewhere = Fake::start(vec![answer(200, "", "{\"login\": \"x\"}")]);
    let github = Github::start();
    let to = format!("location: http://127.0.0.1:{}/user\r\n", elsewhere.port);
    github.state().fault("GET /user", say(302, &to, ""));
    assert_eq!(publish(&github, &report()).kind(), Kind::Redirected);
    assert!(elsewhere.requests().is_empty());
    for (request, body) in [
        ("GET /user", "<html>"),
        ("GET /repos", "{}"),
        ("GET /repos", "[{\"id\": \"x\"}]"),
    ] {
        let github = Github::start();
        github
            .state()
            .fault(request, Fault::Say(200, String::new(), body.to_owned()));
        let sent = publish(&github, &report());
        assert_eq!((sent.kind(), github.count("POST")), (Kind::BadAnswer, 0), "{body}");
    }
    let github = Github::start();
    github
        .state()
        .fault("POST", Fault::Say(201, String::new(), "<html>".to_owned()));
    assert_eq!(
        publish(&github, &report()).how(),
        PostedHow::Created,
        "what it says of it is no matter"
    );
}

// --- What is given ---

#[test]
fn issues_addresses_and_tokens_are_checked() {
    for text in ["acme/shop#1061", " a.b-c/d_e.f#1 "] {
        assert_eq!(text.parse::<GithubIssue>().unwrap().to_string(), text.trim());
    }
    for text in [
        "",
        "acme/shop",
        "shop#1",
        "acme/shop#0",
        "acme/shop#-1",
        "acme/shop#+1",
        "a/b/c#1",
        "../..#1",
        "acme/..#1",
        "a b/c#1",
        "a/b?#1",
    ] {
        assert_eq!(text.parse::<GithubIssue>().unwrap_err().kind, Kind::BadGithub, "{text}");
    }
    let server = GithubApi::parse("https://github.example.com/api/v3/").unwrap();
    let issue = "acme/shop#1061".parse().unwrap();
    assert_eq!(
        server.comments(&issue),
        "https://github.example.com/api/v3/repos/acme/shop/issues/1061/comments"
    );
    for text in [
        "",
        "api.github.com",
        "http://api.github.com",
        "https://u:pw@a.example",
        "https://a.example?q=pw",
        "ftp://a.example",
    ] {
        let error = GithubApi::parse(text).unwrap_err();
        assert!(error.kind == Kind::BadGithub && !error.cause.contains("pw"), "{text}");
    }
    for text in ["", " \n", "two words", "line\nbreak", "ünï"] {
        assert_eq!(GithubToken::parse(text).unwrap_err().kind, Kind::BadGithub, "{text}");
    }
    assert_eq!(
        format!("{:?}", GithubToken::parse(" ghp_x\n").unwrap()),
        "GithubToken(...)"
    );
}

#[test]
fn a_draft_asks_nobody_and_shows_what_would_be_sent() {
    let draft = comment(1).draft(&report());
    assert_eq!(
        (draft.method, &*draft.url),
        ("POST", "http://127.0.0.1:1/repos/acme/shop/issues/1061/comments")
    );
    assert_eq!(
        draft.update_url,
        "http://127.0.0.1:1/repos/acme/shop/issues/comments/{id}"
    );
    assert!(
        draft.body.contains("## ROLL BACK") || draft.body.contains("## **"),
        "{}",
        draft.body
    );
}
