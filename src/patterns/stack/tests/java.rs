use super::*;

fn trace(error: &str) -> String {
    format!(
        "{error}\n\tat com.acme.shop.Cart.total(Cart.java:41)\n\tat com.acme.shop.Orders.create(Orders.java:27)\n\t\
         at org.springframework.web.method.InvocableHandlerMethod.doInvoke(InvocableHandlerMethod.java:190)\n\t\
         at java.base/java.lang.Thread.run(Thread.java:833)\n"
    )
}

#[test]
fn five_types_are_five_groups() {
    let errors = [
        "java.lang.IllegalStateException: 7",
        "java.lang.NullPointerException",
        "java.lang.IllegalArgumentException: 7",
        "com.acme.shop.OutOfStock: 7",
        "com.acme.OutOfStock: 7",
    ];
    all_differ(&errors.map(trace));
}

#[test]
fn lines_threads_jars_and_counters_do_not_split() {
    let moved = "Exception in thread \"pool-9-thread-12\" com.acme.shop.OutOfStock: item 99\n\tat com.acme.shop.Cart.total(Cart.java:44) ~[shop.jar:2.0]\n\t\
         at com.acme.shop.Orders.create(Orders.java:29) ~[shop.jar:2.0]\n\t... 12 more\n";
    one_class(&[&trace("com.acme.shop.OutOfStock: item 7"), moved]);
    one_class(&[
        "a.B: x\n\tat com.acme.Cart.lambda$total$3(Cart.java:1)\n\tat com.acme.Cart$1.run(Cart.java:2)",
        "a.B: x\n\tat com.acme.Cart.lambda$total$11(Cart.java:9)\n\tat com.acme.Cart$7.run(Cart.java:9)",
        "a.B: x\n\tat app//com.acme.Cart.lambda$total$11(Cart.java:9)\n\tat com.acme.Cart$$Lambda$14/0x0000000800c03a40.apply(Unknown Source)\n\tat com.acme.Cart$7.run(Cart.java:9)",
    ]);
    one_class(&[
        "a.B: x\n\tat com.acme.Cart.total(Cart.java:1)\n\tat com.acme.Main.main(Main.java:1)",
        "a.B: x\n\tat com.acme.Cart$$EnhancerBySpringCGLIB$$1a2b.total(<generated>)\n\tat com.acme.Cart.total(Cart.java:1)\n\tat com.acme.Main.main(Main.java:1)",
    ]);
    one_class(&[
        "a.B: x\n\tat jdk.proxy2/jdk.proxy2.$Proxy12.total(Unknown Source)\n\tat com.sun.proxy.$Proxy12.a(Unknown Source)",
        "a.B: x\n\tat jdk.proxy2/jdk.proxy2.$Proxy99.total(Unknown Source)\n\tat com.sun.proxy.$Proxy8.a(Unknown Source)",
    ]);
}

#[test]
fn another_place_of_the_application_is_another_group() {
    let text = trace("com.acme.shop.OutOfStock: 7");
    all_differ(&[
        text.clone(),
        text.replace("Cart.total", "Cart.refund"),
        text.replace("shop.Cart.", "shop.Basket."),
    ]);
}

#[test]
fn libraries_do_not_count_where_the_application_has_frames() {
    let text = trace("com.acme.shop.OutOfStock: 7");
    let deeper = text.replacen("\tat", "\tat org.hibernate.Session.load(Session.java:3)\n\tat", 1);
    one_class(&[&text, &deeper, &deeper.replace("Session.load", "SessionImpl.doLoad")]);
}

#[test]
fn the_root_cause_names_the_group() {
    let text = format!(
        "{}Caused by: java.io.IOException: refused\n\tat com.acme.shop.Stock.open(Stock.java:3)\n\t... 4 more\n\
         Caused by: java.net.ConnectException: refused by 10.0.0.1\n\tat java.base/sun.nio.ch.Net.connect(Net.java:3)\n\t... 9 more\n",
        trace("com.acme.shop.OutOfStock: 7")
    );
    let stack = stack(&text);
    assert_eq!(
        types(&text),
        [
            "java.net.ConnectException",
            "java.io.IOException",
            "com.acme.shop.OutOfStock"
        ]
    );
    assert_eq!(stack.message(), "refused by 10.0.0.1");
    // The root cause has no frame of the application: the nearest around it that has decides.
    assert_eq!(
        stack.title(),
        "java.net.ConnectException: refused by 10.0.0.1 in open (com.acme.shop.Stock)"
    );
    let reversed = "java.io.IOException: refused\n\tat com.acme.shop.Stock.open(Stock.java:3)\n\t... 4 common frames omitted\n\
         Wrapped by: com.acme.shop.OutOfStock: 7\n\tat com.acme.shop.Cart.total(Cart.java:41)\n";
    assert_eq!(types(reversed), ["java.io.IOException", "com.acme.shop.OutOfStock"]);
}

#[test]
fn suppressed_exceptions_do_not_count() {
    let text = trace("com.acme.shop.OutOfStock: 7");
    let suppressed = format!(
        "{text}\tSuppressed: java.lang.IllegalStateException: close\n\t\tat com.acme.shop.Stock.close(Stock.java:9)\n\t\
         Caused by: java.io.IOException: gone\n\t\tat com.acme.shop.Stock.close(Stock.java:9)\n\t\t... 3 more\n"
    );
    one_class(&[&text, &suppressed]);
    let cause = "Caused by: java.io.IOException: real\n\tat com.acme.shop.Stock.open(Stock.java:3)\n";
    assert_eq!(
        types(&format!("{suppressed}{cause}")),
        ["java.io.IOException", "com.acme.shop.OutOfStock"]
    );
}

#[test]
fn the_exception_is_found_above_the_frames() {
    let two_lines = trace(
        "10:00:00.123 [http-1] ERROR c.a.Shop - Request failed\njava.lang.IllegalStateException: line one\nline two: more",
    );
    assert_eq!(stack(&two_lines).message(), "line one");
    let same_line = trace("10:00:00.123 [http-1] ERROR c.a.Shop - Request failed java.lang.IllegalStateException: x");
    assert_eq!(types(&same_line), ["java.lang.IllegalStateException"]);
    assert_eq!(types(&trace("com.acme.shop.OutOfStock")), ["com.acme.shop.OutOfStock"]);
}

#[test]
fn a_cut_trace_says_so() {
    let text = trace("com.acme.shop.OutOfStock: 7");
    let cut = stack(text.split_once('\n').unwrap().1);
    assert!(cut.is_cut && cut.thrown.is_empty());
    assert!(!stack(&text).is_cut);
}
