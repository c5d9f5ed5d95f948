//! What gcloud would take for a project or a region that is not named: its environment variables, then the active
//! configuration that `gcloud config set` writes.

use std::path::PathBuf;

use crate::cloud::{Env, env_text};

/// Where defaults come from.
pub struct Defaults<'a> {
    env: Env<'a>,
    configuration: Option<String>,
}

impl<'a> Defaults<'a> {
    /// Reads gcloud's active configuration, if there is one.
    pub fn new(env: Env<'a>) -> Defaults<'a> {
        let configuration = active(env).and_then(|path| std::fs::read_to_string(path).ok());
        Defaults { env, configuration }
    }

    /// The project, and where that was found.
    pub fn project(&self) -> Option<(String, String)> {
        self.find(&["CLOUDSDK_CORE_PROJECT", "GOOGLE_CLOUD_PROJECT"], "core", "project")
    }

    /// The region of Cloud Run, and where that was found.
    pub fn region(&self) -> Option<(String, String)> {
        self.find(&["CLOUDSDK_RUN_REGION", "GOOGLE_CLOUD_REGION"], "run", "region")
    }

    fn find(&self, variables: &[&str], section: &str, key: &str) -> Option<(String, String)> {
        let set = variables
            .iter()
            .find_map(|name| Some((env_text(self.env, name)?, (*name).to_owned())));
        set.or_else(|| {
            let value = property(self.configuration.as_deref()?, section, key)?;
            Some((value, format!("gcloud's {section}/{key}")))
        })
    }
}

/// The file of the active configuration.
fn active(env: Env<'_>) -> Option<PathBuf> {
    let set = |name: &str| env_text(env, name);
    let folder = set("CLOUDSDK_CONFIG").map(PathBuf::from).or_else(|| {
        let home = if cfg!(windows) {
            PathBuf::from(set("APPDATA")?)
        } else {
            PathBuf::from(set("HOME")?).join(".config")
        };
        Some(home.join("gcloud"))
    })?;
    let name = set("CLOUDSDK_ACTIVE_CONFIG_NAME").or_else(|| {
        let name = std::fs::read_to_string(folder.join("active_config")).ok()?;
        Some(name.trim().to_owned())
    });
    let name = name.filter(|n| n.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    Some(
        folder
            .join("configurations")
            .join(format!("config_{}", name.unwrap_or_else(|| "default".into()))),
    )
}

/// `key = value` below `[section]`.
fn property(text: &str, section: &str, key: &str) -> Option<String> {
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            inside = name.trim() == section;
        } else if let Some((name, value)) = line.split_once('=')
            && inside
            && name.trim() == key
        {
            return Some(value.trim().to_owned()).filter(|v| !v.is_empty());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[core]\naccount = a@example.com\nproject = acme-shop\n\n[run]\nregion = europe-west1\n";

    #[test]
    fn properties_are_found_in_their_section() {
        assert_eq!(property(TEXT, "core", "project").as_deref(), Some("acme-shop"));
        assert_eq!(property(TEXT, "run", "region").as_deref(), Some("europe-west1"));
        assert_eq!(property(TEXT, "run", "project"), None);
        assert_eq!(property("project = x", "core", "project"), None);
    }

    #[test]
    fn the_environment_comes_before_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let configurations = folder.path().join("configurations");
        std::fs::create_dir_all(&configurations).unwrap();
        std::fs::write(configurations.join("config_shop"), TEXT).unwrap();
        std::fs::write(folder.path().join("active_config"), "shop\n").unwrap();
        let home = folder.path().display().to_string();
        let env = |name: &str| (name == "CLOUDSDK_CONFIG").then(|| home.clone().into());
        let defaults = Defaults::new(&env);
        assert_eq!(
            defaults.project(),
            Some(("acme-shop".into(), "gcloud's core/project".into()))
        );
        let env = |name: &str| match name {
            "CLOUDSDK_CONFIG" => Some(home.clone().into()),
            "GOOGLE_CLOUD_PROJECT" => Some("acme-lab".into()),
            _ => None,
        };
        let defaults = Defaults::new(&env);
        assert_eq!(
            defaults.project(),
            Some(("acme-lab".into(), "GOOGLE_CLOUD_PROJECT".into()))
        );
        assert_eq!(
            defaults.region(),
            Some(("europe-west1".into(), "gcloud's run/region".into()))
        );
    }

    #[test]
    fn a_name_that_leaves_the_folder_is_not_followed() {
        let env = |name: &str| match name {
            "CLOUDSDK_CONFIG" => Some("/nowhere".into()),
            "CLOUDSDK_ACTIVE_CONFIG_NAME" => Some("../../etc/x".into()),
            _ => None,
        };
        assert_eq!(
            active(&env),
            Some(PathBuf::from("/nowhere/configurations/config_default"))
        );
    }
}
