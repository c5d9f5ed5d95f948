use super::*;

fn trace(error: &str) -> String {
    format!(
        "Traceback (most recent call last):\n  File \"/usr/local/lib/python3.12/site-packages/fastapi/routing.py\", line 191, in run\n    \
         return await call()\n  File \"/app/app/cart.py\", line 17, in total\n    return price(item)\n           ^^^^^^^^^^^\n{error}\n"
    )
}

#[test]
fn five_types_are_five_groups() {
    let errors = [
        "ValueError: 7",
        "KeyError: 7",
        "TypeError: 7",
        "app.errors.OutOfStock: 7",
        "AssertionError",
    ];
    all_differ(&errors.map(trace));
}

#[test]
fn lines_addresses_and_ids_do_not_split() {
    let moved = "Traceback (most recent call last):\n  File \"/opt/venv/lib/python3.13/site-packages/fastapi/routing.py\", line 212, in run\n    \
         return await other(call)\n  File \"/workspace/app/cart.py\", line 23, in total\n    return price(item, None)\nValueError: item 99 of <Cart object at 0x7f99>\n";
    one_class(&[&trace("ValueError: item 7 of <Cart object at 0x7f12>"), moved]);
}

#[test]
fn another_place_of_the_application_is_another_group() {
    let text = trace("ValueError: 7");
    all_differ(&[
        text.clone(),
        text.replace("in total", "in refund"),
        text.replace("app/cart.py", "app/order.py"),
    ]);
}

#[test]
fn libraries_do_not_count_where_the_application_has_frames() {
    let deeper = trace("ValueError: 7").replace(
        "ValueError",
        "  File \"/usr/local/lib/python3.12/site-packages/pydantic/main.py\", line 3, in validate\n    raise\nValueError",
    );
    let renamed = deeper
        .replace("in validate", "in __validate_python")
        .replace("pydantic/main", "pydantic/_core");
    one_class(&[&trace("ValueError: 7"), &deeper, &renamed]);
}

#[test]
fn declared_causes_name_the_group_and_contexts_do_not() {
    let second = trace("RuntimeError: outer").replace("in total", "in handler");
    let because = "\nThe above exception was the direct cause of the following exception:\n\n";
    let during = "\nDuring handling of the above exception, another exception occurred:\n\n";
    let caused = stack(&format!("{}{because}{second}", trace("KeyError: 'a'")));
    assert_eq!((caused.message(), caused.named), ("'a'", 0));
    let context = stack(&format!("{}{during}{second}", trace("KeyError: 'a'")));
    assert_eq!((context.message(), context.named), ("outer", 1));
    assert_eq!(context.thrown.len(), 2);
    assert_ne!(caused.class(), context.class());
    let first = trace("OSError: first");
    let mixed = stack(&format!("{first}{during}{}{because}{second}", trace("KeyError: 'a'")));
    assert_eq!(mixed.message(), "'a'");
    assert_eq!(types(&format!("{first}{during}{second}")), ["OSError", "RuntimeError"]);
}

#[test]
fn members_of_a_group_may_come_in_any_order() {
    let group = |first: &str, second: &str| {
        format!(
            "  + Exception Group Traceback (most recent call last):\n  |   File \"/app/main.py\", line 3, in run\n  |     await all()\n  \
             | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    \
             | Traceback (most recent call last):\n    |   File \"/app/cart.py\", line 9, in {first}\n    |     pass\n    \
             | {first}Error: 1\n    +---------------- 2 ----------------\n    | Traceback (most recent call last):\n    \
             |   File \"/app/cart.py\", line 19, in {second}\n    |     pass\n    | {second}Error: 2\n    +------------------------------------\n"
        )
    };
    one_class(&[&group("Stock", "Price"), &group("Price", "Stock")]);
    let stack = stack(&group("Stock", "Price"));
    assert_eq!(stack.title(), "PriceError: 2 in Price (cart.py)");
    assert_eq!(stack.thrown.len(), 2);
}

#[test]
fn recursion_collapses() {
    let deep = |depth: usize| {
        let frame = "  File \"/app/app/tree.py\", line 8, in walk\n    walk(child)\n";
        format!(
            "Traceback (most recent call last):\n  File \"/app/app/main.py\", line 3, in main\n    walk(root)\n{}  \
             [Previous line repeated {} more times]\nRecursionError: maximum recursion depth exceeded\n",
            frame.repeat(depth),
            depth * 300
        )
    };
    one_class(&[&deep(1), &deep(3), &deep(1_000)]);
    assert_eq!(stack(&deep(3)).frames.len(), 2);
}

#[test]
fn comprehensions_are_no_frames() {
    let with = trace("ValueError: 7").replace(
        "ValueError: 7",
        "  File \"/app/app/cart.py\", line 17, in <listcomp>\n    x\nValueError: 7",
    );
    one_class(&[&trace("ValueError: 7"), &with]);
}

#[test]
fn a_trace_cut_above_keeps_its_class_while_its_last_frames_are_left() {
    let text = trace("ValueError: 7");
    let cut = &text[text.find("  File \"/app/app").unwrap()..];
    assert_eq!(class(cut), class(&text));
    assert!(stack(cut).is_cut && !stack(&text).is_cut);
}

#[test]
fn a_trace_cut_below_has_no_exception() {
    let text = trace("ValueError: 7");
    let cut = stack(&text[..text.find("ValueError").unwrap()]);
    assert!(cut.is_cut && cut.thrown.is_empty() && cut.message().is_empty());
    assert_eq!(cut.title(), "python stack in total (app/cart.py)");
}

#[test]
fn only_the_exception_is_left() {
    for text in [
        "Traceback (most recent call last):\nValueError: x",
        "    return a / b\n           ~~^~~\nValueError: x",
    ] {
        let stack = stack(text);
        assert!(stack.is_cut && stack.frames.is_empty());
        assert_eq!(stack.class(), "python\nValueError");
    }
}

#[test]
fn calls_of_a_log_line_have_its_text() {
    let text = "slow query: 812 ms\nStack (most recent call last):\n  File \"/app/app/db.py\", line 3, in query\n    log.warning()";
    let found = stack(text);
    assert_eq!(found.title(), "python stack: slow query: 812 ms in query (app/db.py)");
    assert!(!found.is_cut);
}

#[test]
fn crashes_of_the_interpreter_are_read() {
    let thread = |name: &str, function: &str| {
        format!(
            "{name} 0x00007f2a (most recent call first):\n  File \"/app/app/{function}.py\", line 3 in {function}\n  File \"/app/app/main.py\", line 9 in main\n\n"
        )
    };
    let text = format!(
        "Fatal Python error: Segmentation fault\n\n{}{}{}",
        thread("Thread", "poll"),
        thread("Current thread", "parse"),
        thread("Thread", "wait")
    );
    assert_eq!(
        stack(&text).title(),
        "Fatal Python error: Segmentation fault in parse (app/parse.py)"
    );
    assert_eq!(stack(&text).frames.len(), 2);
}

#[test]
fn log_lines_after_a_cut_trace_are_not_its_exception() {
    let text = trace("INFO:     Application shutdown complete.");
    assert!(stack(&text).thrown.is_empty());
}

#[test]
fn the_first_of_several_lines_is_the_message() {
    let text =
        trace("sqlalchemy.exc.IntegrityError: duplicate key\nDETAIL: Key (id)=(7) already exists.\n[SQL: INSERT]");
    assert_eq!(stack(&text).message(), "duplicate key");
}
