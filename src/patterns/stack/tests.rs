use super::*;
fn r(t: &str) -> Option<Stack> {
    assert!(looks_like(t) || read(t, &InApp::default()).is_none());
    read(t, &InApp::default())
}
#[test]
fn try_python() {
    let s = r("ERROR:    Exception in ASGI application\nTraceback (most recent call last):\n  File \"/usr/local/lib/python3.12/site-packages/starlette/routing.py\", line 12, in app\n    await x\n  File \"/app/app/cart.py\", line 3, in total\n    return a + b\n           ~~^~~\nTypeError: unsupported operand\n").unwrap();
    println!("{}\n{}\n{s:#?}", s.class(), s.title());
}
