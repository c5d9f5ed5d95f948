use super::*;

fn trace(error: &str) -> String {
    format!(
        "{error}\n    at Cart.total (/usr/src/app/src/cart.js:31:11)\n    at async createOrder (/usr/src/app/src/orders.js:12:5)\n    \
         at Layer.handle [as handle_request] (/usr/src/app/node_modules/express/lib/router/layer.js:95:5)\n"
    )
}

#[test]
fn five_types_are_five_groups() {
    let errors = [
        "TypeError: x",
        "RangeError: x",
        "OutOfStock: x",
        "Error: x",
        "Error [ERR_BAD_SIZE]: x",
    ];
    all_differ(&errors.map(trace));
}

#[test]
fn lines_roots_and_spelling_do_not_split() {
    let moved = "TypeError: item 99\n    at Cart.total [as sum] (file:///workspace/src/cart.js:38:2)\n    at createOrder (/app/src/orders.js:1:1)\n    \
         at async next (node:internal/process/task_queues:95:5)";
    one_class(&[&trace("TypeError: item 7"), moved]);
    one_class(&[
        "Error: x\n    at Object.<anonymous> (/app/a.js:1:2)",
        "Error: x\n    at /app/a.js:9:9",
        "Error: x\n    at Module.<anonymous> (webpack:///./a.js?1f2e:3:4)",
        "Error: x\n    at async file:///srv/a.js:9:9",
    ]);
    one_class(&[
        "Error: x\n    at total (/app/dist/assets/index-BxYz12_3.js:1:2)",
        "Error: x\n    at total (https://cdn.example.com/dist/assets/index-Qr7sTu9V.js?v=2:1:99)",
    ]);
}

#[test]
fn another_place_of_the_application_is_another_group() {
    let text = trace("TypeError: x");
    all_differ(&[
        text.clone(),
        text.replace("Cart.total", "Cart.refund"),
        text.replace("src/cart.js", "src/basket.js"),
    ]);
}

#[test]
fn libraries_do_not_count_where_the_application_has_frames() {
    let text = trace("TypeError: x");
    let deeper = text.replacen(
        "    at",
        "    at parse (/usr/src/app/node_modules/qs/lib/parse.js:1:2)\n    at",
        1,
    );
    one_class(&[&text, &deeper, &deeper.replace("qs/lib/parse", "qs/dist/qs")]);
}

#[test]
fn codes_are_part_of_the_type() {
    let with = |code: &str| {
        format!(
            "{} {{\n  errno: -111,\n  code: '{code}',\n  port: 5432\n}}\n",
            trace("Error: connect").trim_end()
        )
    };
    all_differ(&[trace("Error: connect"), with("ECONNREFUSED"), with("ETIMEDOUT")]);
    assert_eq!(types(&with("ECONNREFUSED")), ["Error [ECONNREFUSED]"]);
    assert_eq!(types(&trace("TypeError [ERR_X]: y")), ["TypeError [ERR_X]"]);
}

#[test]
fn causes_name_the_group() {
    let text = format!(
        "{} {{\n  [cause]: TypeError: bad item\n      at price (/usr/src/app/src/price.js:3:4) {{\n    code: 'E_INNER'\n  }},\n  code: 'E_OUTER'\n}}",
        trace("OutOfStock: gone").trim_end()
    );
    let stack = stack(&text);
    assert_eq!(types(&text), ["TypeError [E_INNER]", "OutOfStock [E_OUTER]"]);
    assert_eq!(stack.title(), "TypeError [E_INNER]: bad item in price (src/price.js)");
}

#[test]
fn members_of_an_aggregate_may_come_in_any_order() {
    let aggregate = |first: &str, second: &str| {
        format!(
            "AggregateError: all failed\n    at run (/app/src/run.js:1:2) {{\n  [errors]: [\n    Error: {first}\n        \
             at open (/app/src/{first}.js:1:2),\n    Error: {second}\n        at open (/app/src/{second}.js:1:2)\n  ]\n}}\n"
        )
    };
    one_class(&[&aggregate("a", "b"), &aggregate("b", "a")]);
    assert_eq!(stack(&aggregate("b", "a")).title(), "Error: a in open (src/a.js)");
}

#[test]
fn the_exception_is_found_above_the_frames() {
    let below = "Error: Cannot find module './x'\nRequire stack:\n- /app/a.js\n    at require (/app/a.js:1:2)";
    assert_eq!(stack(below).message(), "Cannot find module './x'");
    let throws = "/app/a.js:3\n    throw e;\n    ^\n\nRangeError: out\n    at f (/app/a.js:3:4)\n\nNode.js v20.1.0";
    assert_eq!(stack(throws).title(), "RangeError: out in f (a.js)");
    let next_line = "PrismaClientValidationError: \nInvalid `order.create()` invocation\n    at f (/app/a.js:3:4)";
    assert_eq!(stack(next_line).message(), "Invalid `order.create()` invocation");
    let prefixed = "(node:7) UnhandledPromiseRejectionWarning: TypeError: x\n    at f (/app/a.js:3:4)";
    assert_eq!(types(prefixed), ["TypeError"]);
    let unknown = stack("could not start\n    at f (/app/a.js:3:4)");
    assert_eq!(
        (unknown.thrown[0].type_name.as_str(), unknown.message()),
        ("", "could not start")
    );
}

#[test]
fn frames_alone_are_a_cut_trace() {
    let text = trace("Error: x");
    let cut = stack(text.split_once('\n').unwrap().1);
    assert!(cut.is_cut && cut.thrown.is_empty() && cut.frames.len() == 2);
}
