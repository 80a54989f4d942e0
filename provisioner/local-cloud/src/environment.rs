//! The environment variables that the emulator and the functions that it runs see.
//!
//! It starts empty and takes over only what is named here: the functions inherit all of it, and a real credential,
//! profile, endpoint or proxy among it could send a handler's call to real AWS.

use crate::Paths;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// What is taken over from the calling program: where programs are found, and language.
const INHERITED: &[&str] = &["PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ"];

/// The emulator's environment when it serves at `port`.
pub fn of_emulator(
    paths: &Paths,
    port: u16,
    calling: impl IntoIterator<Item = (OsString, OsString)>,
) -> BTreeMap<OsString, OsString> {
    let mut variables: BTreeMap<OsString, OsString> = calling
        .into_iter()
        .filter(|(name, _)| INHERITED.iter().any(|inherited| name == inherited))
        .collect();
    let temporary = paths.temporary();
    let own: [(&str, OsString); 14] = [
        // Signatures of users and sessions, execution roles and policies are enforced.
        ("AUTH", "true".into()),
        ("BIND_HOST", "127.0.0.1".into()),
        ("MINISTACK_HOST", "127.0.0.1".into()),
        ("MINISTACK_REGION", crate::DEFAULT_REGION.into()),
        ("GATEWAY_PORT", port.to_string().into()),
        // Handed on to every function; without it their SDKs would call real AWS.
        ("AWS_ENDPOINT_URL", endpoint(port).into()),
        // There is no instance metadata here: a function without credentials fails at once instead of asking for it.
        ("AWS_EC2_METADATA_DISABLED", "true".into()),
        // No ~/.aws, whoever asks.
        ("HOME", temporary.join("home").into()),
        ("TMPDIR", temporary.into()),
        ("PERSIST_STATE", "1".into()),
        ("STATE_DIR", paths.state().into()),
        ("S3_PERSIST", "1".into()),
        ("S3_DATA_DIR", paths.state().join("s3").into()),
        ("NO_PROXY", "*".into()),
    ];
    variables.extend(own.into_iter().map(|(name, value)| (name.into(), value)));
    variables
}

/// Where the emulator answers when it serves at `port`.
#[must_use]
pub fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]
    use super::of_emulator;
    use crate::Paths;
    use std::ffi::OsString;

    #[test]
    fn no_real_credential_profile_endpoint_or_proxy_reaches_the_functions() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::of(folder.path()).unwrap();
        let calling = [
            ("PATH", "/usr/bin"),
            ("HOME", "/home/someone"),
            ("AWS_ACCESS_KEY_ID", "AKIAREAL"),
            ("AWS_SECRET_ACCESS_KEY", "real"),
            ("AWS_SESSION_TOKEN", "real"),
            ("AWS_PROFILE", "prod"),
            ("AWS_CONFIG_FILE", "/home/someone/.aws/config"),
            (
                "AWS_ENDPOINT_URL",
                "https://dynamodb.eu-central-1.amazonaws.com",
            ),
            ("AWS_ENDPOINT_URL_DYNAMODB", "https://elsewhere"),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.2"),
            ("HTTPS_PROXY", "http://proxy"),
            ("https_proxy", "http://proxy"),
            ("GITHUB_TOKEN", "secret"),
        ]
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let variables = of_emulator(&paths, 4567, calling);
        let get = |name: &str| {
            variables
                .get(&OsString::from(name))
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let aws: Vec<_> = variables
            .keys()
            .filter_map(|name| name.to_str())
            .filter(|name| name.starts_with("AWS_"))
            .collect();
        assert_eq!(aws, ["AWS_EC2_METADATA_DISABLED", "AWS_ENDPOINT_URL"]);
        assert_eq!(get("AWS_ENDPOINT_URL").unwrap(), "http://127.0.0.1:4567");
        assert_eq!(get("PATH").unwrap(), "/usr/bin");
        assert!(
            get("HOME")
                .unwrap()
                .starts_with(paths.root().to_str().unwrap())
        );
        for gone in ["HTTPS_PROXY", "https_proxy", "GITHUB_TOKEN"] {
            assert_eq!(get(gone), None, "{gone}");
        }
    }
}
