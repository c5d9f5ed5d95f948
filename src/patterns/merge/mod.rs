//! Stage two.
