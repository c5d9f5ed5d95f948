//! The `logverdict` program: hands its arguments to [`logverdict::cli`] and returns the exit code.

use std::io::{stderr, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    quiet_sign_in();
    logverdict::cli::run(std::env::args_os(), &mut stdout().lock(), &mut stderr())
}

/// google-cloud-auth panics in a task of its own when a token has expired before it arrives, as a wrong clock makes it. The
/// error that follows says so; the panic's own text would only distract.
fn quiet_sign_in() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() != Some(logverdict::cloud::SIGN_IN_THREAD) {
            default(panic);
        }
    }));
}
