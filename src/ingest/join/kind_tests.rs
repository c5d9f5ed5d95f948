use super::Language::*;
use super::*;

/// What each line of a text is.
#[track_caller]
fn check(expected: &[(&str, Option<Kind>)]) {
    for (text, kind) in expected {
        assert_eq!(kind_of(text), *kind, "{text:?}");
    }
}

#[test]
fn ordinary_messages_are_no_parts() {
    for text in [
        "hello",
        "Request finished in 12 ms",
        "INFO:     203.0.113.7:4711 - \"GET / HTTP/1.1\" 200",
        "203.0.113.7 - - [01/Mar/2026] \"GET /\" 200",
        "[2026-03-01 10:42:53 +0000] [1] [ERROR] Worker (pid:6) exited with code 3",
        "[INFO] started",
        "{\"message\":\"x\"}",
        "ERROR: gate shut",
        "WebSocket is not connected. Need to call \"accept\" first.",
        "Failed to connect: timed out",
        "thread pool is full",
        "note: this is prose",
        "goroutine leak suspected",
        "at noon we close",
        "created by a user",
        "user created by a.b",
        "https://x.test/a?b=(1)",
        "GET /app/x.rb:10 (200)",
        "key=value",
        " one blank",
        "  \"room\": 17,",
        "/health",
        "...",
        "-- SQL",
        "#1 priority",
        "^ see above",
        "Stack trace: none",
        "File \"x\" was not found",
        "10:16:48.545 INFO  t.c.Travel: x",
        "2026/03/01 10:00:00 listening",
        "Next steps: restart",
        "WARNING: disk",
        "a\nb",
        "  indented\n  object",
        "ValueError: two lines\nof text",
        "café",
        "\u{1f534} alert",
    ] {
        assert_eq!(kind_of(text), None, "{text:?}");
    }
}

#[test]
fn lines_of_python() {
    check(&[
        ("Traceback (most recent call last):", Some(Kind::Start(Python))),
        ("  File \"/app/main.py\", line 12, in run", Some(Kind::Frame(Python))),
        ("File \"/app/main.py\", line 12, in run", Some(Kind::Frame(Python))),
        ("    raise ValueError(x)", Some(Kind::Detail)),
        ("    raise ValueError(x)\n", Some(Kind::Detail)),
        ("    ^^^^^^^^^", Some(Kind::Detail)),
        ("    ~~~^^^^", Some(Kind::Detail)),
        ("  [Previous line repeated 970 more times]", Some(Kind::Detail)),
        ("", Some(Kind::Detail)),
        ("\n", Some(Kind::Detail)),
        ("ValueError: bad thing", Some(Kind::Head)),
        ("KeyboardInterrupt", Some(Kind::Head)),
        ("StopIteration", Some(Kind::Head)),
        ("Exception: boom", Some(Kind::Head)),
        ("requests.exceptions.Timeout: read timed out", Some(Kind::Head)),
        ("asyncio.exceptions.CancelledError", Some(Kind::Head)),
        ("Timeout: 3 s", Some(Kind::MaybeHead)),
        ("socket.timeout: timed out", Some(Kind::MaybeHead)),
        ("zlib.error: Error -3", Some(Kind::MaybeHead)),
        (
            "During handling of the above exception, another exception occurred:",
            Some(Kind::Link),
        ),
        (
            "\nThe above exception was the direct cause of the following exception:\n",
            Some(Kind::Link),
        ),
        ("ERROR:    Exception in ASGI application", Some(Kind::Lead)),
        (
            "[2026-03-01 10:00:00 +0000] [7] [ERROR] Exception in worker process",
            Some(Kind::Lead),
        ),
        (
            "[2026-03-01 10:00:00,123] ERROR in app: Exception on /x [GET]",
            Some(Kind::Lead),
        ),
        (
            "  + Exception Group Traceback (most recent call last):",
            Some(Kind::Start(Python)),
        ),
        ("  |   File \"/app/main.py\", line 1, in x", Some(Kind::Frame(Python))),
        ("    | Traceback (most recent call last):", Some(Kind::Frame(Python))),
        ("    | ValueError: x", Some(Kind::Detail)),
        ("  +-+---------------- 1 ----------------", Some(Kind::Detail)),
    ]);
}

#[test]
fn lines_of_java_node_and_net() {
    check(&[
        ("\tat com.acme.Shop.pay(Shop.java:12)", Some(Kind::Frame(At))),
        (
            "\tat com.acme.Shop.pay(Shop.java:12) ~[app.jar:1.0]",
            Some(Kind::Frame(At)),
        ),
        (
            "\tat java.base/java.lang.Thread.run(Unknown Source)",
            Some(Kind::Frame(At)),
        ),
        ("\t... 12 more", Some(Kind::Frame(At))),
        ("... 3 frames omitted", Some(Kind::Frame(At))),
        ("Caused by: java.io.IOException: x", Some(Kind::Cause)),
        ("\tSuppressed: java.io.IOException: x", Some(Kind::Cause)),
        ("java.lang.IllegalStateException: x", Some(Kind::Head)),
        ("com.acme.Shop$Closed: x", Some(Kind::Head)),
        (
            "Exception in thread \"main\" java.lang.IllegalStateException: x",
            Some(Kind::Start(At)),
        ),
        ("    at pay (/app/shop.js:1:2)", Some(Kind::Frame(At))),
        ("    at async Promise.all (index 0)", Some(Kind::Frame(At))),
        ("    at /app/shop.js:1:2 {", Some(Kind::Frame(At))),
        ("    at node:internal/main/run_main_module:23:47", Some(Kind::Frame(At))),
        ("TypeError: x is not a function", Some(Kind::Head)),
        ("TypeError [ERR_INVALID_ARG_TYPE]: x", Some(Kind::Head)),
        ("Uncaught TypeError: x", Some(Kind::Head)),
        ("/app/shop.js:10", Some(Kind::Lead)),
        ("node:internal/modules/cjs/loader:1137", Some(Kind::Lead)),
        ("throw err;", Some(Kind::Lead)),
        ("^", Some(Kind::Detail)),
        ("code: 'MODULE_NOT_FOUND',", Some(Kind::Trailer(At))),
        ("}", Some(Kind::Trailer(At))),
        ("Node.js v20.11.0", Some(Kind::Trailer(At))),
        ("(node:1) UnhandledPromiseRejectionWarning: Error: x", Some(Kind::Lead)),
        (
            "Unhandled exception. System.InvalidOperationException: x",
            Some(Kind::Start(At)),
        ),
        (" ---> System.IO.IOException: x", Some(Kind::Cause)),
        (
            "   at Acme.Shop.Pay(String s) in /src/Shop.cs:line 10",
            Some(Kind::Frame(At)),
        ),
        ("   --- End of inner exception stack trace ---", Some(Kind::Frame(At))),
        (
            "--- End of stack trace from previous location ---",
            Some(Kind::Frame(At)),
        ),
    ]);
}

#[test]
fn lines_of_go_rust_ruby_and_php() {
    check(&[
        ("panic: runtime error: index out of range", Some(Kind::Start(Go))),
        (
            "2026/03/01 10:00:00 http: panic serving 10.0.0.1:80: x",
            Some(Kind::Start(Go)),
        ),
        (
            "[signal SIGSEGV: segmentation violation code=0x1]",
            Some(Kind::Trailer(Go)),
        ),
        ("goroutine 1 [running]:", Some(Kind::Frame(Go))),
        ("main.main()", Some(Kind::Call)),
        ("main.(*Server).run(0xc000010000, {0x1, 0x2})", Some(Kind::Call)),
        ("net/http.(*conn).serve(0xc0000b2000)", Some(Kind::Call)),
        ("\t/app/main.go:12 +0x1d", Some(Kind::Frame(Go))),
        ("\tapp/main.go:12 +0x1d", Some(Kind::Frame(Go))),
        ("created by main.main in goroutine 1", Some(Kind::Frame(Go))),
        ("exit status 2", Some(Kind::Trailer(Go))),
        ("thread 'main' panicked at src/main.rs:4:5:", Some(Kind::Start(Rust))),
        ("called `Option::unwrap()` on a `None` value", Some(Kind::Reason)),
        ("stack backtrace:", Some(Kind::Frame(Rust))),
        ("   0: rust_begin_unwind", Some(Kind::Detail)),
        (
            "             at /rustc/a/library/std/src/panicking.rs:689:5",
            Some(Kind::Frame(Rust)),
        ),
        (
            "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
            Some(Kind::Trailer(Rust)),
        ),
        (
            "/app/shop.rb:10:in `pay': closed (RuntimeError)",
            Some(Kind::Start(Ruby)),
        ),
        (
            "shop.rb:10:in 'Shop#pay': closed (RuntimeError)",
            Some(Kind::Start(Ruby)),
        ),
        ("\tfrom /app/shop.rb:20:in `<main>'", Some(Kind::Frame(Ruby))),
        ("app/models/shop.rb:10:in `pay'", Some(Kind::Frame(Ruby))),
        ("ActiveRecord::RecordNotFound (Couldn't find Room):", Some(Kind::Head)),
        (
            "PHP Fatal error:  Uncaught Exception: closed in /app/shop.php:3",
            Some(Kind::Start(Php)),
        ),
        ("Stack trace:", Some(Kind::Frame(Php))),
        ("#0 /app/shop.php(12): pay()", Some(Kind::Frame(Php))),
        ("#1 {main}", Some(Kind::Frame(Php))),
        ("  thrown in /app/shop.php on line 3", Some(Kind::Detail)),
        ("Next RuntimeException: x in /app/a.php:1", Some(Kind::Cause)),
    ]);
}

#[test]
fn traces_in_one_entry() {
    check(&[
        (
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nValueError: x\n",
            Some(Kind::Whole(Python)),
        ),
        (
            "ERROR:    Exception in ASGI application\nTraceback (most recent call last):\n  File \"a.py\", line 1\nX: y",
            Some(Kind::Whole(Python)),
        ),
        (
            "\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"a.py\", line 1",
            Some(Kind::LinkedWhole),
        ),
        ("Error: x\n    at f (a.js:1:2)", Some(Kind::Whole(At))),
        (
            "com.acme.Closed: two\nlines\n\tat com.acme.Shop.pay(Shop.java:1)",
            Some(Kind::Whole(At)),
        ),
        ("panic: x\n\ngoroutine 1 [running]:\nmain.main()", Some(Kind::Whole(Go))),
        (
            "goroutine 1 [running]:\nmain.main()\n\t/app/main.go:1",
            Some(Kind::Frame(Go)),
        ),
    ]);
    let long = format!("Traceback (most recent call last):\n{}", "x".repeat(PART_BYTES_MAX));
    assert_eq!(kind_of(&long), None);
}
