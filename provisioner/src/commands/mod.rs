//! The verbs, one file each.

mod about;
mod check;
mod diff;
mod document;
mod local;
mod package;
mod synth;
mod validate;

#[cfg(feature = "aws")]
mod decide;
#[cfg(feature = "aws")]
mod down;
#[cfg(feature = "aws")]
mod operate;
#[cfg(feature = "aws")]
mod redrive;
#[cfg(feature = "aws")]
mod replay;
#[cfg(feature = "aws")]
mod up;

use crate::cli::{Output, Verb};
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Runs a verb.
pub async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    if context.ui.output == Output::Markdown && !matches!(verb, Verb::Diff(_)) {
        return Err(
            Failure::refused("usage.output", "--output markdown is for `diff` only")
                .help("Use --output human or --output json."),
        );
    }
    match verb {
        Verb::Synth => synth::run(context),
        Verb::Check => check::run(context),
        Verb::Package => package::run(context).await,
        Verb::Validate(args) => validate::run(context, &args),
        Verb::Diff(args) => diff::run(context, &args).await,
        Verb::Local(verb) => local::run(context, verb).await,
        Verb::Completions { shell } => about::completions(shell),
        Verb::Man => about::man(),
        #[cfg(feature = "aws")]
        Verb::Up => up::run(context).await,
        #[cfg(feature = "aws")]
        Verb::Down => down::run(context).await,
        #[cfg(feature = "aws")]
        Verb::Send(args) => operate::send(context, &args).await,
        #[cfg(feature = "aws")]
        Verb::Decide(args) => decide::run(context, &args).await,
        #[cfg(feature = "aws")]
        Verb::Trace(args) => operate::trace(context, &args).await,
        #[cfg(feature = "aws")]
        Verb::Replay(args) => replay::run(context, &args).await,
        #[cfg(feature = "aws")]
        Verb::Redrive(args) => redrive::run(context, &args).await,
        #[cfg(not(feature = "aws"))]
        Verb::Up
        | Verb::Down
        | Verb::Send(_)
        | Verb::Decide(_)
        | Verb::Trace(_)
        | Verb::Replay(_)
        | Verb::Redrive(_) => Err(needs_full_build()),
    }
}

/// The refusal of a build without the AWS SDK.
#[cfg(not(feature = "aws"))]
pub fn needs_full_build() -> Failure {
    Failure::refused(
        "build.offline",
        "this build of provision can't call AWS: it was made without the feature `aws`",
    )
    .help("Use the full build: `cargo build -p provisioner`.")
}

/// Tag with the time at which an ephemeral environment is past its life.
#[cfg(feature = "aws")]
const EXPIRES: &str = "provision:expires";

/// An environment's expiry is counted from its creation: what the stack says stays, and is returned.
#[cfg(feature = "aws")]
fn keep_expiry(
    deployed: &std::collections::BTreeMap<String, String>,
    wanted: &mut std::collections::BTreeMap<String, String>,
) -> Option<String> {
    let expires = deployed.get(EXPIRES)?;
    wanted.insert(EXPIRES.to_owned(), expires.clone());
    Some(expires.clone())
}

#[cfg(feature = "aws")]
pub use local::reached as local_status;

#[cfg(all(test, feature = "aws"))]
mod tests {
    use super::{EXPIRES, keep_expiry};
    use std::collections::BTreeMap;

    #[test]
    fn a_life_time_counts_from_the_creation() {
        let of = |at: &str| BTreeMap::from([(EXPIRES.to_owned(), at.to_owned())]);
        let mut wanted = of("2026-01-02T00:00:00Z");
        let kept = keep_expiry(&of("2026-01-01T00:00:00Z"), &mut wanted);
        assert_eq!(kept.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(wanted, of("2026-01-01T00:00:00Z"));
        assert_eq!(keep_expiry(&BTreeMap::new(), &mut wanted), None);
        assert_eq!(wanted, of("2026-01-01T00:00:00Z"));
    }
}
