//! Which frames are of libraries, by default: package folders, standard libraries, well-known name spaces.
//!
//! Data and plain tests; users' rules come before it (`in_app`).

use memchr::memchr;

use super::{Language, names};

/// Name spaces of the JVM that are never an application's. Sorted, and none begins with another.
const JAVA: [&str; 90] = [
    "akka.",
    "android.",
    "androidx.",
    "brave.",
    "cats.",
    "ch.qos.",
    "clojure.",
    "com.amazonaws.",
    "com.android.",
    "com.azure.",
    "com.fasterxml.",
    "com.github.benmanes.",
    "com.google.",
    "com.microsoft.",
    "com.mongodb.",
    "com.mysql.",
    "com.netflix.",
    "com.oracle.",
    "com.rabbitmq.",
    "com.sun.",
    "com.zaxxer.",
    "dalvik.",
    "feign.",
    "freemarker.",
    "fs2.",
    "graphql.",
    "groovy.",
    "io.github.resilience4j.",
    "io.grpc.",
    "io.jsonwebtoken.",
    "io.ktor.",
    "io.lettuce.",
    "io.micrometer.",
    "io.micronaut.",
    "io.netty.",
    "io.opentelemetry.",
    "io.quarkus.",
    "io.r2dbc.",
    "io.reactivex.",
    "io.smallrye.",
    "io.undertow.",
    "io.vertx.",
    "jakarta.",
    "java.",
    "javax.",
    "jdk.",
    "kotlin.",
    "kotlinx.",
    "liquibase.",
    "net.bytebuddy.",
    "net.sf.cglib.",
    "okhttp3.",
    "okio.",
    "oracle.",
    "org.aopalliance.",
    "org.apache.",
    "org.aspectj.",
    "org.codehaus.",
    "org.eclipse.",
    "org.elasticsearch.",
    "org.flywaydb.",
    "org.glassfish.",
    "org.gradle.",
    "org.h2.",
    "org.hibernate.",
    "org.http4s.",
    "org.jboss.",
    "org.jetbrains.",
    "org.jooq.",
    "org.junit.",
    "org.keycloak.",
    "org.mariadb.",
    "org.mockito.",
    "org.postgresql.",
    "org.quartz.",
    "org.redisson.",
    "org.slf4j.",
    "org.springframework.",
    "org.thymeleaf.",
    "org.wildfly.",
    "play.",
    "reactor.",
    "redis.clients.",
    "retrofit2.",
    "rx.",
    "scala.",
    "software.amazon.",
    "sun.",
    "weblogic.",
    "zio.",
];

/// First parts of the import paths of Go's standard library.
const GO_STANDARD: [&str; 44] = [
    "archive",
    "bufio",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "internal",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "slices",
    "sort",
    "strconv",
    "strings",
    "sync",
    "syscall",
    "testing",
    "time",
    "unicode",
];

/// Helpers that compilers put into the application's own files.
const NODE_HELPERS: [&str; 8] = [
    "__awaiter",
    "fulfilled",
    "rejected",
    "asyncGeneratorStep",
    "_next",
    "_throw",
    "__generator",
    "__webpack_require__",
];

/// Name spaces of .NET that are never an application's.
const DOTNET: [&str; 38] = [
    "Amazon.",
    "AutoMapper.",
    "Autofac.",
    "Azure.",
    "Castle.",
    "Dapper.",
    "Elastic.",
    "FluentValidation.",
    "Google.",
    "Grpc.",
    "Hangfire.",
    "HotChocolate.",
    "IdentityServer4.",
    "Internal.",
    "Interop.",
    "MassTransit.",
    "MediatR.",
    "Microsoft.",
    "MongoDB.",
    "MySql.",
    "MySqlConnector.",
    "NHibernate.",
    "NLog.",
    "Newtonsoft.",
    "Npgsql.",
    "Orleans.",
    "Polly.",
    "Quartz.",
    "RabbitMQ.",
    "Refit.",
    "RestSharp.",
    "Serilog.",
    "StackExchange.",
    "Swashbuckle.",
    "System.",
    "Xunit.",
    "YamlDotNet.",
    "lambda_method",
];

/// Crates that are never an application's, where a backtrace has no files.
const RUST: [&str; 14] = [
    "actix_web",
    "alloc",
    "anyhow",
    "axum",
    "core",
    "futures_util",
    "hyper",
    "hyper_util",
    "rayon",
    "std",
    "tokio",
    "tonic",
    "tower",
    "tracing",
];

/// Whether a frame is of a library. `path` is as written but with slashes; `function` is as written.
pub(super) fn is_library(language: Language, path: &str, function: &str) -> bool {
    match language {
        Language::Python => is_python_library(path),
        Language::Node => is_node_library(path, function),
        Language::Java => is_java_library(function),
        Language::Go => is_go_library(path, function),
        Language::DotNet => path.starts_with("/_/") || begins_with_any(function, &DOTNET),
        Language::Ruby => is_ruby_library(path),
        Language::Php => path.is_empty() || path.contains("/vendor/") || path.starts_with("phar:"),
        Language::Rust => is_rust_library(path, function),
    }
}

/// Whether a name begins with one of a sorted list of beginnings of which none begins with another.
fn begins_with_any(name: &str, sorted: &[&str]) -> bool {
    let after = sorted.partition_point(|start| *start <= name);
    after > 0 && name.starts_with(sorted[after - 1])
}

fn contains_any(path: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| path.contains(part))
}

fn is_python_library(path: &str) -> bool {
    path.starts_with('<')
        || contains_any(
            path,
            &[
                "site-packages/",
                "dist-packages/",
                "/lib/python",
                "/usr/lib/",
                "/bin/",
                "/Lib/",
            ],
        )
        || path.starts_with("/opt/python")
}

fn is_node_library(path: &str, function: &str) -> bool {
    let is_runtime = ["node:", "internal/", "<", "webpack/", "ext:", "native"]
        .iter()
        .any(|start| path.starts_with(start));
    let is_old_runtime = !path.contains('/');
    is_runtime
        || is_old_runtime
        || contains_any(
            path,
            &[
                "node_modules/",
                "/.yarn/",
                "webpack/bootstrap",
                "webpack/runtime",
                "-extension://",
            ],
        )
        || NODE_HELPERS.contains(&function)
}

fn is_go_library(path: &str, function: &str) -> bool {
    if contains_any(
        path,
        &[
            "/pkg/mod/",
            "@v",
            "/vendor/",
            "/usr/local/go/",
            "/usr/lib/go",
            "/libexec/src/",
        ],
    ) {
        return true;
    }
    let first = function.split(['/', '.']).next().unwrap_or_default();
    let is_below_root = path.starts_with('/') && !path.contains("/go/") && !path.contains("/go1");
    !is_below_root && GO_STANDARD.binary_search(&first).is_ok()
}

fn is_java_library(name: &str) -> bool {
    let name = names::without_module(name);
    let is_proxy = memchr(b'$', name.as_bytes()).is_some_and(|at| name[at..].starts_with("$Proxy"));
    is_proxy || begins_with_any(name, &JAVA)
}

fn is_ruby_library(path: &str) -> bool {
    path.starts_with(['<', '(']) || contains_any(path, &["/gems/", "/lib/ruby/", "/bundle/", "/bin/"])
}

fn is_rust_library(path: &str, function: &str) -> bool {
    if !path.is_empty() {
        return path.starts_with("library/")
            || contains_any(path, &["/rustc/", "/registry/src/", "/git/checkouts/", "/rustlib/"]);
    }
    let first = function.trim_start_matches('<').split("::").next().unwrap_or_default();
    !function.contains("::") || RUST.binary_search(&first).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_are_searched_are_sorted_and_free_of_overlaps() {
        for list in [&JAVA[..], &DOTNET] {
            for pair in list.windows(2) {
                assert!(pair[0] < pair[1] && !pair[1].starts_with(pair[0]), "{pair:?}");
            }
        }
        assert!(GO_STANDARD.is_sorted() && RUST.is_sorted());
        assert!(begins_with_any("java.lang.Thread.run", &JAVA) && begins_with_any("zio.X", &JAVA));
        assert!(!begins_with_any("javalin.X", &JAVA) && !begins_with_any("a", &JAVA) && !begins_with_any("zzz", &JAVA));
    }
}
