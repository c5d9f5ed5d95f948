//! Cloud Monitoring: counts of requests and of log entries, where listing them would take too long.
