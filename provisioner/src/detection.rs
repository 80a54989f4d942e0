//! CloudFormation's own drift detection, beside our readers: it is started, waited for so long, and what it found is handed on.
//! It is no reason to fail: what it alone might have found is then not known, and that is said.

use crate::cloudformation::{CallError, CloudFormation, Detection, Page, ResourceDrift};
use crate::ui::Ui;
use ::drift::Theirs;
use std::time::Duration;
use tokio::time::Instant;

/// How long it may take. It reads some resources a second, one stack's a few minutes.
const PATIENCE: Duration = Duration::from_secs(300);

/// Before the second look, and at most between two.
const PACE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// After how long it is said that it takes its time.
const SLOW: Duration = Duration::from_secs(10);

/// What it found of every resource; none where it was not to be had, which is said.
pub async fn detection(cloud: &impl CloudFormation, stack: &str, ui: &Ui) -> Option<Vec<Theirs>> {
    match found(cloud, stack, ui).await {
        Ok(found) => found,
        Err(error) => {
            ui.warn(format!(
                "CloudFormation's own detection is not taken into account: {error}"
            ));
            None
        }
    }
}

async fn found(
    cloud: &impl CloudFormation,
    stack: &str,
    ui: &Ui,
) -> Result<Option<Vec<Theirs>>, CallError> {
    let begun = Instant::now();
    let id = cloud.detect_drift(stack).await?;
    let (mut wait, most) = PACE;
    let mut said = false;
    loop {
        match cloud.detection(&id).await? {
            Detection::Complete => break,
            Detection::Failed(why) => {
                ui.warn(format!(
                    "CloudFormation's own detection could not read everything: {why}"
                ));
                break;
            }
            Detection::Running if begun.elapsed() >= PATIENCE => {
                ui.warn(format!(
                    "CloudFormation's own detection has not finished in {} s: what it alone would find is not known yet",
                    PATIENCE.as_secs()
                ));
                return Ok(None);
            }
            Detection::Running => {}
        }
        if !said && begun.elapsed() >= SLOW {
            ui.say("CloudFormation's own drift detection is still reading: on large stacks it takes minutes");
            said = true;
        }
        tokio::time::sleep(wait).await;
        wait = (wait + wait / 2).min(most);
    }
    let mut all = Vec::new();
    let mut next = None;
    loop {
        let Page { items, next: more } = cloud.drifts(stack, next.as_deref()).await?;
        all.extend(items.into_iter().map(theirs));
        next = more;
        if next.is_none() {
            return Ok(Some(all));
        }
    }
}

fn theirs(drift: ResourceDrift) -> Theirs {
    Theirs {
        logical_id: drift.logical_id,
        status: drift.status,
        expected: drift.expected,
        actual: drift.actual,
        differing: drift.differing,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // tests fail by panicking
mod tests {
    use super::*;
    use crate::cli::Output;
    use crate::cloudformation::scripted::Scripted;
    use crate::ui::{Asks, Colour, Live, Voice};

    const QUIET: Ui = Ui {
        output: Output::Human,
        voice: Voice::Quiet,
        asks: Asks::No,
        colour: Colour::Plain,
        live: Live::Lines,
    };

    #[tokio::test(start_paused = true)]
    async fn a_detection_that_takes_too_long_or_is_refused_is_no_failure() {
        let world = Scripted::default();
        assert_eq!(detection(&world, "absent", &QUIET).await, None);
        world.somewhere(
            "invoicing-dev",
            r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#,
        );
        world.state().drifted.insert("Queue", vec!["DelaySeconds"]);
        world.state().detection_takes = 3;
        let found = detection(&world, "invoicing-dev", &QUIET).await.unwrap();
        assert_eq!(found[0].status, "MODIFIED");
        assert_eq!(found[0].differing, ["/DelaySeconds"]);
        world.state().detection_takes = usize::MAX;
        assert_eq!(detection(&world, "invoicing-dev", &QUIET).await, None);
    }
}
