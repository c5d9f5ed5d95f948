//! Names of functions and classes without what compilers and runtimes add to them.

use super::line::{is_hash, is_number};
use crate::model::start_of;

/// Splits `com.acme.Cart$1.total` into class and method, both without modules, proxies and counters.
pub(super) fn java(name: &str) -> (String, String) {
    let name = without_module(name);
    let (class, method) = name.rsplit_once('.').unwrap_or(("", name));
    (java_part(class), java_part(method))
}

/// Cuts `java.base/` and `app//`; the slash after a lambda's counter is none of them.
pub(super) fn without_module(name: &str) -> &str {
    let mut rest = name;
    while let Some((module, after)) = rest.split_once('/') {
        if module.contains("$$") {
            break;
        }
        rest = after;
    }
    rest
}

/// Marks after which a name is generated to its end.
const GENERATED: [&str; 6] = [
    "$$EnhancerBy",
    "$$FastClassBy",
    "$$SpringCGLIB",
    "$$KeyFactoryBy",
    "$HibernateProxy",
    "_$$_",
];

fn java_part(name: &str) -> String {
    if !name.contains('$') {
        return without_count(name).to_owned();
    }
    let start = GENERATED.iter().filter_map(|mark| name.find(mark)).min();
    let name = start.map_or(name, |start| &name[..start]);
    if let Some(start) = name.find("$$Lambda") {
        return name[..start + "$$Lambda".len()].to_owned();
    }
    let mut out = String::with_capacity(name.len());
    for (at, part) in name.split('$').enumerate() {
        // `Cart$1`, `lambda$total$3`: counters of the compiler.
        if at > 0 && is_number(part) {
            continue;
        }
        if at > 0 {
            out.push('$');
        }
        out.push_str(without_count(part));
    }
    out
}

/// `GeneratedMethodAccessor112` and `$Proxy12` are numbered as they are made.
fn without_count(name: &str) -> &str {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_counted = stem.len() < name.len() && (stem.ends_with("Proxy") || stem.ends_with("Accessor"));
    if is_counted { stem } else { name }
}

/// The import path and the function of `github.com/acme/shop/v3/cart.(*Cart).Total.func1`, made stable.
pub(super) fn go(name: &str) -> (String, String) {
    // gin leaves the package out: `(*Server).createOrder`.
    if name.starts_with('(') {
        return (String::new(), go_function(name));
    }
    let start = name.rfind('/').map_or(0, |at| at + 1);
    let Some(dot) = name[start..].find('.').map(|at| start + at) else {
        return (String::new(), name.to_owned());
    };
    (go_package(&name[..dot]), go_function(&name[dot + 1..]))
}

/// Drops `/v3`, `@v1.2.3` and `%2ev3` from an import path.
fn go_package(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for (at, part) in path.split('/').enumerate() {
        if at > 0 && part.strip_prefix('v').is_some_and(is_number) {
            continue;
        }
        let part = part.split_once('@').map_or(part, |(part, _)| part);
        let part = part.split_once("%2ev").map_or(part, |(part, _)| part);
        if at > 0 {
            out.push('/');
        }
        out.push_str(part);
    }
    out
}

/// Drops the counters of closures: `Total.func1.2` is `Total.func`.
fn go_function(name: &str) -> String {
    let name = name.strip_suffix("-fm").unwrap_or(name);
    // Type arguments: `Map[...]`.
    let name = name.split_once('[').map_or(name, |(name, _)| name);
    let mut out = String::with_capacity(name.len());
    for (at, part) in name.split('.').enumerate() {
        if is_number(part) {
            continue;
        }
        if at > 0 {
            out.push('.');
        }
        let stem = part.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_counted = matches!(stem, "func" | "gowrap" | "deferwrap");
        out.push_str(if is_counted { stem } else { part });
    }
    out
}

/// A JavaScript function: no `async`, no `[as name]`, no receiver that V8's versions write differently.
pub(super) fn node(name: &str) -> String {
    let name = name.split_once(" [as ").map_or(name, |(name, _)| name);
    if name.is_empty() || name == "<anonymous>" || name.ends_with(".<anonymous>") {
        return "<anonymous>".to_owned();
    }
    let mut rest = name;
    for receiver in ["Object.", "Function.", "Module.", "exports."] {
        rest = rest.strip_prefix(receiver).unwrap_or(rest);
    }
    let rest = rest.trim_end_matches(['/', '<']);
    let rest = if rest.is_empty() { "<anonymous>" } else { rest };
    rest.to_owned()
}

/// Class and method of `Acme.Shop.Cart.<Total>d__12.MoveNext`: the method that the compiler made state machines,
/// closures and local functions of; no type arguments.
pub(super) fn dotnet(name: &str) -> (String, String) {
    let name = without_type_arguments(name);
    if let Some(start) = name.find(['<']) {
        let class = name[..start].trim_end_matches(['.', '+']);
        let written = name[start..]
            .split('<')
            .filter_map(|part| part.split_once('>'))
            .map(|(inner, _)| inner);
        let method = written
            .into_iter()
            .find(|inner| !inner.is_empty())
            .unwrap_or("<lambda>");
        return (class.to_owned(), method.to_owned());
    }
    if let Some(class) = name.strip_suffix("..ctor") {
        return (class.to_owned(), ".ctor".to_owned());
    }
    let (class, method) = name.rsplit_once('.').unwrap_or(("", &name));
    (class.to_owned(), method.to_owned())
}

/// Drops `` `1 `` and `[System.String]`.
fn without_type_arguments(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let (mut depth, mut in_count) = (0_u32, false);
    for c in name.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '`' => in_count = true,
            c if in_count && c.is_ascii_digit() => {}
            c => {
                in_count = false;
                if depth == 0 {
                    out.push(c);
                }
            }
        }
    }
    out
}

/// A Ruby method without `block in` and without its class, which Ruby writes from 3.4 on.
pub(super) fn ruby(name: &str) -> String {
    let name = name.rsplit_once(" in ").map_or(name, |(_, name)| name);
    let last = match name.starts_with('<') {
        true => name,
        false => name.rfind(['#', '.']).map_or(name, |at| &name[at + 1..]),
    };
    (if last.is_empty() { name } else { last }).to_owned()
}

/// A PHP function; closures lose the place that PHP writes from 8.4 on. Monolog doubles backslashes.
pub(super) fn php(name: &str) -> String {
    let name = &name.replace(r"\\", r"\");
    match name.find("{closure") {
        Some(at) => format!("{}{{closure}}", &name[..at]),
        None => name.to_owned(),
    }
}

/// A Rust path without the hash at its end.
pub(super) fn rust(name: &str) -> String {
    let hash = name
        .rsplit_once("::h")
        .filter(|(_, hash)| hash.len() == 16 && is_hash(hash));
    hash.map_or(name, |(name, _)| name).replace("{{closure}}", "{closure}")
}

/// At most as many bytes as a name may have.
pub(super) fn limited(mut name: String) -> String {
    let end = start_of(&name, super::NAME_BYTES_MAX).len();
    name.truncate(end);
    name
}
