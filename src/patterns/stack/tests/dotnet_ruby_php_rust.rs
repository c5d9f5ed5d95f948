use super::*;

#[test]
fn dotnet_compiler_names_and_lines_do_not_split() {
    one_class(&[
        "System.InvalidOperationException: 7\n   at Acme.Cart.Total(String id) in /src/Cart.cs:line 12\n   at Acme.Api.<Create>d__12.MoveNext() in /src/Api.cs:line 3",
        "System.InvalidOperationException: 9\n   at System.Linq.Enumerable.First[T](IEnumerable`1 s)\n   at Acme.Cart.Total(String id) in C:\\b\\Cart.cs:line 19\n   at Acme.Api.<Create>d__13.MoveNext()",
    ]);
    all_differ(&[
        "System.InvalidOperationException: 7\n   at Acme.Cart.Total(String id) in /src/Cart.cs:line 12".to_owned(),
        "System.InvalidOperationException: 7\n   at Acme.Cart.Sum(String id) in /src/Cart.cs:line 12".to_owned(),
        "System.ArgumentException: 7\n   at Acme.Cart.Total(String id) in /src/Cart.cs:line 12".to_owned(),
        "System.Net.Sockets.SocketException (111): 7\n   at Acme.Cart.Total(String id) in /src/Cart.cs:line 12"
            .to_owned(),
        "System.Net.Sockets.SocketException (110): 7\n   at Acme.Cart.Total(String id) in /src/Cart.cs:line 12"
            .to_owned(),
    ]);
}

#[test]
fn dotnet_inner_exceptions_nest() {
    let text = "A.OuterException: o\n ---> B.MiddleException: m\n ---> C.InnerException: i\n   at Acme.Inner.Run()\n   --- End of inner exception stack trace ---\n   \
         at Acme.Middle.Run()\n   --- End of inner exception stack trace ---\n   at Acme.Outer.Run()";
    assert_eq!(
        types(text),
        ["C.InnerException", "B.MiddleException", "A.OuterException"]
    );
    assert_eq!(stack(text).title(), "C.InnerException: i in Run (Acme.Inner)");
}

#[test]
fn ruby_quotes_classes_and_versions_do_not_split() {
    one_class(&[
        "/app/cart.rb:12:in `total': no (NoMethodError)\n\tfrom /app/cart.rb:3:in `block (2 levels) in run'\n\tfrom /usr/local/bundle/gems/rack-2.2.3/lib/rack.rb:2:in `call'",
        "/srv/cart.rb:19:in 'Cart#total': no (NoMethodError)\n\tfrom /srv/cart.rb:4:in 'block in Cart.run'\n\tfrom /usr/local/bundle/gems/rack-3.0.8/lib/rack.rb:9:in 'Rack#call'",
    ]);
    let several =
        "/app/cart.rb:12:in `total': first line\nsecond line (Acme::OutOfStock)\n\tfrom /app/cart.rb:3:in `run'";
    assert_eq!(types(several), ["Acme::OutOfStock"]);
    assert_eq!(stack(several).message(), "first line");
}

#[test]
fn php_frames_are_paired_with_their_files() {
    let text = "PHP Fatal error:  Uncaught Acme\\OutOfStock: 7 in /app/src/Cart.php:12\nStack trace:\n#0 /app/src/Orders.php(30): Acme\\Cart->total(7)\n#1 {main}\n  thrown in /app/src/Cart.php on line 12";
    let stack = stack(text);
    assert_eq!(stack.title(), "Acme\\OutOfStock: 7 in Acme\\Cart->total (src/Cart.php)");
    assert_eq!(stack.frames[1].place, "src/Orders.php");
    let moved = text
        .replace(":12", ":19")
        .replace("(30)", "(31)")
        .replace("total(7)", "total(Array, NULL)")
        .replace(": 7 in", ": 9 in");
    one_class(&[text, &moved]);
}

#[test]
fn rust_hashes_threads_and_lines_do_not_split() {
    let trace = |thread: &str, line: u32, hash: &str| {
        format!(
            "thread '{thread}' panicked at src/cart.rs:{line}:5:\nindex out of bounds\nstack backtrace:\n   0: rust_begin_unwind\n             \
             at /rustc/aa11/library/std/src/panicking.rs:{line}:5\n   1: shop::cart::total::h{hash}\n             at ./src/cart.rs:{line}:5\n"
        )
    };
    one_class(&[
        &trace("main", 3, "0123456789abcdef"),
        &trace("tokio-runtime-worker' (77)", 9, "fedcba9876543210").replace("(77)'", "(77)"),
    ]);
    let old = "thread 'main' panicked at 'assertion failed: a == b', src/cart.rs:3:5";
    assert_eq!(stack(old).title(), "panic: assertion failed: a == b in src/cart.rs");
    one_class(&[
        old,
        "thread 'w' panicked at src/cart.rs:4:6:\nassertion failed: a == b",
        "thread 'w' (12) panicked at src/cart.rs:4:6:\nx",
    ]);
}
