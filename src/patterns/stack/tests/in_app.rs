use super::*;

const TRACE: &str = "Traceback (most recent call last):\n  File \"/app/vendored/queue.py\", line 3, in pull\n    x\n  \
     File \"/usr/local/lib/python3.12/site-packages/acme_core/orders.py\", line 9, in create\n    y\n  File \"/app/app/cart.py\", line 1, in total\n    z\nValueError: 7\n";

fn deciding(in_app: &[&str], library: &[&str]) -> Vec<String> {
    let rules = InApp::new(in_app, library).unwrap();
    let stack = read(TRACE, &rules).unwrap();
    assert_eq!(stack.class(), read_whole(TRACE, &rules).unwrap().class());
    stack.frames.iter().map(|frame| frame.place.clone()).collect()
}

#[test]
fn without_rules_packages_are_libraries() {
    assert_eq!(deciding(&[], &[]), ["app/cart.py", "vendored/queue.py"]);
}

#[test]
fn rules_of_the_user_come_before_the_defaults() {
    assert_eq!(
        deciding(&["acme_core/"], &[]),
        ["app/cart.py", "acme_core/orders.py", "vendored/queue.py"]
    );
    assert_eq!(deciding(&[], &["vendored"]), ["app/cart.py"]);
    assert_eq!(
        deciding(&["*/site-packages/acme_*"], &["/app/"]),
        ["acme_core/orders.py"]
    );
}

#[test]
fn the_longest_rule_decides_and_the_application_wins_a_tie() {
    assert_eq!(deciding(&["/app/app/cart"], &["/app/app", "vendored"]), ["app/cart.py"]);
    assert_eq!(deciding(&["app/"], &["/app", "app/"]), ["app/cart.py"]);
}

#[test]
fn a_prefix_ends_at_the_end_of_a_part() {
    assert_eq!(deciding(&[], &["app/car"]), ["app/cart.py", "vendored/queue.py"]);
    assert_eq!(deciding(&[], &["app/cart"]), ["vendored/queue.py"]);
}

#[test]
fn without_any_frame_of_the_application_libraries_decide() {
    assert_eq!(
        deciding(&[], &["*"]),
        ["app/cart.py", "acme_core/orders.py", "vendored/queue.py"]
    );
}

#[test]
fn broken_rules_are_refused_with_a_hint() {
    for rule in ["", "  ", "a[", "***"] {
        let error = InApp::new(&[rule], &[]).unwrap_err();
        assert_eq!(error.rule, rule);
        assert!(error.to_string().contains("cannot be used") && !error.hint().is_empty());
    }
}
