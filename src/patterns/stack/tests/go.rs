use super::*;

fn trace(panic: &str) -> String {
    format!(
        "{panic}\n\ngoroutine 18 [running]:\ngithub.com/acme/shop/cart.(*Cart).Total(0xc000112a80, {{0xc0000b2000, 0x3}})\n\t/workspace/cart/cart.go:41 +0x1d\n\
         github.com/acme/shop/api.(*Server).create.func1()\n\t/workspace/api/server.go:112 +0x85\nnet/http.HandlerFunc.ServeHTTP(...)\n\t/usr/local/go/src/net/http/server.go:2136\n\
         created by net/http.(*Server).Serve in goroutine 1\n\t/usr/local/go/src/net/http/server.go:3086 +0x5cb\n"
    )
}

#[test]
fn five_types_are_five_groups() {
    let panics = [
        "panic: runtime error: index out of range [5] with length 3",
        "panic: runtime error: integer divide by zero",
        "panic: assignment to entry in nil map",
        "panic: interface conversion: interface {} is nil, not string",
        "panic: (*shop.OutOfStock) 0xc00001a0c0",
        "panic: out of stock",
        "fatal error: concurrent map writes",
    ];
    all_differ(&panics.map(trace));
}

#[test]
fn lines_addresses_goroutines_and_versions_do_not_split() {
    let text = trace("panic: runtime error: index out of range [5] with length 3");
    let moved = text
        .replace("[5] with length 3", "[12] with length 9")
        .replace("goroutine 18 [running]", "goroutine 4711 [running, locked to thread]")
        .replace("0xc000", "0xc00f")
        .replace(".go:41 +0x1d", ".go:44 +0x2f")
        .replace("func1()", "func2()")
        .replace("/workspace/", "/src/")
        .replace("acme/shop/", "acme/shop/v2/");
    one_class(&[&text, &moved]);
    assert_ne!(text, moved);
}

#[test]
fn another_place_of_the_application_is_another_group() {
    let text = trace("panic: x");
    all_differ(&[
        text.clone(),
        text.replace("Total", "Refund"),
        text.replace("cart/cart.go", "cart/lines.go"),
        text.replace("shop/cart", "shop/basket"),
    ]);
}

#[test]
fn libraries_do_not_count_where_the_application_has_frames() {
    let text = trace("panic: x");
    let library = |name: &str| {
        format!(
            "github.com/lib/pq.{name}(0x1)\n\t/go/pkg/mod/github.com/lib/pq@v1.10.9/conn.go:3 +0x1\ngithub.com/acme/shop/cart"
        )
    };
    let deeper = |name: &str| text.replacen("github.com/acme/shop/cart", &library(name), 1);
    one_class(&[&text, &deeper("(*conn).exec"), &deeper("(*conn).doExec")]);
}

#[test]
fn only_the_goroutine_that_panicked_counts() {
    let text = trace("panic: x");
    let more = format!("{text}\ngoroutine 9 [select]:\nmain.worker()\n\t/workspace/main.go:3 +0x1\n");
    one_class(&[&text, &more]);
}

#[test]
fn deferred_functions_above_the_panic_do_not_count() {
    let recovered = "2026/03/01 http: panic serving 10.0.0.7:4312: x\n\ngoroutine 51 [running]:\nruntime/debug.Stack()\n\t/usr/local/go/src/runtime/debug/stack.go:24 +0x5e\n\
         github.com/acme/shop/api.recoverPanics.func1()\n\t/workspace/api/recover.go:19 +0x4c\npanic({0x8d1c20?, 0xc0002a4c90?})\n\t/usr/local/go/src/runtime/panic.go:914 +0x21f\n";
    let text = trace("panic: x");
    let frames = text.split_once("[running]:\n").unwrap().1;
    one_class(&[&text, &format!("{recovered}{frames}")]);
}

#[test]
fn repeated_panics_are_a_chain() {
    let text = trace("panic: first [recovered]\n\tpanic: runtime error: integer divide by zero");
    assert_eq!(types(&text), ["panic", "runtime error: integer divide by zero"]);
    assert_eq!(stack(&text).message(), "first");
    one_class(&[
        &trace("panic: first"),
        &trace("panic: first [recovered]\n\tpanic: first"),
        &trace("panic: first [recovered, reraised]"),
    ]);
}

#[test]
fn traces_without_goroutines_are_read() {
    let zap = "reserve failed\ngithub.com/acme/shop/cart.Reserve\n\t/workspace/cart/cart.go:12\nmain.main\n\t/workspace/main.go:3";
    let stack = stack(zap);
    assert_eq!(
        stack.title(),
        "go stack: reserve failed in Reserve (github.com/acme/shop/cart/cart.go)"
    );
    assert!(!stack.is_cut);
}

#[test]
fn a_panic_without_frames_is_cut() {
    let stack = stack("panic: x\n\ngoroutine 1 [running]:\n");
    assert!(stack.is_cut && stack.frames.is_empty());
    assert_eq!(stack.class(), "go\npanic");
}
