//! Who is asked, as whom and for how long: the client that everything is read with.

use std::io::Write;
use std::sync::Arc;

use super::gcloud::Defaults;
use super::target::Target;
use crate::cli::args::{Common, LiveArgs};
use crate::cli::duration::{duration, words};
use crate::cli::failure::Failure;
use crate::cloud::{Client, ClientOptions, CloudError, Endpoints, Env, RetryPolicy, SystemClock};
use crate::model::Timestamp;
use crate::report::escape;

/// A client and what it is to ask for.
pub struct Session {
    pub client: Client,
    pub target: Target,
}

impl Session {
    /// Signs in (without a request yet) and resolves what was not named.
    pub fn open(args: &LiveArgs, common: &Common, err: &mut dyn Write) -> Result<Session, Failure> {
        let env: Env<'_> = &|name| std::env::var_os(name);
        let target = Target::new(args, &Defaults::new(env))?;
        let tokens = crate::cloud::sign_in(args.access_token_file.as_deref(), env)?;
        let options = ClientOptions {
            endpoints: Endpoints::parse(&args.endpoint)?,
            requests_per_minute: args.requests_per_minute,
            deadline: Some(duration(&args.deadline)?),
            quota_project: args.billing_project.clone(),
            retries: RetryPolicy::default(),
        };
        let client = Client::new(tokens, Arc::new(SystemClock), options)?;
        if common.verbose && !common.quiet {
            for line in &target.taken_from {
                writeln!(err, "{}", escape::terminal(line)).ok();
            }
            writeln!(err, "signing in with: {}", client.signed_in_by()).ok();
        }
        Ok(Session { client, target })
    }

    /// The time, by Google's clock where it was heard, in whole seconds.
    pub fn now(&self) -> Timestamp {
        let now = self.client.now();
        Timestamp(now.0 - now.0.rem_euclid(1_000_000_000))
    }

    /// Tells what the reading cost, where that was asked for, and of a clock that is wrong.
    pub fn tell(&self, common: &Common, err: &mut dyn Write) {
        if common.quiet {
            return;
        }
        if let Some(skew) = self.client.skew_that_counts() {
            let side = if skew > 0 { "ahead of" } else { "behind" };
            let by = words(std::time::Duration::from_secs(skew.unsigned_abs()));
            writeln!(
                err,
                "warning: this machine's clock is {by} {side} Google's, whose time was used"
            )
            .ok();
        }
        if common.verbose {
            let stats = self.client.stats();
            let (requests, retries, bytes) = (stats.requests, stats.retries, stats.bytes);
            let waited = words(stats.waited_for_quota);
            writeln!(
                err,
                "asked: {requests} requests, {retries} of them again, {bytes} bytes, {waited} waited for the quota"
            )
            .ok();
        }
    }
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Failure {
        Failure::input(&error.cause, &error.hint)
    }
}
