//! Runs the program as a user does: arguments and files in; exit code, standard output and standard error out.

mod action;
mod bad_input;
mod contract;
mod filter;
mod hostile;
mod incomplete;
mod monitor;
mod patterns;
mod profiles;
mod publish;
mod refused;
mod replay;
mod report;
mod same_hours;
mod support;
mod unknown;
