use super::*;

/// Texts that mention exceptions, files, lines or the word `at`, and are no traces.
const NONE: [&str; 67] = [
    "",
    "\n\n\n",
    "failed: ValueError: x",
    "ValueError: x",
    "Traceback (most recent call last):",
    "panic: out of stock",
    "Error: connect ECONNREFUSED 127.0.0.1:5432",
    "java.lang.NullPointerException",
    "    at Cart.total (/app/src/cart.js:31:11)",
    "  File \"/app/cart.py\", line 3, in total",
    "\tat com.acme.Cart.total(Cart.java:3)\n",
    "started at 10:00:00",
    "meeting\n    at noon",
    "worker\n    at 12:30:45",
    "next run\n  at 2026-03-01T10:00:00Z",
    "listening\n  at http://localhost:8080",
    "listening\n    at 0.0.0.0:8080",
    "pickup\n at Berlin (Tegel)",
    "pickup\n at Berlin (12:30:15)",
    "see\n at section 3 (page 4:5:6)",
    "the order\nat the counter (two:3:4)",
    "in total\n at most 3",
    "look at me\nat once",
    "error at line 3\ncolumn 4",
    "x\n  at",
    "x\n  at ",
    "x\n  at (",
    "x\n  at ()",
    "x\n  at .()",
    "price\n  at acme.shop(gold)",
    "File not found\n  File \"a.txt\"",
    "bad config\n  File \"config.yaml\", line 3, column 4",
    "yaml: error\n  in \"config.yaml\", line 3, column 9",
    "bad config\n  File \"config.yaml\", line 3",
    "bad config\n  File \"config.yaml\", line 3\nConfigError: x",
    "bad config\n  File \"config.yaml\", line 3\n    a: [\n       ^\nParserError: x\n",
    "bad config\n  File \"config.yaml\", line 3 in section",
    "retry\n  at 10.0.0.7:8080:1",
    "at least\n  at most [as agreed]",
    "a File \"x\", line 3, in y\nb",
    "Caused by: the weather\nand the traffic",
    "During handling of the above exception, another exception occurred:\n",
    "The above exception was the direct cause of the following exception:\n\n",
    "Stack trace:\nnone available",
    "see issue\n#0 and\n#1 too",
    "#1 fix\n#2 {main} branch",
    "#0  0x00007f in main () from /lib/libc.so",
    "goroutine leak\nfound",
    "goroutine 7 is asleep\nwake it",
    "open\n\t/app/main.go:12",
    "cannot open file\n\tmain.go:12: undefined: x",
    "./main.go:12:3: undefined: x\n./main.go:14:3: undefined: y",
    "error[E0308]: mismatched types\n --> src/main.rs:3:5\n  |\n3 |     x\n  |     ^ expected",
    "LINE 1: SELEC 1\n        ^\nhint: SELECT",
    "SELECT *\n  FROM orders\n WHERE a = 'x'\n",
    "compile failed\n    foo(\n       ^\nexpected )",
    "C:\\new\\table\\at home (a:1:2)",
    "path C:\\napp\\node:1:2",
    "{\n  \"at\": \"12:00\",\n  \"file\": \"/app/x.js:1:2\"\n}",
    "INFO:     127.0.0.1:41312 - \"GET /at/ HTTP/1.1\" 200\nINFO:     done",
    "user@https://example.com\nlogged in",
    "mail from a@http://x\nof 3:4",
    "thread 'main' is busy\nwait",
    "thread main panicked at the disco\n",
    "stock backtrace:\n 0: none",
    "GET /cart.rb:12\nin `total'",
    "1 validation error for Order\nitems\n  Field required [type=missing, input_value={}, input_type=dict]",
];

#[test]
fn texts_that_are_no_traces_are_none() {
    for text in NONE {
        let found = read(text, &InApp::default());
        assert!(found.is_none(), "{text:?}\n{found:#?}");
    }
}

#[test]
fn one_line_with_every_word_of_a_trace_is_none() {
    let line = NONE.join(" ").replace('\n', " ").replace("\\n", " ");
    assert!(read(&line, &InApp::default()).is_none());
    assert!(!looks_like("request 7 failed at 10:00 in total (a.js:1:2)"));
}

#[test]
fn access_logs_of_many_lines_are_none() {
    let text: String = (0..500)
        .map(|n| {
            format!(
                "10.0.0.{} - - \"GET /orders/{n} at 12:0{}:00\" 200 {n}\n",
                n % 250,
                n % 10
            )
        })
        .collect();
    assert!(!looks_like(&text) && read(&text, &InApp::default()).is_none());
}
