//! A state in Cloud Storage, over real HTTP: a fake that keeps one object and honours generations, with faults by plan.

#[path = "fake/mod.rs"]
mod fake;

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fake::storage::{Object, xml};
use fake::{Fake, Fault, Request, Response, When};
use logverdict::cloud::{AuthHeaders, CloudError, ErrorKind, RetryPolicy, TokenSource};
use logverdict::monitor::state::{Commit, Identity, RemoteState, StateError, Store, Version};

const URL: &str = "gs://acme-watches/eu/chat-api.state";
/// As `object_store` writes it: everything but letters and digits is encoded.
const PATH: &str = "/acme%2Dwatches/eu%2Fchat%2Dapi%2Estate";

/// A bucket with one object, and runs that use it.
struct Bucket {
    fake: Fake,
    object: Arc<Mutex<Object>>,
    folder: tempfile::TempDir,
}

impl Bucket {
    fn new() -> Bucket {
        let fake = Fake::start();
        let object = Object::serve(&fake, PATH);
        let folder = tempfile::tempdir().unwrap();
        Bucket { fake, object, folder }
    }

    fn run(&self) -> RemoteState {
        self.run_with(Box::new(self.fake.auth().source()))
    }

    fn run_with(&self, tokens: Box<dyn TokenSource>) -> RemoteState {
        let retries = RetryPolicy {
            attempts: 4,
            first_wait: Duration::from_millis(5),
            max_wait: Duration::from_millis(20),
            attempt_timeout: Duration::from_millis(1500),
            ..RetryPolicy::default()
        };
        let state = RemoteState::open(URL, tokens, Some(&self.fake.url())).unwrap();
        state.with_retries(retries).unwrap()
    }

    fn content(&self) -> Vec<u8> {
        self.object.lock().unwrap().content.clone().unwrap_or_default()
    }

    /// Stores a write of somebody else.
    fn write_by_other(&self, content: &[u8]) {
        let mut object = self.object.lock().unwrap();
        object.generation += 1;
        object.content = Some(content.to_vec());
        object.metadata = vec![("x-goog-meta-logverdict-write".to_owned(), "other-1".to_owned())];
    }

    /// Plans a fault for some writes, counted from 1 and from now on.
    fn fail_puts(&self, numbers: RangeInclusive<usize>, fault: &Fault) {
        self.fault_puts(numbers, fault, |_| ());
    }

    /// The next write is stored, but its answer does not arrive.
    fn lose_answer(&self, fault: &Fault) {
        let object = self.object.clone();
        self.fault_puts(1..=1, fault, move |request| {
            object.lock().unwrap().put(request);
        });
    }

    fn fault_puts(
        &self,
        numbers: RangeInclusive<usize>,
        fault: &Fault,
        before: impl Fn(&Request) + Send + Sync + 'static,
    ) {
        let seen = AtomicUsize::new(0);
        let when = When::matching(move |request, _| {
            let is_meant = request.method == "PUT" && numbers.contains(&(seen.fetch_add(1, Ordering::Relaxed) + 1));
            if is_meant {
                before(request);
            }
            is_meant
        });
        self.fake.fail(PATH, when, fault.clone());
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("watch.state")
    }

    fn puts(&self) -> Vec<Request> {
        let mut requests = self.fake.requests_to(PATH);
        requests.retain(|r| r.method == "PUT");
        requests
    }
}

fn fetched(bucket: &Bucket, run: &RemoteState) -> Version {
    run.fetch(&bucket.file()).unwrap().unwrap()
}

#[test]
fn a_state_goes_there_and_back() {
    let bucket = Bucket::new();
    let identity = Identity {
        project: "acme-shop".to_owned(),
        region: "europe-west1".to_owned(),
        service: "chat-api".to_owned(),
        candidate: "chat-api-00042-fox".to_owned(),
        baseline: "chat-api-00041-owl".to_owned(),
        deployed_at: "2026-03-01T09:30:00Z".to_owned(),
        settings: "5f0c".to_owned(),
    };
    let run = bucket.run();
    // What a killed run left.
    std::fs::write(bucket.file(), "old").unwrap();
    std::fs::write(bucket.file().with_extension("state-journal"), "old").unwrap();
    assert_eq!(run.fetch(&bucket.file()), Ok(None));
    assert!(!bucket.file().exists());
    let (mut store, _) = Store::open(&bucket.file(), &identity).unwrap();
    let mut known = None;
    for look in 1..=3 {
        let progress = format!("{{\"looks\":{look}}}");
        store
            .commit(&Commit {
                progress: &progress,
                part: Some((look, "{}")),
                ..Commit::default()
            })
            .unwrap();
        known = Some(run.put(&store.bytes().unwrap(), known.as_ref()).unwrap());
    }
    drop(store);
    let conditions = bucket.puts();
    let conditions: Vec<_> = conditions
        .iter()
        .filter_map(|r| r.header("x-goog-if-generation-match"))
        .collect();
    assert_eq!(conditions, ["0", "1", "2"]);

    let later = bucket.run();
    assert_eq!(later.fetch(&bucket.file()).unwrap(), known);
    let (_, saved) = Store::open(&bucket.file(), &identity).unwrap();
    assert_eq!(saved.progress.as_deref(), Some("{\"looks\":3}"));
    assert_eq!(saved.parts.len(), 3);
}

#[test]
fn of_two_runs_one_is_overtaken_and_keeps_nothing() {
    let bucket = Bucket::new();
    let (first, second) = (bucket.run(), bucket.run());
    let version = first.put(b"first", None).unwrap();
    assert_eq!(second.put(b"second", None), Err(StateError::Overtaken(URL.to_owned())));
    assert_eq!(fetched(&bucket, &second), version);
    let newer = second.put(b"second", Some(&version)).unwrap();
    let error = first.put(b"first, longer", Some(&version)).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("another run wrote the state {URL} meanwhile; nothing of this look was kept")
    );
    assert!(error.hint().contains("one run at a time") && !error.may_pass());
    assert_eq!(bucket.content(), b"second");
    // Even with the same bytes: both would send the same notices.
    assert!(matches!(
        first.put(b"second", Some(&version)),
        Err(StateError::Overtaken(_))
    ));
    assert_eq!(fetched(&bucket, &first), newer);
    bucket.object.lock().unwrap().content = None;
    assert!(
        matches!(first.put(b"x", Some(&newer)), Err(StateError::Overtaken(_))),
        "it was removed"
    );
}

#[test]
fn a_write_whose_answer_was_lost_is_known_again() {
    for fault in [Fault::Reset, Fault::unavailable(), Fault::CutBody, Fault::Hang] {
        for known in [false, true] {
            let bucket = Bucket::new();
            let run = bucket.run();
            let known = known.then(|| run.put(b"before", None).unwrap());
            bucket.lose_answer(&fault);
            let version = run.put(b"after", known.as_ref()).unwrap();
            assert_eq!(bucket.content(), b"after", "{fault:?}");
            assert_eq!(
                bucket.object.lock().unwrap().generation,
                if known.is_some() { 2 } else { 1 }
            );
            assert_eq!(fetched(&bucket, &run), version);
            run.put(b"next", Some(&version)).unwrap();
        }
    }
}

#[test]
fn a_write_is_known_again_by_the_next_one_when_it_could_not_be_looked_at() {
    let bucket = Bucket::new();
    let run = bucket.run();
    let version = run.put(b"one", None).unwrap();
    bucket.lose_answer(&Fault::Reset);
    bucket.fake.fail(PATH, 1..=8, Fault::unavailable());
    let error = run.put(b"two", Some(&version)).unwrap_err();
    assert!(error.may_pass(), "{error:?}");
    assert_eq!(bucket.content(), b"two");
    let newer = run.put(b"three", Some(&version)).unwrap();
    assert_eq!(bucket.content(), b"three");
    assert_eq!(fetched(&bucket, &run), newer);
    // Nobody else takes it for theirs.
    assert!(matches!(
        bucket.run().put(b"four", Some(&version)),
        Err(StateError::Overtaken(_))
    ));
}

#[test]
fn a_lost_answer_does_not_hide_a_lost_race() {
    let bucket = Bucket::new();
    let run = bucket.run();
    let version = run.put(b"one", None).unwrap();
    bucket.write_by_other(b"other");
    bucket.fail_puts(1..=1, &Fault::Reset);
    assert!(matches!(run.put(b"two", Some(&version)), Err(StateError::Overtaken(_))));
    assert_eq!(bucket.content(), b"other");
}

#[test]
fn trouble_that_passes_is_waited_out() {
    for fault in [
        Fault::unavailable(),
        Fault::internal(),
        Fault::bad_gateway(),
        Fault::too_slow(),
        Fault::quota(),
        Fault::Reset,
    ] {
        let bucket = Bucket::new();
        let run = bucket.run();
        bucket.fake.fail(PATH, 1..=2, fault.clone());
        let version = run.put(b"one", None).unwrap();
        assert_eq!(bucket.puts().len(), 3, "{fault:?}");
        bucket.fake.fail(PATH, 1..=2, fault);
        assert_eq!(fetched(&bucket, &run), version);
    }
    let bucket = Bucket::new();
    let run = bucket.run();
    let version = run.put(&vec![7; 300_000], None).unwrap();
    bucket.fake.fail(PATH, 1, Fault::CutBody);
    // The fake knows no ranges: the rest cannot be asked for, and half a state is none.
    assert!(run.fetch(&bucket.file()).is_err() && !bucket.file().exists());
    assert_eq!(fetched(&bucket, &run), version);
}

#[test]
fn trouble_that_stays_is_said_and_can_be_tried_again() {
    let bucket = Bucket::new();
    let run = bucket.run();
    bucket.fail_puts(1..=4, &Fault::unavailable());
    let error = run.put(b"one", None).unwrap_err();
    assert!(
        matches!(&error, StateError::Unreachable { may_pass: true, .. }),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        format!("{URL} cannot be read or written: 503 Service Unavailable")
    );
    assert_eq!(bucket.puts().len(), 4);
    run.put(b"one", None).unwrap();
    bucket.fake.fail(PATH, When::ALWAYS, Fault::Reset);
    let error = run.fetch(&bucket.file()).unwrap_err();
    assert!(
        matches!(error, StateError::Unreachable { may_pass: true, .. }),
        "{error:?}"
    );
    let tokens = Box::new(bucket.fake.auth().source());
    let nowhere = RemoteState::open(URL, tokens, Some("http://127.0.0.1:1")).unwrap();
    let once = RetryPolicy {
        attempts: 1,
        ..RetryPolicy::default()
    };
    let error = nowhere.with_retries(once).unwrap().put(b"two", None).unwrap_err();
    assert!(error.to_string().to_lowercase().contains("refused"), "{error}");
}

#[test]
fn refusals_name_cause_and_remedy() {
    let bucket = Bucket::new();
    let run = bucket.run();
    let both = |answer: Response| {
        bucket.fake.fail(PATH, 1..=2, Fault::Answer(answer));
        let read = run.fetch(&bucket.file()).unwrap_err();
        assert_eq!(run.put(b"one", None), Err(read.clone()));
        read
    };
    let denied = both(xml(403, "AccessDenied", "Access denied."));
    assert_eq!(denied.to_string(), format!("access to {URL} is denied: Access denied."));
    assert!(denied.hint().contains("roles/storage.objectUser") && !denied.may_pass());
    let scope = both(xml(403, "AccessDenied", "Provided scope(s) are not authorized"));
    assert!(scope.hint().contains("devstorage.read_write"));
    let bucket_error = both(xml(404, "NoSuchBucket", "The specified bucket does not exist."));
    assert_eq!(bucket_error, StateError::NoBucket(URL.to_owned()));
    let bad = both(xml(400, "InvalidBucketName", "The specified bucket is not valid."));
    assert!(
        matches!(&bad, StateError::Unreachable { cause, may_pass: false, .. } if cause.contains("not valid")),
        "{bad:?}"
    );
    let redirect = both(Response::html(302, "").with_header("location", "https://example.com/"));
    assert!(
        matches!(redirect, StateError::Unreachable { may_pass: false, .. }),
        "{redirect:?}"
    );
    assert_eq!(bucket.puts().len(), 5, "a refusal is not tried again");
}

#[test]
fn another_condition_that_fails_is_not_taken_for_a_lost_race() {
    let bucket = Bucket::new();
    let run = bucket.run();
    let policy = xml(412, "OrgPolicy", "Constraint of the organisation.");
    bucket.fail_puts(1..=1, &Fault::Answer(policy));
    let error = run.put(b"one", None).unwrap_err();
    assert!(
        matches!(&error, StateError::Unreachable { cause, .. } if cause.contains("Constraint")),
        "{error:?}"
    );
}

#[test]
fn a_proxy_that_answers_in_the_place_of_cloud_storage_is_not_believed() {
    let bucket = Bucket::new();
    let run = bucket.run();
    run.put(b"one", None).unwrap();
    std::fs::write(bucket.file(), "here").unwrap();
    let not_found = Response::html(404, "<html>no such page</html>");
    for fault in [Fault::html_200(), Fault::Answer(not_found)] {
        bucket.fake.fail(PATH, 1, fault);
        let error = run.fetch(&bucket.file()).unwrap_err();
        assert!(matches!(error, StateError::Unreachable { .. }), "{error:?}");
    }
    assert_eq!(std::fs::read(bucket.file()).unwrap(), b"here");
}

#[test]
fn a_401_is_answered_with_a_new_token_once() {
    let bucket = Bucket::new();
    let run = bucket.run();
    run.put(b"one", None).unwrap();
    bucket.fake.auth().rotate();
    let version = fetched(&bucket, &run);
    assert_eq!(bucket.fake.auth().rebuilt(), 1);
    bucket.fake.fail(
        PATH,
        1..=2,
        Fault::Answer(xml(401, "AuthenticationRequired", "Authentication required.")),
    );
    let error = run.put(b"two", Some(&version)).unwrap_err();
    assert!(
        matches!(&error, StateError::Cloud(e) if e.kind == ErrorKind::ExpiredCredentials),
        "{error:?}"
    );
    assert!(!format!("{error:?}").contains("ya29"));
}

/// Nobody is signed in.
struct Nobody;

impl TokenSource for Nobody {
    fn headers(&self) -> Result<AuthHeaders, CloudError> {
        Err(CloudError::new(
            ErrorKind::NoCredentials,
            "nobody is signed in",
            "sign in",
        ))
    }

    fn rebuild(&self) -> Result<(), CloudError> {
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "none"
    }
}

#[test]
fn nothing_is_sent_without_a_sign_in_or_to_where_a_token_must_not_go() {
    let bucket = Bucket::new();
    let error = bucket.run_with(Box::new(Nobody)).put(b"one", None).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.hint()),
        ("nobody is signed in", "sign in")
    );
    assert!(bucket.fake.requests().is_empty());
    let open = |url, endpoint| {
        RemoteState::open(url, Box::new(Nobody), Some(endpoint))
            .map(|_| ())
            .unwrap_err()
    };
    assert!(matches!(open(URL, "http://storage.example.com"), StateError::Cloud(e) if e.kind == ErrorKind::Endpoint));
    assert!(matches!(
        open("gs://acme-watches", "https://x.example"),
        StateError::Address { .. }
    ));
}
