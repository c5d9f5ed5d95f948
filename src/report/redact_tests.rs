use super::*;
use proptest::prelude::*;

fn redact(text: &str) -> String {
    Redaction::default().apply(text, &mut RedactionCounts::new())
}

/// Text, and the part of it that must be gone.
const SECRETS: [(&str, &str, RedactionKind); 46] = [
    (
        "Authorization: Bearer abcDEF123456789",
        "abcDEF123456789",
        RedactionKind::Authorization,
    ),
    (
        "auth failed for bearer ab12cd34ef56",
        "ab12cd34ef56",
        RedactionKind::Authorization,
    ),
    (
        "authorization=Basic dXNlcjpwYXNz",
        "dXNlcjpwYXNz",
        RedactionKind::Authorization,
    ),
    (
        "{\"Authorization\": \"Basic dXNlcjpwYXNz\"}",
        "dXNlcjpwYXNz",
        RedactionKind::Authorization,
    ),
    (
        "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "c2lnbmF0dXJl",
        RedactionKind::Jwt,
    ),
    ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWI", "eyJzdWI", RedactionKind::Jwt),
    ("cut at eyJhbGciOiJIUz", "hbGciOiJIUz", RedactionKind::Jwt),
    (
        "key AIzaSyA1234567890abcdefghijklmnopqrstuv",
        "SyA1234567890",
        RedactionKind::ApiKey,
    ),
    (
        "using sk-proj-abcdefghijkl0123456789",
        "abcdefghijkl",
        RedactionKind::ApiKey,
    ),
    (
        "using sk_live_0123456789abcdef",
        "0123456789abcdef",
        RedactionKind::ApiKey,
    ),
    (
        "push with ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "ghijklmnop",
        RedactionKind::ApiKey,
    ),
    (
        "push with github_pat_11AAAAAAA0123456789_abc",
        "11AAAAAAA",
        RedactionKind::ApiKey,
    ),
    ("aws AKIAIOSFODNN7EXAMPLE denied", "IOSFODNN7", RedactionKind::ApiKey),
    (
        "slack xoxb-123456789012-abcdefghijkl",
        "123456789012",
        RedactionKind::ApiKey,
    ),
    ("oauth ya29.a0AfB_byC1234567890abc", "a0AfB_byC", RedactionKind::ApiKey),
    (
        "client GOCSPX-abcdefghij_0123456789",
        "abcdefghij",
        RedactionKind::ApiKey,
    ),
    ("gitlab glpat-abcdefghij0123456789", "abcdefghij", RedactionKind::ApiKey),
    (
        "dial postgres://shop:hunter2@db:5432/shop",
        "hunter2",
        RedactionKind::UrlCredentials,
    ),
    (
        "dial postgres://shop:p@ss@db/shop",
        "p@ss",
        RedactionKind::UrlCredentials,
    ),
    ("dial redis://:pa/ss@cache:6379", "pa/ss", RedactionKind::UrlCredentials),
    (
        "clone https://abc123@git.example.com/x",
        "abc123",
        RedactionKind::UrlCredentials,
    ),
    (
        "GET https://shop.example/a?code=xyz&state=1 200",
        "xyz",
        RedactionKind::Query,
    ),
    ("GET /callback?code=xyz&state=1 HTTP/1.1", "xyz", RedactionKind::Query),
    ("see https://shop.example/?justaword", "justaword", RedactionKind::Query),
    ("login password=hunter2 failed", "hunter2", RedactionKind::SecretValue),
    ("login password: hunter failed", "hunter", RedactionKind::SecretValue),
    ("{\"password\":\"two words\"}", "two words", RedactionKind::SecretValue),
    ("{'db_password': 'hunter2'}", "hunter2", RedactionKind::SecretValue),
    (
        "{\\\"client_secret\\\": \\\"hunter2\\\"}",
        "hunter2",
        RedactionKind::SecretValue,
    ),
    ("POSTGRES_PASSWORD=hunter2", "hunter2", RedactionKind::SecretValue),
    ("refresh_token=abc.def", "abc.def", RedactionKind::SecretValue),
    ("csrf token: 8f3a91", "8f3a91", RedactionKind::SecretValue),
    ("x-api-key: 12345", "12345", RedactionKind::SecretValue),
    ("secret => open-sesame1", "open-sesame1", RedactionKind::SecretValue),
    ("token: db_password: hunter", "hunter", RedactionKind::SecretValue),
    ("session_id=abc", "=abc", RedactionKind::SecretValue),
    ("Set-Cookie: sid=abc; Path=/; HttpOnly", "abc", RedactionKind::Cookie),
    ("{\"cookie\": \"a=b\"}", "a=b", RedactionKind::Cookie),
    ("cookie: a=b", "a=b", RedactionKind::Cookie),
    (
        "order of jane.doe+x@mail.example.com failed",
        "jane",
        RedactionKind::Email,
    ),
    (
        "robot@acme-shop.iam.gserviceaccount.com denied",
        "robot",
        RedactionKind::Email,
    ),
    (
        "trace 4bf92f3577b34da6a3ce929d0e0e4736 lost",
        "4bf92f35",
        RedactionKind::Opaque,
    ),
    (
        "user 123e4567-e89b-12d3-a456-426614174000 gone",
        "123e4567",
        RedactionKind::Opaque,
    ),
    (
        "req-123e4567-e89b-12d3-a456-426614174000 gone",
        "426614174000",
        RedactionKind::Opaque,
    ),
    (
        "blob q83vEjRWeJq8N1a9Zk3xYv7bT2mLp0Rs/w== bad",
        "EjRWeJq8",
        RedactionKind::Opaque,
    ),
    (
        "/objects/4bf92f3577b34da6a3ce929d0e0e4736/read",
        "4bf92f35",
        RedactionKind::Opaque,
    ),
];

#[test]
fn every_secret_is_taken_out_and_named() {
    for (text, secret, kind) in SECRETS {
        let mut counts = RedactionCounts::new();
        let out = Redaction::default().apply(text, &mut counts);
        assert!(!out.contains(secret), "{text} -> {out}");
        assert!(counts.contains_key(&kind), "{text} -> {out}: {counts:?}");
    }
}

#[test]
fn every_pattern_compiles() {
    assert_eq!(DETECTORS.len(), 19);
}

#[test]
fn private_keys_are_taken_out_whole_and_cut() {
    let key = "bad key -----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY----- in file";
    assert_eq!(redact(key), "bad key [REDACTED:private-key] in file");
    assert_eq!(redact("-----BEGIN PRIVATE KEY-----\nMIIE"), "[REDACTED:private-key]");
}

#[test]
fn plain_messages_stay_as_they_are() {
    for text in [
        "",
        "WebSocket is not connected. Need to call \"accept\" first.",
        "Invalid token: expired",
        "bearer token is missing",
        "File \"/srv/app/venv/lib/python3.12/site-packages/starlette/websockets.py\", line 124, in send",
        "projects/acme-shop/logs/run.googleapis.com%2Frequests",
        "gcloud run services update-traffic chat-api --to-revisions=chat-api-00041-kop=100 --region=us-central1",
        "acme-shop:us-central1:orders-postgres-primary-instance-01",
        "ImproperlyConfiguredMiddlewareStackException2 in GatewayTimeoutHandlerFactoryBuilderBean",
        "Default STARTUP TCP probe succeeded after 1 attempt for container \"chat-api-1\" on port 8000.",
        "resource.labels.revision_name=\"chat-api-00042-wex\" AND severity>=ERROR",
        "textPayload=~\"order .* failed\" AND timestamp>=\"2026-03-01T10:00:00Z\" AND timestamp<\"2026-03-01T11:00:00Z\"",
        "gcloud logging read 'resource.labels.service_name=\"chat-api\"' --project=acme-shop --format=json --limit=1000",
        "gcloud run deploy chat-api --image=us-central1-docker.pkg.dev/acme-shop/apps/chat-api:2026-03-01 --tag=green",
        "used 4096 tokens, why? a=b",
        "at 2026-03-01T10:00:00.123456789Z",
        "----------------------------------------",
        "std::collections::BTreeMap",
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn addresses_are_taken_out_only_when_asked() {
    let text = "from 203.0.113.9 and 2001:db8::1 at 10:42:07, version 1.2.3";
    assert_eq!(redact(text), text);
    let all = Redaction {
        ip_addresses: true,
        ..Redaction::default()
    };
    let mut counts = RedactionCounts::new();
    let out = all.apply(text, &mut counts);
    assert_eq!(
        out,
        "from [REDACTED:ip-address] and [REDACTED:ip-address] at 10:42:07, version 1.2.3"
    );
    assert_eq!(counts[&RedactionKind::IpAddress], 2);
}

#[test]
fn nothing_is_taken_out_when_nothing_is_asked() {
    for (text, _, _) in SECRETS {
        assert_eq!(Redaction::NONE.apply(text, &mut RedactionCounts::new()), text);
    }
}

#[test]
fn a_forged_mark_hides_nothing() {
    assert_eq!(
        redact("password=[REDACTED:jwt]hunter2"),
        "password=[REDACTED:secret-value]"
    );
}

#[test]
fn long_hostile_text_takes_linear_time() {
    for unit in [
        "a@",
        "://",
        "eyJ",
        "?a=",
        "-----BEGIN ",
        "password:",
        "a.",
        "::",
        "aB1/",
    ] {
        let text = unit.repeat(50_000 / unit.len());
        assert!(redact(&text).len() <= text.len() * 12);
    }
}

proptest! {
    #[test]
    fn redacting_twice_changes_nothing(text in "(?s).{0,200}") {
        let once = redact(&text);
        prop_assert_eq!(redact(&once), once);
    }

    #[test]
    fn a_secret_is_gone_whatever_stands_around_it(before in "([ -~]{0,20}|(token|secret|cookie|key|Bearer|://|eyJ|@|\\?)[:= \"']{0,3}) ", i in 0..SECRETS.len(), after in " [ -~]{0,20}") {
        let (text, secret, _) = SECRETS[i];
        prop_assume!(!before.contains(secret) && !after.contains(secret));
        let out = redact(&format!("{before}{text}{after}"));
        prop_assert!(!out.contains(secret), "{}", out);
    }

    #[test]
    fn random_base64_is_opaque(bytes in proptest::collection::vec(any::<u8>(), 48)) {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let text: String = bytes.iter().map(|b| char::from(ALPHABET[usize::from(b % 64)])).collect();
        // About one string in ten thousand has too few changes of class; a uniform run is no random text.
        let changes = text.as_bytes().windows(2).filter(|w| w[0].is_ascii_digit() != w[1].is_ascii_digit()).count();
        prop_assume!(changes >= 4 && text.bytes().any(|b| b.is_ascii_uppercase()));
        // Shrinking and bad luck make strings of a few letters, which nobody would call random.
        let distinct: std::collections::BTreeSet<u8> = text.bytes().collect();
        prop_assume!(distinct.len() >= 20 && text.bytes().filter(u8::is_ascii_lowercase).count() >= 8);
        prop_assume!(text.bytes().filter(|b| !b.is_ascii_alphanumeric()).count() <= 5);
        prop_assert!(redact(&text).starts_with("[REDACTED:"), "{}", text);
    }
}
