//! Reads entries from the Cloud Logging API (`entries.list`), in slices of time, within the quota.
