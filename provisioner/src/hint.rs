//! Commands in hints, completed for this environment, so that what is pasted does what was meant: texts name a verb
//! (`provision drift --revert`), and the flags that say where (`--env ephemeral --name pr-42 --target local`) are put in here, at the edge,
//! where they are known. Pure.

use crate::cli::{Global, TargetArg};
use std::sync::OnceLock;

/// Verbs that work on one environment.
const OF_ONE: [&str; 12] = [
    "up", "diff", "drift", "down", "recover", "synth", "check", "send", "decide", "trace",
    "replay", "redrive",
];
/// Verbs that work on an account, wherever that is.
const OF_ALL: [&str; 2] = ["list", "reap"];

const PROGRAM: &str = "provision ";

/// Where the one run of this process works.
static HERE: OnceLock<Whereabouts> = OnceLock::new();

/// Notes where this run works, before it says anything.
pub fn begin(global: &Global) {
    let _ = HERE.set(Whereabouts::of(global));
}

/// A text for people with the commands in it completed.
pub fn complete(text: &str) -> String {
    match HERE.get() {
        Some(here) => here.complete(text),
        None => text.to_owned(),
    }
}

/// Where this run works, as flags that another run works there with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// `--env dev`, or `--env ephemeral --name pr-42`.
    environment: Vec<String>,
    /// What texts call the environment.
    names: Vec<String>,
    /// Flags that are right for every verb that calls somebody.
    target: Vec<String>,
}

impl Whereabouts {
    /// From the flags of this run.
    pub fn of(global: &Global) -> Self {
        let flag = |name: &str, value: &Option<String>| {
            let value = value.as_deref()?;
            Some([format!("--{name}"), quoted(value)])
        };
        let environment = [flag("env", &global.env), flag("name", &global.name)];
        let target = global.target.map(|target| match target {
            TargetArg::Local => ["--target".to_owned(), "local".to_owned()],
        });
        let project = global.project.as_ref().map(|it| it.display().to_string());
        let target = [
            target,
            flag("profile", &global.profile),
            flag("project", &project),
        ];
        Self {
            environment: environment.into_iter().flatten().flatten().collect(),
            names: [&global.env, &global.name]
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
            target: target.into_iter().flatten().flatten().collect(),
        }
    }

    /// A text with the commands in it completed. What names another environment is left as it is, and so are commands that stand
    /// in no backticks and name no environment: nobody knows where they end.
    pub fn complete(&self, text: &str) -> String {
        let mut done = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(PROGRAM) {
            let (before, from) = rest.split_at(at);
            let quoted = before.ends_with('`');
            let end = if quoted {
                from.find('`')
            } else {
                from.find('\n')
            };
            let (command, after) = from.split_at(end.unwrap_or(from.len()));
            done.push_str(before);
            done.push_str(&self.completed(command, quoted));
            rest = after;
        }
        done.push_str(rest);
        done
    }

    fn completed(&self, command: &str, is_whole: bool) -> String {
        let mut words: Vec<&str> = command.split(' ').collect();
        let verb = words.get(1).copied().unwrap_or_default();
        let of_one = OF_ONE.contains(&verb);
        if !of_one && !OF_ALL.contains(&verb) {
            return command.to_owned();
        }
        let names_own =
            |pair: &[&str]| pair[0] == "--env" && self.names.iter().any(|name| name == pair[1]);
        let flags: Vec<&str> = match words.iter().position(|word| *word == "--env") {
            Some(at) if words.get(at..at + 2).is_some_and(names_own) => {
                words.drain(at..at + 2);
                let environment = self.missing(&self.environment, &words);
                let flags = [environment, self.missing(&self.target, &words)].concat();
                words.splice(at..at, flags);
                return words.join(" ");
            }
            Some(_) => return command.to_owned(),
            None if !is_whole || (of_one && self.environment.is_empty()) => {
                return command.to_owned();
            }
            None if of_one => self.missing(&self.environment, &words),
            None => Vec::new(),
        };
        let target = self.missing(&self.target, &words);
        words.extend(flags);
        words.extend(target);
        words.join(" ")
    }

    /// Those pairs of flag and value whose flag isn't there yet.
    fn missing<'a>(&'a self, flags: &'a [String], words: &[&str]) -> Vec<&'a str> {
        flags
            .chunks_exact(2)
            .filter(|pair| !words.contains(&pair[0].as_str()))
            .flatten()
            .map(String::as_str)
            .collect()
    }
}

/// A value as a shell takes it.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./@:+,=".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // tests fail by panicking
mod tests {
    use super::*;
    use clap::Parser;

    fn completed(flags: &[&str], text: &str) -> String {
        let args = ["provision", "up"].iter().chain(flags);
        let global = crate::cli::Cli::try_parse_from(args).unwrap().global;
        Whereabouts::of(&global).complete(text)
    }

    #[test]
    fn a_command_is_completed_with_where_this_run_works() {
        let flags = ["--env", "ephemeral", "--name", "pr-42", "--target", "local"];
        for (text, whole) in [
            (
                "Look at `provision diff` first.",
                "Look at `provision diff --env ephemeral --name pr-42 --target local` first.",
            ),
            (
                "`provision drift --env pr-42 --revert`",
                "`provision drift --env ephemeral --name pr-42 --target local --revert`",
            ),
            (
                "Put it back: provision drift --env pr-42 --revert\nor not",
                "Put it back: provision drift --env ephemeral --name pr-42 --target local --revert\nor not",
            ),
            (
                "(`provision redrive Dlq --list`)",
                "(`provision redrive Dlq --list --env ephemeral --name pr-42 --target local`)",
            ),
            (
                "See `provision list`.",
                "See `provision list --target local`.",
            ),
            (
                "`provision down`, `provision up`",
                "`provision down --env ephemeral --name pr-42 --target local`, `provision up --env ephemeral --name pr-42 --target local`",
            ),
        ] {
            assert_eq!(completed(&flags, text), whole);
            // Once is enough.
            assert_eq!(completed(&flags, whole), whole);
        }
    }

    #[test]
    fn what_works_elsewhere_or_nowhere_is_left_as_it_is() {
        let flags = ["--env", "dev", "--profile", "a b"];
        for text in [
            "run `provision local stop`",
            "`provision package` makes real ones",
            "`provision down --env other`",
            "See `provision --help`.",
            "provision diff, and that is that",
            "what `up` does",
            "nothing",
            "",
        ] {
            assert_eq!(completed(&flags, text), text);
        }
        assert_eq!(
            completed(&flags, "`provision up`"),
            "`provision up --env dev --profile 'a b'`"
        );
        assert_eq!(completed(&[], "`provision up`"), "`provision up`");
    }
}
