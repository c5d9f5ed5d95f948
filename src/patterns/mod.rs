//! Known messages as data: packs in TOML, a checker that polices them, and a matcher that runs all of them in one pass.
//!
//! Input: pack texts and decoded entries. Output: for each entry, which patterns matched. It reads no log file and counts nothing.
