//! Which environment the flags mean: a file's name, and for an ephemeral one a name and a life time of its own. Pure.

use crate::cli::{Global, TargetArg};
use crate::exit::Failure;

/// The file that ephemeral environments are made from.
const EPHEMERAL: &str = "ephemeral";

/// What the flags ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The environment file, without `.yaml`.
    pub file: String,
    /// The environment's name, where it isn't the file's.
    pub name: Option<String>,
    /// How long an ephemeral environment lives, in seconds.
    pub ttl_seconds: Option<u64>,
    /// Onto the local cloud, whatever the file says.
    pub target: Option<TargetArg>,
    /// AWS profile, instead of the file's.
    pub profile: Option<String>,
}

impl Selection {
    /// From the flags.
    ///
    /// # Errors
    /// No `--env`, a bad name, `--name` or `--ttl` for an environment that isn't ephemeral, a bad duration.
    pub fn from_flags(global: &Global) -> Result<Self, Failure> {
        let file = global.env.clone().ok_or_else(|| {
            Failure::refused("usage.env", "this verb needs an environment")
                .help("Say which: --env NAME, a file in environments/ without `.yaml`.")
        })?;
        name_form("--env", &file)?;
        if file != EPHEMERAL && (global.name.is_some() || global.ttl.is_some()) {
            return Err(Failure::refused(
                "usage.ephemeral",
                "--name and --ttl belong to an ephemeral environment",
            )
            .on(file)
            .help("Use them with --env ephemeral."));
        }
        if let Some(name) = &global.name {
            name_form("--name", name)?;
        }
        Ok(Self {
            ttl_seconds: global.ttl.as_deref().map(seconds).transpose()?,
            name: global.name.clone(),
            target: global.target,
            profile: global.profile.clone(),
            file,
        })
    }
}

impl Selection {
    /// Whether it is one of the environments that come and go.
    pub fn is_ephemeral(&self) -> bool {
        self.file == EPHEMERAL
    }

    /// Refuses to make an ephemeral environment that nobody could tell from another.
    ///
    /// # Errors
    /// `--env ephemeral` without `--name`; exit 3.
    #[cfg_attr(not(feature = "aws"), allow(dead_code))]
    pub fn can_be_made(&self) -> Result<(), Failure> {
        if !self.is_ephemeral() || self.name.is_some() {
            return Ok(());
        }
        Err(Failure::refused(
            "usage.ephemeral",
            "an ephemeral environment is made with --name",
        )
        .on(EPHEMERAL)
        .help(
            "Give it a name, and a life time if 8 hours won't do: --env ephemeral --name pr-42 --ttl 4h.",
        ))
    }
}

/// A name is part of the stack's name and of every resource's: lower-case letters, digits and hyphens, up to 32, from
/// a letter.
fn name_form(flag: &str, name: &str) -> Result<(), Failure> {
    let form = (1..=32).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && name.as_bytes()[0].is_ascii_lowercase()
        && !name.ends_with('-');
    if form {
        return Ok(());
    }
    let shown: String = name.chars().take(60).collect();
    Err(Failure::refused(
        "usage.name",
        format!("`{shown}` can't be the value of {flag}"),
    )
    .on(shown)
    .help("1 to 32 lower-case letters, digits and hyphens, beginning with a letter."))
}

/// `90m`, `4h` or `2d`, from 10 minutes to 30 days.
fn seconds(text: &str) -> Result<u64, Failure> {
    let fault = || {
        Failure::refused("usage.ttl", format!("`{text}` is no life time"))
            .on(text)
            .help("A number and m, h or d, from 10m to 30d; e.g. --ttl 4h.")
    };
    let unit = match text.as_bytes().last() {
        Some(b'm') => 60,
        Some(b'h') => 3600,
        Some(b'd') => 86_400,
        _ => return Err(fault()),
    };
    text[..text.len() - 1]
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .filter(|seconds| (600..=30 * 86_400).contains(seconds))
        .ok_or_else(fault)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // tests fail by panicking
mod tests {
    use super::*;

    #[test]
    fn life_times_have_a_unit_and_bounds() {
        assert_eq!(seconds("4h").unwrap(), 14_400);
        assert_eq!(seconds("90m").unwrap(), 5_400);
        for bad in [
            "",
            "h",
            "4",
            "4x",
            "5m",
            "31d",
            "-4h",
            "99999999999999999999d",
            "4ħ",
        ] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_ephemeral_environment_is_made_with_a_name() {
        let of = |file: &str, name: Option<&str>, ttl_seconds| Selection {
            file: file.to_owned(),
            name: name.map(str::to_owned),
            ttl_seconds,
            target: None,
            profile: None,
        };
        assert!(of("dev", None, None).can_be_made().is_ok());
        for ttl in [None, Some(600)] {
            assert!(of("ephemeral", Some("pr-1"), ttl).can_be_made().is_ok());
            let refusal = of("ephemeral", None, ttl).can_be_made().unwrap_err();
            assert_eq!(refusal.exit, crate::exit::Exit::Refused);
            assert!(refusal.help.unwrap().contains("--name pr-42 --ttl 4h"));
        }
    }

    #[test]
    fn names_are_safe_in_stack_and_bucket_names() {
        assert!(name_form("--env", "pr-42").is_ok());
        for bad in [
            "",
            "-a",
            "a-",
            "PR",
            "a_b",
            "ä",
            "42",
            &"a".repeat(33),
            "../etc",
        ] {
            assert!(name_form("--env", bad).is_err(), "{bad}");
        }
    }
}
