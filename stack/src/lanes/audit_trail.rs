//! Every event -> one rule -> queue `Audit` -> audit. The one rule that replays pass: what is there already stays as it is.

use crate::graph::Lane;
use contracts::handlers::Audit;

pub(super) fn lane() -> Lane {
    Lane::of_everything("EventsToAudit")
        .through_queue("Audit")
        .to::<Audit>()
}
