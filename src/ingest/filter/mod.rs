//! The Logging query language: parsed with positions in errors, evaluated over entries as Cloud Logging would.
