//! Cloud Run's Admin API: which revision is the candidate, which the baseline, and what state the service is in.
