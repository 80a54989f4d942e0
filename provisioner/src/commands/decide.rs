//! `decide`: a person's decision on something that waits, signed by whoever runs the program.

use super::document;
use super::operate::remote;
use crate::cli::{DecideArgs, DecisionArg, OutcomeArg};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use contracts::events::DisputeOutcome;
use operations::{Decision, Wanted};
use std::time::SystemTime;

/// Decides, and says who did and what it still waits for.
pub async fn run(context: &Context, args: &DecideArgs) -> Result<Exit, Failure> {
    let decision = decision(args)?;
    if args.reason.trim().is_empty() {
        return Err(
            Failure::refused("usage.reason", "--reason is empty: a decision says why")
                .on(args.id.as_str())
                .help("Say it in a sentence; it stands in the invoice's trail."),
        );
    }
    let remote = remote(context).await?;
    let wanted = Wanted {
        id: &args.id,
        decision,
        reason: &args.reason,
        run: &run_of_its_own(),
    };
    let decided = operations::decide(&remote, wanted)
        .await
        .map_err(|error| document::failure(&error))?;
    context.ui.result(&decided, || decided.text())?;
    Ok(Exit::Done)
}

/// What tells this run from any other: the moment, and the process.
fn run_of_its_own() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let moment = since.map(|since| since.as_nanos()).unwrap_or_default();
    format!("{moment}-{}", std::process::id())
}

fn decision(args: &DecideArgs) -> Result<Decision, Failure> {
    let misplaced = || {
        Err(
            Failure::refused("usage.outcome", "--outcome is for `resolve` only")
                .on(args.id.as_str())
                .help(
                    "Leave it out, or use `resolve --outcome pay` or `resolve --outcome reject`.",
                ),
        )
    };
    match (args.decision, args.outcome) {
        (DecisionArg::Approve, None) => Ok(Decision::Approve),
        (DecisionArg::Reject, None) => Ok(Decision::Reject),
        (DecisionArg::Dispute, None) => Ok(Decision::Dispute),
        (DecisionArg::Resolve, Some(outcome)) => Ok(Decision::Resolve(match outcome {
            OutcomeArg::Pay => DisputeOutcome::Pay,
            OutcomeArg::Reject => DisputeOutcome::Reject,
        })),
        (DecisionArg::Resolve, None) => Err(Failure::refused(
            "usage.outcome",
            "`resolve` needs --outcome",
        )
        .on(args.id.as_str())
        .help("Use `resolve --outcome pay` or `resolve --outcome reject`.")),
        _ => misplaced(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_belongs_to_a_resolution() {
        let of = |decision_arg, outcome| {
            let args = DecideArgs {
                id: "x".to_owned(),
                decision: decision_arg,
                outcome,
                reason: "r".to_owned(),
            };
            decision(&args).ok()
        };
        let pay = Some(OutcomeArg::Pay);
        assert_eq!(of(DecisionArg::Approve, None), Some(Decision::Approve));
        assert_eq!(
            of(DecisionArg::Resolve, pay),
            Some(Decision::Resolve(DisputeOutcome::Pay))
        );
        assert_eq!(of(DecisionArg::Approve, pay), None);
        assert_eq!(of(DecisionArg::Resolve, None), None);
    }
}
