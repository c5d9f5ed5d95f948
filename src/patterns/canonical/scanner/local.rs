//! Runs masks one after the other over a chunk.

use std::mem;
use std::ops::Range;

/// A chunk on its way through the masks: its text now, and after the next of them.
#[derive(Default)]
pub struct Pair {
    now: String,
    next: String,
    changed: bool,
}

impl Pair {
    /// Starts with a chunk as it is.
    pub fn start(&mut self) {
        self.changed = false;
    }

    /// Replaces all that `find` finds in the chunk, which is `first` if nothing has changed it yet. Tells whether it found.
    #[inline]
    pub fn mask(&mut self, first: &str, find: impl Fn(&[u8], usize) -> Option<Range<usize>>, by: &str) -> bool {
        let chunk = if self.changed { &*self.now } else { first };
        let Some(mut found) = find(chunk.as_bytes(), 0) else {
            return false;
        };
        self.next.clear();
        let mut done = 0;
        loop {
            self.next.push_str(&chunk[done..found.start]);
            self.next.push_str(by);
            done = found.end;
            match find(chunk.as_bytes(), done) {
                Some(next) => found = next,
                None => break,
            }
        }
        self.next.push_str(&chunk[done..]);
        mem::swap(&mut self.now, &mut self.next);
        self.changed = true;
        true
    }

    /// The chunk, if a mask has changed it.
    pub fn changed(&self) -> Option<&str> {
        self.changed.then_some(&*self.now)
    }
}

/// Whether a match may start at `start` behind a character that it takes too: there is none in front of the chunk, and
/// no earlier match has taken it.
pub fn free(start: usize, from: usize) -> bool {
    start == 0 || start > from
}
