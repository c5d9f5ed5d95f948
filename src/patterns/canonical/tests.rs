//! What the masks say about texts as they occur.

use super::{INPUT_BYTES_MAX, MASKS, specified};

fn becomes(cases: &[(&str, &str)]) {
    for (text, canonical) in cases {
        assert_eq!(specified(text), *canonical, "{text:?}");
        assert_eq!(specified(canonical), *canonical, "a second time: {text:?}");
    }
}

#[test]
fn decoration_goes() {
    becomes(&[
        ("  padded \t text\r\n  over lines \n", "padded text over lines"),
        ("\u{1b}[31;1mred\u{1b}[0m text", "red text"),
        ("[🔴] RACE ⚠️ FOUND", "[ ] RACE FOUND"),
        ("a → b │ c", "a b c"),
        ("Müller nicht gefunden", "Müller nicht gefunden"),
        ("見つかりません 12", "見つかりません <num>"),
        ("", ""),
        (" ", ""),
        ("\u{2}12", "<num>"),
    ]);
}

#[test]
fn what_carries_meaning_stays() {
    becomes(&[
        ("\"GET /health HTTP/1.1\" 503", "\"GET /health HTTP/<num>\" 503"),
        ("status: 404", "status: 404"),
        ("status code 500 after 3 tries", "status code 500 after <num> tries"),
        ("{\"status\":502,\"n\":7}", "{\"status\":502,\"n\":<num>}"),
        ("HTTP 502 from upstream", "HTTP 502 from upstream"),
        ("req_123: 403: Not authenticated", "req_<num>: 403: Not authenticated"),
        ("rejected (403 Forbidden)", "rejected (403 Forbidden)"),
        (
            "Worker (pid:6) exited with code 3",
            "Worker (pid:<num>) exited with code 3",
        ),
        ("Container called exit(3).", "Container called exit(3)."),
        ("exit status 1", "exit status 1"),
        ("killed by signal 9", "killed by signal 9"),
        ("[Errno 111] Connection refused", "[Errno 111] Connection refused"),
        ("ORA-00942: no such table", "ORA-00942: no such table"),
        ("E1234 failed", "E1234 failed"),
        ("SQLSTATE[42P01]: undefined", "SQLSTATE[42P01]: undefined"),
        ("grpc code = 14", "grpc code = 14"),
        ("ERR_SOCKET_CLOSED ECONNRESET", "ERR_SOCKET_CLOSED ECONNRESET"),
        ("No module named 'app.services.x'", "No module named 'app.services.x'"),
        ("Need to call \"accept\" first", "Need to call \"accept\" first"),
        (
            "'dict' object has no attribute 'get'",
            "'dict' object has no attribute 'get'",
        ),
        ("and/or n/a std::bad_alloc", "and/or n/a std::bad_alloc"),
        ("can't and won't", "can't and won't"),
    ]);
}

#[test]
fn values_are_typed() {
    becomes(&[
        ("see https://example.org/a?b=1#c.", "see <url>"),
        ("to bob@example.com now", "to <email> now"),
        ("req_3f2b8c1e-0b1a-4c55-9a9e-1d2c3b4a5f60", "req_<uuid>"),
        ("open /etc/app/conf.d/x.toml: denied", "open <path> denied"),
        (r"at C:\Users\ann\a.txt", "at <path>"),
        ("peers 10.0.0.7:8080, fe80::1", "peers <ip>"),
        ("from 00:1A:2b:3c:4d:5e", "from <addr>"),
        ("at 2026-03-01T10:00:00.123456Z x", "at <time> x"),
        ("[2026-03-01 10:00:00 +0000] x", "[<time>] x"),
        ("[10/Oct/2026:13:55:36 -0700] x", "[<time>] x"),
        ("Sun Mar 01 10:00:00 2026: x", "<time>: x"),
        (
            "took 1h2m3s, 950ms or 1.5s",
            "took <duration>, <duration> or <duration>",
        ),
        ("used 512MiB of 2GB", "used <size> of <size>"),
        ("99.9% of 1,234,567 at -1.5e-7", "<num>% of <num> at <num>"),
        ("[1, 2, 3] and (4,5)", "[<num>] and (<num>)"),
        ("commit 7f9c4d1 at 0x7f3a2b", "commit <hex> at <hex>"),
        ("<Foo object at 0x7f3a2b>", "<Foo object at <hex>>"),
        (
            "blk_-123 attempt_1445_0020_m_000001_0",
            "blk_<num> attempt_<num>_<num>_m_<num>_<num>",
        ),
        ("app-7f9c4d-x2x", "app-<hex>-x<num>x"),
        ("node-12.example.org:8080", "node-<num>.example.org:<num>"),
        ("v1.2.3 of log4j", "v<num> of log<num>j"),
        ("key a1b2c3d and x9y8z7", "key <hex> and <id>"),
        ("Bearer eyJhbGciOi.eyJzdWIi.sIgn4ture", "Bearer <token>"),
    ]);
}

#[test]
fn only_the_start_of_a_message_is_looked_at() {
    let text = "é".repeat(INPUT_BYTES_MAX);
    assert_eq!(specified(&text).len(), INPUT_BYTES_MAX);
    let odd = format!("a{text}");
    assert_eq!(specified(&odd).len(), INPUT_BYTES_MAX - 1);
    assert_eq!(specified(&"1 ".repeat(20_000)).split(' ').count(), INPUT_BYTES_MAX / 2);
}

#[test]
fn masks_are_few_named_once_and_explained() {
    assert!(MASKS.len() <= 28, "{}", MASKS.len());
    let mut names: Vec<&str> = MASKS.iter().map(|mask| mask.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), MASKS.len());
    assert!(MASKS.iter().all(|mask| !mask.why.is_empty()));
}
