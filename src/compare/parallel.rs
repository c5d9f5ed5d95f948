//! Rows side by side: one signal's numbers do not depend on another's.
//!
//! Input: items and what to do with each. Output: the answers in the items' order, whatever the number of threads. Must not
//! share state.

use std::num::NonZero;
use std::thread;

/// Items that a thread takes at least: below, starting it costs more than it saves.
const ITEMS_MIN: usize = 64;

/// Applies `f` to each item. A panic of `f` is passed on.
pub(super) fn map<T: Send, R: Send>(items: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(items.len() / ITEMS_MIN);
    if threads < 2 {
        return items.into_iter().map(f).collect();
    }
    let per_thread = items.len().div_ceil(threads);
    let mut rest = items.into_iter();
    let parts: Vec<Vec<T>> = (0..threads).map(|_| rest.by_ref().take(per_thread).collect()).collect();
    let f = &f;
    thread::scope(|scope| {
        let run = |part: Vec<T>| scope.spawn(move || part.into_iter().map(f).collect::<Vec<R>>());
        let running: Vec<_> = parts.into_iter().map(run).collect();
        let joined = running.into_iter().map(|thread| match thread.join() {
            Ok(answers) => answers,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.flatten().collect()
    })
}

/// Both answers, found at the same time. A panic is passed on.
pub fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        match one.join() {
            Ok(one) => (one, other),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_keep_their_order() {
        for count in [0, 1, 63, 64, 127, 128, 1000, 1001] {
            let doubled = map((0..count).collect(), |i: usize| 2 * i);
            assert_eq!(doubled, (0..count).map(|i| 2 * i).collect::<Vec<_>>());
        }
    }
}
