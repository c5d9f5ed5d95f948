//! Records that come from somewhere that is not a file.
