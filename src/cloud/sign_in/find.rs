//! Where Application Default Credentials are, in Google's order: a file that the environment names, gcloud's file, the
//! metadata server.

use std::path::PathBuf;

use super::{Env, env_text};

/// The variable that names a credentials file.
pub(super) const CREDENTIALS_FILE: &str = "GOOGLE_APPLICATION_CREDENTIALS";
/// The variable that names another metadata server.
pub(super) const METADATA_HOST: &str = "GCE_METADATA_HOST";
/// What gcloud calls its file.
const GCLOUD_FILE: &str = "application_default_credentials.json";
/// Variables that Cloud Run sets for services, jobs and worker pools.
const SET_BY_CLOUD_RUN: [&str; 3] = ["K_SERVICE", "CLOUD_RUN_JOB", "CLOUD_RUN_WORKER_POOL"];

/// Where credentials are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In a file.
    File {
        path: PathBuf,
        /// Whether the environment names it; else it is gcloud's.
        is_named: bool,
    },
    /// At the metadata server.
    Metadata {
        /// Host and port, where the environment names another one.
        host: Option<String>,
        /// Whether there must be one: this is Cloud Run, or the environment names it.
        is_certain: bool,
    },
}

/// Finds the place. An empty variable counts as not set.
pub(super) fn find(env: Env) -> Place {
    if let Some(path) = env(CREDENTIALS_FILE).filter(|p| !p.is_empty()) {
        return Place::File {
            path: path.into(),
            is_named: true,
        };
    }
    if let Some(path) = gcloud_file(env).filter(|p| p.exists()) {
        return Place::File { path, is_named: false };
    }
    let host = env_text(env, METADATA_HOST);
    let is_certain = host.is_some() || SET_BY_CLOUD_RUN.iter().any(|name| env(name).is_some());
    Place::Metadata { host, is_certain }
}

/// Where gcloud writes what `gcloud auth application-default login` makes.
fn gcloud_file(env: Env) -> Option<PathBuf> {
    let set = |name: &str| env(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = match set("CLOUDSDK_CONFIG") {
        Some(folder) => folder,
        None if cfg!(windows) => set("APPDATA")?.join("gcloud"),
        None => set("HOME")?.join(".config").join("gcloud"),
    };
    Some(folder.join(GCLOUD_FILE))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn found(pairs: &[(&str, &str)]) -> Place {
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.to_string(), OsString::from(v))).collect();
        find(&move |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()))
    }

    #[test]
    fn the_order_is_googles_and_empty_counts_as_not_set() {
        let home = tempfile::tempdir().unwrap();
        let text = home.path().to_str().unwrap();
        let nowhere = Place::Metadata {
            host: None,
            is_certain: false,
        };
        assert_eq!(found(&[]), nowhere);
        assert_eq!(found(&[("HOME", text), (CREDENTIALS_FILE, "")]), nowhere);
        let named = Place::File {
            path: "/nowhere/key.json".into(),
            is_named: true,
        };
        assert_eq!(found(&[("HOME", text), (CREDENTIALS_FILE, "/nowhere/key.json")]), named);
        let path = home.path().join(GCLOUD_FILE);
        std::fs::write(&path, "{}").unwrap();
        let gclouds = Place::File { path, is_named: false };
        assert_eq!(found(&[("CLOUDSDK_CONFIG", text), ("K_SERVICE", "chat-api")]), gclouds);
    }

    #[test]
    fn on_cloud_run_the_metadata_server_must_be_there() {
        for pair in [
            ("CLOUD_RUN_JOB", "watch"),
            ("K_SERVICE", "chat-api"),
            (METADATA_HOST, "127.0.0.1:1"),
        ] {
            assert!(
                matches!(found(&[pair]), Place::Metadata { is_certain: true, .. }),
                "{pair:?}"
            );
        }
        assert!(matches!(
            found(&[(METADATA_HOST, "")]),
            Place::Metadata { is_certain: false, .. }
        ));
    }
}
