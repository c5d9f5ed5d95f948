//! Paths of source files, made equal on every machine: no lines, versions, build folders or content hashes.

use std::borrow::Cow;

use super::at::is_script;
use super::line::is_hash;

/// Folders that applications are put into; the first that fits is cut off, once.
const ROOTS: [&str; 18] = [
    "/usr/src/app/",
    "/usr/local/app/",
    "/usr/app/",
    "/var/www/html/",
    "/var/www/",
    "/var/task/",
    "/home/node/app/",
    "/opt/app/",
    "/opt/",
    "/github/workspace/",
    "/workspaces/",
    "/workspace/",
    "/app/",
    "/srv/",
    "/code/",
    "/src/",
    "/build/",
    "/root/",
];

/// Folders below which the path of a library begins.
const LIBRARY_ROOTS: [&str; 3] = ["/site-packages/", "/dist-packages/", "node_modules/"];

/// The stable form of a path.
pub(super) fn stable(path: &str) -> String {
    let path = path.trim();
    if path.starts_with('<') {
        return special(path);
    }
    let path: Cow<'_, str> = match path.contains('\\') {
        true => Cow::Owned(path.replace('\\', "/")),
        false => Cow::Borrowed(path),
    };
    let path = without_scheme(&path);
    masked(relative(path))
}

/// `<frozen importlib._bootstrap>`, `<string>`, `<ipython-input-5-1a2b>`: numbers and hashes go.
fn special(path: &str) -> String {
    match path.starts_with("<ipython-input") {
        true => "<ipython-input>".to_owned(),
        false => path.to_owned(),
    }
}

/// Cuts `file://`, `https://host`, `webpack:///.` and what follows a question mark.
fn without_scheme(path: &str) -> &str {
    let Some((scheme, rest)) = path.split_once("://") else {
        return path.split_once('?').map_or(path, |(path, _)| path);
    };
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    if scheme == "file" {
        return rest;
    }
    let below_host = rest.find('/').map_or(rest, |at| &rest[at..]);
    if !scheme.starts_with("webpack") {
        return below_host;
    }
    let below = below_host.trim_start_matches('/');
    match below.strip_prefix('(').and_then(|inner| inner.split_once(")/")) {
        // webpack-internal:///(rsc)/./src/page.tsx
        Some((_, below)) => below,
        None => below,
    }
}

/// The path below the folder of the library or of the application.
fn relative(path: &str) -> &str {
    let library = LIBRARY_ROOTS
        .iter()
        .filter_map(|root| path.rfind(root).map(|at| at + root.len()))
        .max();
    if let Some(start) = library {
        return &path[start..];
    }
    if let Some(below) = below_interpreter(path).or_else(|| below_rustc(path)) {
        return below;
    }
    for folder in ["/gems/", "/registry/src/"] {
        if let Some((_, below)) = path.rsplit_once(folder) {
            return below;
        }
    }
    let path = without_drive(path);
    for root in ROOTS {
        if let Some(below) = path.strip_prefix(root) {
            return below.trim_start_matches("./");
        }
    }
    below_home(path).unwrap_or_else(|| path.trim_start_matches(['.', '/']))
}

/// Below `/lib/python3.12/` or `/lib/ruby/3.2.0/`.
fn below_interpreter(path: &str) -> Option<&str> {
    if let Some((_, rest)) = path.split_once("/lib/python") {
        return rest.split_once('/').map(|(_, below)| below);
    }
    let (_, rest) = path.split_once("/lib/ruby/")?;
    let (first, below) = rest.split_once('/')?;
    match first.starts_with(|c: char| c.is_ascii_digit()) {
        true => Some(below),
        false => below.split_once('/').map(|(_, below)| below),
    }
}

/// Below `/rustc/1a2b…/`.
fn below_rustc(path: &str) -> Option<&str> {
    let (_, below) = path.strip_prefix("/rustc/")?.split_once('/')?;
    Some(below)
}

fn without_drive(path: &str) -> &str {
    let bytes = path.as_bytes();
    match bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && bytes[2] == b'/' {
        true => &path[2..],
        false => path,
    }
}

/// Below `/home/NAME/`, `/Users/NAME/`, and the folders of a runner of GitHub Actions.
fn below_home(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/home/").or_else(|| path.strip_prefix("/Users/"))?;
    let (_, below) = rest.split_once('/')?;
    let Some(work) = below.strip_prefix("work/") else {
        return Some(below);
    };
    let mut parts = work.splitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(repository), Some(again), Some(below)) if repository == again => Some(below),
        _ => Some(below),
    }
}

/// The path with versions, release folders and content hashes replaced by `*` or cut.
fn masked(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for (at, part) in path.split('/').enumerate() {
        if part == "." || (at > 0 && part.is_empty()) {
            continue;
        }
        if !out.is_empty() {
            out.push('/');
        }
        push_part(part, &mut out);
    }
    out
}

fn push_part(part: &str, out: &mut String) {
    let is_release = part.len() >= 6 && part.bytes().all(|b| b.is_ascii_digit());
    if is_release || part.len() >= 12 && is_hash(part) {
        out.push('*');
    } else if is_script(part) {
        push_script(part, out);
    } else {
        out.push_str(without_version(part));
    }
}

/// `rack-2.2.3` and `pq@v1.10.9` without their version.
fn without_version(part: &str) -> &str {
    let is_version = |rest: &str| {
        let rest = rest.strip_prefix('v').unwrap_or(rest);
        rest.bytes().next().is_some_and(|b| b.is_ascii_digit()) && (rest.contains('.') || is_hash(rest))
    };
    for (at, _) in part.match_indices(['-', '@']) {
        if at > 0 && is_version(&part[at + 1..]) && !has_extension(part) {
            return &part[..at];
        }
    }
    part
}

/// Whether a name ends like a source file: a version is that of a folder.
fn has_extension(part: &str) -> bool {
    let extension = part.rsplit_once('.').map_or("", |(_, extension)| extension);
    (1..=5).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphabetic())
}

/// A bundle's name without its content hash: `main.3f2a1b9c.js`, `index-BxYz12_3.js`, `1234.js`.
fn push_script(part: &str, out: &mut String) {
    let (stem, extension) = part.rsplit_once('.').unwrap_or((part, ""));
    if !stem.bytes().any(|b| b.is_ascii_digit()) {
        out.push_str(part);
        return;
    }
    let start = stem.rfind(['.', '-']).map_or(0, |at| at + 1);
    let last = &stem[start..];
    let is_number = last.bytes().all(|b| b.is_ascii_digit()) && start == 0;
    if is_number || is_hash(last) || is_mixed(last) {
        out.push_str(&stem[..start]);
        out.push('*');
    } else {
        out.push_str(stem);
    }
    out.push('.');
    out.push_str(extension);
}

/// Eight characters or more of base 64 with a digit and both cases: what bundlers name chunks by.
fn is_mixed(text: &str) -> bool {
    let any = |test: fn(&u8) -> bool| text.as_bytes().iter().any(test);
    let is_base64 = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    text.len() == 8
        && is_base64
        && any(u8::is_ascii_digit)
        && any(u8::is_ascii_uppercase)
        && any(u8::is_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_below_the_application_or_the_library() {
        let table = [
            ("/app/app/cart.py", "app/cart.py"),
            ("/workspace/app/cart.py", "app/cart.py"),
            ("/usr/src/app/app/cart.py", "app/cart.py"),
            ("/srv/app/cart.py", "app/cart.py"),
            (r"C:\app\app\cart.py", "app/cart.py"),
            ("/home/runner/work/shop/shop/app/cart.py", "app/cart.py"),
            ("/home/ada/app/cart.py", "app/cart.py"),
            ("./app/cart.py", "app/cart.py"),
            (
                "/usr/local/lib/python3.12/site-packages/starlette/routing.py",
                "starlette/routing.py",
            ),
            ("/usr/local/lib/python3.12/asyncio/runners.py", "asyncio/runners.py"),
            ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"),
            ("<ipython-input-5-1a2b3c>", "<ipython-input>"),
            ("file:///usr/src/app/dist/orders.mjs", "dist/orders.mjs"),
            ("webpack-internal:///(rsc)/./src/page.tsx?1f2e", "src/page.tsx"),
            ("webpack://shop/./src/page.tsx", "src/page.tsx"),
            (
                "https://cdn.example.com/assets/index-BxYz12_3.js?v=2",
                "assets/index-*.js",
            ),
            ("https://cdn.example.com/main.3f2a1b9c.js", "main.*.js"),
            ("/app/.next/server/chunks/1234.js", ".next/server/chunks/*.js"),
            ("/app/src/step2.js", "src/step2.js"),
            (
                "/app/node_modules/.pnpm/next@14.2.3/node_modules/next/dist/server.js",
                "next/dist/server.js",
            ),
            ("node:internal/process/task_queues", "node:internal/process/task_queues"),
            ("/usr/local/bundle/gems/rack-2.2.3/lib/rack.rb", "rack/lib/rack.rb"),
            ("/usr/local/lib/ruby/3.2.0/net/http.rb", "net/http.rb"),
            ("/srv/releases/20260301100000/app/cart.rb", "releases/*/app/cart.rb"),
            (
                "/rustc/59807616e1fa/library/std/src/panicking.rs",
                "library/std/src/panicking.rs",
            ),
            (
                "/usr/local/cargo/registry/src/index.crates.io-6f17d22bba15001f/tokio-1.35.1/src/lib.rs",
                "index.crates.io/tokio/src/lib.rs",
            ),
            ("", ""),
            ("/", ""),
            ("/app/", ""),
        ];
        for (path, place) in table {
            assert_eq!(stable(path), place, "{path}");
        }
    }
}
