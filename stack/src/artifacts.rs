//! Where the handlers' published code rests: what `synth` needs to know of packaging.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The published code of every handler, by handler name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifacts {
    /// The bucket that holds them.
    pub bucket: String,
    /// Object key by handler name; content-addressed, so a new key means new code.
    pub keys: BTreeMap<String, String>,
}

impl Artifacts {
    /// How the keys of archives begin.
    pub const PREFIX: &str = "handlers/";

    /// The bootstrap bucket of an account and region.
    #[must_use]
    pub fn bucket_name(account: &str, region: &str) -> String {
        format!("provision-artifacts-{account}-{region}")
    }

    /// The object key of a handler's archive.
    #[must_use]
    pub fn key(handler: &str, sha256: &str) -> String {
        format!("{}{handler}/{sha256}.zip", Self::PREFIX)
    }

    /// The handler and the sha256 of an archive's object key; none of another key.
    #[must_use]
    pub fn of_key(key: &str) -> Option<(&str, &str)> {
        let (handler, archive) = key.strip_prefix(Self::PREFIX)?.split_once('/')?;
        Some((handler, archive.strip_suffix(".zip")?))
    }

    /// Stand-ins for a synth that has no package record: a template to look at, never to deploy.
    #[must_use]
    pub fn placeholder(account: &str, region: &str) -> Self {
        let keys = contracts::ALL_HANDLERS
            .iter()
            .map(|handler| {
                (
                    handler.name.to_owned(),
                    Self::key(handler.name, &"0".repeat(64)),
                )
            })
            .collect();
        Self {
            bucket: Self::bucket_name(account, region),
            keys,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_whose_archive_it_is() {
        let key = Artifacts::key("payment", "ab12");
        assert_eq!(Artifacts::of_key(&key), Some(("payment", "ab12")));
        assert_eq!(Artifacts::of_key("templates/ab12.json"), None);
    }
}
