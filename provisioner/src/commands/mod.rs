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
mod drift;
#[cfg(feature = "aws")]
mod list;
#[cfg(feature = "aws")]
mod operate;
#[cfg(feature = "aws")]
mod reap;
#[cfg(feature = "aws")]
mod recover;
#[cfg(feature = "aws")]
mod redrive;
#[cfg(feature = "aws")]
mod replay;
#[cfg(feature = "aws")]
mod tags;
#[cfg(feature = "aws")]
mod up;

use crate::cli::{Output, Verb};
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Runs a verb.
pub async fn run(context: &Context, verb: Verb) -> Result<Exit, Failure> {
    if context.ui.output == Output::Markdown && !matches!(verb, Verb::Diff(_) | Verb::Drift(_)) {
        return Err(Failure::refused(
            "usage.output",
            "--output markdown is for `diff` and `drift` only",
        )
        .help("Use --output human or --output json."));
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
        Verb::Up(args) => up::run(context, &args).await,
        #[cfg(feature = "aws")]
        Verb::Down(args) => down::run(context, &args).await,
        #[cfg(feature = "aws")]
        Verb::List => list::run(context).await,
        #[cfg(feature = "aws")]
        Verb::Reap => reap::run(context).await,
        #[cfg(feature = "aws")]
        Verb::Recover(args) => recover::run(context, &args).await,
        #[cfg(feature = "aws")]
        Verb::Drift(args) => drift::run(context, &args).await,
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
        Verb::Up(_)
        | Verb::Down(_)
        | Verb::List
        | Verb::Reap
        | Verb::Recover(_)
        | Verb::Drift(_)
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

#[cfg(feature = "aws")]
pub use local::reached as local_status;
