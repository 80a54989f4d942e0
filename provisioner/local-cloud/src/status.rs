//! Whether the local cloud runs, where, and how to sign in.

use crate::process::Identity;
use crate::record::{self, Found, Record};
use crate::{LocalCloudError, Paths, environment, health};
use serde::Serialize;

/// How to reach the local cloud: the JSON of `provision local status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Whether it runs and answers.
    pub running: bool,
    /// Where it serves every AWS API, e.g. `http://127.0.0.1:41234`; absent when it does not run.
    pub endpoint: Option<String>,
    /// Access key id of the administrator of [`crate::DEFAULT_ACCOUNT`].
    pub access_key_id: String,
    /// Its secret. No secret really: the emulator listens on this machine only and takes any for this key.
    pub secret_access_key: String,
    /// A region to work in.
    pub region: String,
    /// The emulator's process; absent when it does not run.
    pub pid: Option<u32>,
    /// The emulator's version.
    pub version: String,
}

/// Static credentials of an administrator of one account in the local cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: String,
}

/// The administrator of an account: the emulator reads a 12-digit access key id as the account's root user, whose
/// requests it authorizes as such. There must be no session token.
#[must_use]
pub fn credentials(account: &str) -> Credentials {
    Credentials {
        access_key_id: account.to_owned(),
        secret_access_key: "test".to_owned(),
    }
}

/// Looks whether the local cloud runs. Changes nothing and waits for nobody.
///
/// # Errors
/// When the processes of this machine can't be looked at.
pub async fn status(paths: &Paths) -> Result<Status, LocalCloudError> {
    match record::find(paths)? {
        Found::Alive(record, process) if health::is_healthy(record.port).await => {
            Ok(Status::running(&record, &process))
        }
        _ => Ok(Status::stopped()),
    }
}

/// Whether anything may be deployed here: its process lives, be it still starting, or it was stopped in order and saved
/// its state. One that died without saving has lost everything. Changes nothing.
///
/// # Errors
/// When the processes of this machine can't be looked at.
pub fn holds_something(paths: &Paths) -> Result<bool, LocalCloudError> {
    Ok(match record::find(paths)? {
        Found::Alive(..) => true,
        Found::Stopped(_) | Found::Nothing => record::has_state(paths),
        Found::Died(..) => false,
    })
}

impl Status {
    pub(crate) fn running(record: &Record, process: &Identity) -> Self {
        Self {
            running: true,
            endpoint: Some(environment::endpoint(record.port)),
            pid: Some(process.pid),
            version: record.version.clone(),
            ..Self::stopped()
        }
    }

    pub(crate) fn stopped() -> Self {
        let Credentials {
            access_key_id,
            secret_access_key,
        } = credentials(crate::DEFAULT_ACCOUNT);
        Self {
            running: false,
            endpoint: None,
            access_key_id,
            secret_access_key,
            region: crate::DEFAULT_REGION.to_owned(),
            pid: None,
            version: crate::VERSION.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]
    use super::{Status, holds_something};
    use crate::Paths;
    use crate::process::Identity;
    use crate::record::Record;

    #[test]
    fn saved_state_or_a_living_process_is_something_and_a_death_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::of(folder.path()).unwrap();
        paths.create().unwrap();
        let holds = || holds_something(&paths).unwrap();
        assert!(!holds());

        let write = |process| {
            let record = Record {
                version: "1".to_owned(),
                port: 4567,
                process,
            };
            record.write(&paths).unwrap();
        };
        write(None);
        assert!(!holds(), "stopped, and nothing was saved");
        // It need not answer yet.
        let own = Identity::of(std::process::id()).unwrap().unwrap();
        write(Some(own.clone()));
        assert!(holds());
        write(Some(Identity {
            began: "earlier".to_owned(),
            ..own
        }));
        assert!(!holds(), "it died");

        write(None);
        std::fs::create_dir_all(paths.state()).unwrap();
        std::fs::write(paths.state().join("sqs.json"), "{}").unwrap();
        assert!(holds());
    }

    #[test]
    fn the_json_has_every_key_whether_it_runs_or_not() {
        let json = serde_json::to_value(Status::stopped()).unwrap();
        let keys: Vec<_> = json
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let mut wanted = [
            "running",
            "endpoint",
            "access_key_id",
            "secret_access_key",
            "region",
            "pid",
            "version",
        ];
        wanted.sort_unstable();
        let mut keys = keys;
        keys.sort_unstable();
        assert_eq!(keys, wanted);
    }
}
