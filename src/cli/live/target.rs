//! Which project, region, service and revisions to ask for, and the filter that says so to Cloud Logging.

use super::gcloud::Defaults;
use crate::cli::args::{LiveArgs, SelectArgs};
use crate::cli::failure::Failure;
use crate::model::{is_plain_name, quoted};

/// Longer than any name of a project, region or service.
const NAME_BYTES_MAX: usize = 100;

/// What is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub project: String,
    pub region: Option<String>,
    /// Where project and region were taken from, when they were not named.
    pub taken_from: Vec<String>,
}

impl Target {
    /// The target that the arguments name, the rest from gcloud's defaults.
    pub fn new(args: &LiveArgs, defaults: &Defaults<'_>) -> Result<Target, Failure> {
        let mut taken_from = vec![];
        let mut take = |what: &str, given: &Option<String>, default: Option<(String, String)>| {
            let (name, source) = match given {
                Some(name) => (name.clone(), None),
                None => {
                    let (name, source) = default?;
                    (name, Some(source))
                }
            };
            taken_from.extend(source.map(|s| format!("{what} {name} taken from {s}")));
            Some(name)
        };
        let project = take("project", &args.project, defaults.project()).ok_or_else(|| {
            Failure::usage(
                "no project was named, and gcloud has no default",
                "add --project PROJECT, or set one with: gcloud config set project PROJECT",
            )
        })?;
        let region = take("region", &args.region, defaults.region());
        plain("project", &project)?;
        region.as_deref().map(|r| plain("region", r)).transpose()?;
        Ok(Target {
            project,
            region,
            taken_from,
        })
    }

    /// The region, which Cloud Run must be asked in.
    pub fn region(&self) -> Result<&str, Failure> {
        self.region.as_deref().ok_or_else(|| {
            Failure::usage(
                "no region was named: Cloud Run is asked region by region",
                format!(
                    "add --region REGION; this lists services with their regions: gcloud run services list --project={}",
                    self.project
                ),
            )
        })
    }

    /// The filter for the chosen services and revisions, without bounds in time. `revisions` may hold wildcards.
    pub fn filter(&self, select: &SelectArgs, revisions: &[String]) -> String {
        let mut lines = vec!["resource.type=\"cloud_run_revision\"".to_owned()];
        lines.extend(
            self.region
                .iter()
                .map(|r| format!("resource.labels.location={}", quoted(r))),
        );
        lines.extend(any_of("resource.labels.service_name", &select.service));
        lines.extend(any_of("resource.labels.revision_name", revisions));
        lines.extend(own_condition(select));
        lines.join("\nAND ")
    }
}

/// The filter of `--filter` as a condition. It stands on lines of its own: it may end with a comment.
pub fn own_condition(select: &SelectArgs) -> Option<String> {
    let own = select.filter.as_ref().filter(|f| !f.takes_all());
    own.map(|f| format!("(\n{}\n)", f.text()))
}

/// The one service that is judged.
pub fn service(select: &SelectArgs) -> Result<&str, Failure> {
    let name = match select.service.as_slice() {
        [name] if !name.contains(['*', '?', '[']) => name,
        [] => {
            return Err(Failure::usage(
                "no service was named",
                "add --service SERVICE; this lists them: gcloud run services list",
            ));
        }
        _ => {
            return Err(Failure::usage(
                "a deploy is judged for one service: --service takes one name without wildcards here",
                "compare each service by itself",
            ));
        }
    };
    plain("service", name)?;
    Ok(name)
}

/// Names go into addresses and filters: what no name of Google Cloud can hold is refused before anything is asked.
fn plain(what: &str, name: &str) -> Result<(), Failure> {
    if is_plain_name(name) && name.len() <= NAME_BYTES_MAX {
        return Ok(());
    }
    Err(Failure::usage(
        format!("{name:?} is no name of a {what}"),
        "names hold letters, digits and dashes",
    ))
}

/// One condition for names with wildcards: `field="a"`, or an alternative of such.
pub fn any_of(field: &str, names: &[String]) -> Option<String> {
    let conditions: Vec<String> = names.iter().map(|name| condition(field, name)).collect();
    match conditions.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(format!("({})", many.join(" OR "))),
    }
}

fn condition(field: &str, name: &str) -> String {
    if !name.contains(['*', '?', '[']) {
        return format!("{field}={}", quoted(name));
    }
    let mut regex = String::from("^");
    let mut rest = name.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' => {
                let class: String = rest.by_ref().take_while(|c| *c != ']').collect();
                let class = class.strip_prefix('!').map_or(class.clone(), |none| format!("^{none}"));
                regex.push_str(&format!("[{}]", class.replace('\\', "\\\\")));
            }
            c => regex.push_str(&regex::escape(&c.to_string())),
        }
    }
    regex.push('$');
    format!("{field}=~{}", quoted(&regex))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_become_expressions() {
        assert_eq!(condition("f", "chat-api"), "f=\"chat-api\"");
        assert_eq!(
            condition("f", "chat-api-0004?-*"),
            "f=~\"^chat\\\\-api\\\\-0004.\\\\-.*$\""
        );
        assert_eq!(condition("f", "a[!b]c"), "f=~\"^a[^b]c$\"");
        let two = any_of("f", &["a".into(), "b".into()]);
        assert_eq!(two.as_deref(), Some("(f=\"a\" OR f=\"b\")"));
        assert_eq!(any_of("f", &[]), None);
    }

    #[test]
    fn names_that_could_be_syntax_are_refused() {
        for bad in ["", "-p", "a b", "a/b", "a\"b", "a\nb", "ä"] {
            assert!(plain("project", bad).is_err(), "{bad:?}");
        }
        for good in ["acme-shop", "example.com:acme", "europe-west1", "p1"] {
            assert!(plain("project", good).is_ok(), "{good:?}");
        }
    }
}
