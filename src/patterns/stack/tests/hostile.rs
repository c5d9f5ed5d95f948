use super::super::{BYTES_HEAD, BYTES_TAIL, CHAIN_MAX, FRAMES_MAX, MESSAGE_BYTES_MAX, NAME_BYTES_MAX, text};
use super::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Pieces that meet every branch of every parser.
const PIECES: [&str; 67] = [
    "\n",
    "\r\n",
    " ",
    "\t",
    "    ",
    "at ",
    "at f (/app/a.js:1:2)",
    "at com.acme.A.b(A.java:3)",
    "at Acme.Cart.Total(String id) in /src/Cart.cs:line 12",
    "at A.B.C()",
    "at async Promise.all (index 0)",
    "at eval (eval at x (a.js:1:2), <anonymous>:1:1)",
    "Traceback (most recent call last):",
    "  File \"/app/a.py\", line 3, in f",
    "  File \"/app/a.py\", line 3",
    "    ~~~^^^",
    "ValueError: x",
    "ValueError",
    "  + Exception Group Traceback (most recent call last):",
    "  | ",
    "    | ",
    "  +-+---------------- 1 ----------------",
    "    +---------------- 2 ----------------",
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
    "[Previous line repeated 9 more times]",
    "│ /app/main.py:12 in total │",
    "╭── Traceback (most recent call last) ──╮",
    "╰──╯",
    "[cause]: Error: y",
    "[errors]: [",
    "]",
    "{",
    "}",
    "code: 'E_X',",
    "Caused by: a.B: c",
    "Wrapped by: a.B: c",
    "Suppressed: a.B: c",
    "... 12 more",
    "Original Stack Trace:",
    "Exception in thread \"x\" ",
    "panic: x",
    "panic: (*a.B) 0x1",
    "fatal error: x",
    "goroutine 1 [running]:",
    "main.f(0x1)",
    "\t/app/a.go:3 +0x1",
    "/app/a.go:3 (0x1)",
    "created by main.f in goroutine 1",
    "panic({0x1})",
    " ---> ",
    "--- End of inner exception stack trace ---",
    "(Inner Exception #0) ",
    "<---",
    "/app/a.rb:3:in `f': m (E)",
    "from /app/a.rb:3:in 'A#f'",
    "Uncaught E: m in /app/a.php:3",
    "#0 /app/a.php(3): f()",
    "thread 'main' panicked at src/a.rs:1:2:",
    "stack backtrace:",
    "   0: a::b",
    "\\n",
    "Current thread 0x1 (most recent call first):",
    "  File \"/app/a.py\", line 3 in f",
    "Stack (most recent call last):",
    "\\\"",
    "\u{1b}[31m",
];

fn runner() -> TestRunner {
    let config = Config {
        cases: 1_500,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// What holds for every text.
fn check(text: &str) {
    let rules = InApp::default();
    let Some(stack) = read(text, &rules) else { return };
    assert!(looks_like(text), "read finds what looks_like does not: {text:?}");
    assert!(stack.thrown.len() <= CHAIN_MAX && stack.frames.len() <= FRAMES_MAX);
    assert!(stack.thrown.is_empty() || stack.named < stack.thrown.len());
    assert!(
        stack
            .thrown
            .iter()
            .all(|t| t.message.len() <= MESSAGE_BYTES_MAX && t.type_name.len() <= NAME_BYTES_MAX)
    );
    assert!(
        stack
            .frames
            .iter()
            .all(|f| f.place.len() <= NAME_BYTES_MAX && f.function.len() <= NAME_BYTES_MAX)
    );
    assert!(!stack.thrown.is_empty() || !stack.frames.is_empty());
    assert!(!stack.frames.is_empty() || stack.is_cut);
    let whole = read_whole(text, &rules).expect("both ways of reading agree");
    assert_eq!((whole.class(), whole.title()), (stack.class(), stack.title()));
    assert!(!stack.title().contains('\n'));
}

#[test]
fn pieces_of_traces_in_any_order_never_panic() {
    let pieces = prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40);
    let separator = prop::sample::select(vec!["\n", "", " ", "\\n"]);
    runner()
        .run(&(pieces, separator), |(pieces, separator)| {
            check(&pieces.join(separator));
            Ok(())
        })
        .unwrap();
}

#[test]
fn random_bytes_as_text_never_panic() {
    let bytes = prop::collection::vec(any::<u8>(), 0..600);
    runner()
        .run(
            &(
                bytes,
                prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..6),
            ),
            |(bytes, pieces)| {
                check(&String::from_utf8_lossy(&bytes));
                let mut mixed = String::new();
                for (at, piece) in pieces.iter().enumerate() {
                    mixed.push_str(&String::from_utf8_lossy(
                        &bytes[bytes.len() * at / 7..bytes.len() * (at + 1) / 7],
                    ));
                    mixed.push('\n');
                    mixed.push_str(piece);
                }
                check(&mixed);
                Ok(())
            },
        )
        .unwrap();
}

#[test]
fn random_characters_never_panic() {
    runner()
        .run(&"\\PC{0,200}(\n[ \t]{0,8}at \\PC{0,40}){0,4}", |text| {
            check(&text);
            Ok(())
        })
        .unwrap();
}

/// The parsers see at most this much, whatever the message: work cannot grow beyond it.
#[test]
fn a_window_bounds_the_work() {
    for unit in ["x", "\n", "at f (/app/a.js:1:2)\n", "ä\n", "\u{1b}[31mé"] {
        for size in [1 << 17, (1 << 17) + 1, 1 << 18, 20_000_000] {
            let text = unit.repeat(size / unit.len() + 1);
            assert!(text::window(&text).text.len() <= BYTES_HEAD + BYTES_TAIL + 1);
        }
    }
}

#[test]
fn endless_traces_are_read_by_their_ends() {
    let frames = "\tat com.acme.tree.Node.walk(Node.java:8)\n".repeat(1_000_000);
    let java = stack(&format!(
        "java.lang.StackOverflowError: deep\n{frames}Caused by: a.Root: r\n\tat com.acme.Main.main(Main.java:1)\n"
    ));
    assert!(java.is_cut && java.message() == "r");
    let frames = "  File \"/app/tree.py\", line 8, in walk\n    walk(child)\n".repeat(400_000);
    let python = stack(&format!(
        "Traceback (most recent call last):\n{frames}RecursionError: deep\n"
    ));
    assert_eq!(python.title(), "RecursionError: deep in walk (tree.py)");
    assert_eq!((python.is_cut, python.frames.len()), (true, 1));
}

#[test]
fn endless_distinct_frames_keep_the_nearest() {
    let frames: String = (0..100_000).map(|n| format!("    at f{n} (/app/a.js:1:2)\n")).collect();
    let text = format!("Error: x\n{frames}");
    assert_eq!(stack(&text).frames[2].function, "f2");
    let whole = read_whole(&text, &InApp::default()).unwrap();
    assert_eq!(whole.frames.len(), FRAMES_MAX);
}

#[test]
fn long_chains_keep_both_ends() {
    let text = |n: usize| {
        let causes: String = (1..=n)
            .map(|k| format!("Caused by: a.E{k}: m{k}\n\tat com.acme.A.f{k}(A.java:1)\n"))
            .collect();
        format!("a.E0: m0\n\tat com.acme.A.f0(A.java:1)\n{causes}")
    };
    let stack = stack(&text(1_000));
    assert_eq!(stack.thrown.len(), CHAIN_MAX);
    assert_eq!(
        (stack.message(), stack.thrown[CHAIN_MAX - 1].message.as_str()),
        ("m1000", "m0")
    );
}

/// Each of these shapes once tempted a parser to look back over what it had seen.
#[test]
fn twenty_megabytes_of_anything_are_read() {
    for unit in [
        "Error [Error (Error: ",
        "Error     ",
        "Caused by: a.B: c\n",
        " ---> A.B: c\n",
        "  | +-+--\n",
        "\\\\\\n",
        "panic: x\n",
        "'",
        "\u{1b}[",
    ] {
        let body = unit.repeat(20_000_000 / unit.len());
        for text in [
            body.clone(),
            format!("Error: x\n    at f (/app/a.js:1:2)\n{body}"),
            format!("{body}\n\tat com.acme.A.b(A.java:3)"),
        ] {
            check(&text);
        }
    }
}
