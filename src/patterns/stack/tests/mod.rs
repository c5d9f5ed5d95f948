//! Groups of traces: what shares one and what must not, language by language; texts that are no traces; hostile ones.

use super::{InApp, Stack, looks_like, read, read_whole};

mod dotnet_ruby_php_rust;
mod go;
mod hostile;
mod in_app;
mod java;
mod no_trace;
mod node;
mod python;

/// Reads a text that must hold a trace, and checks that all ways of reading agree.
fn stack(text: &str) -> Stack {
    let stack = read(text, &InApp::default()).unwrap_or_else(|| panic!("no stack in: {text}"));
    assert!(looks_like(text), "{text}");
    let whole = read_whole(text, &InApp::default()).unwrap();
    assert_eq!(whole.class(), stack.class());
    assert_eq!(whole.title(), stack.title());
    stack
}

fn class(text: &str) -> String {
    stack(text).class()
}

/// The types of the chain, root cause first.
fn types(text: &str) -> Vec<String> {
    stack(text).thrown.into_iter().map(|thrown| thrown.type_name).collect()
}

/// Asserts that all texts share one class.
fn one_class(texts: &[&str]) {
    for text in texts {
        assert_eq!(class(text), class(texts[0]), "\n{text}\nagainst\n{}", texts[0]);
    }
}

/// Asserts that each text has a class of its own.
fn all_differ(texts: &[String]) {
    for (at, text) in texts.iter().enumerate() {
        for other in &texts[..at] {
            assert_ne!(class(text), class(other), "\n{text}\nagainst\n{other}");
        }
    }
}
