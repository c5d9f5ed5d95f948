//! Tests of all readers together.
