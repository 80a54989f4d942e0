//! Topics for people: notices to vendors, and alarms to whoever runs the system.

use crate::constructs::Site;
use crate::constructs::policies::CLOUDWATCH;
use crate::constructs::topic::topic;
use crate::ids;
use crate::shared::mail::mail;
use cfn::{Principal, Pseudo, Statement};
use contracts::wiring::outputs;

pub(super) fn topics(site: &mut Site<'_>) {
    let notices = topic(site, ids::NOTICES, |_| None);
    site.stack
        .output(outputs::NOTICES_TOPIC, notices.arn())
        .description("ARN of the topic of notices to vendors");
    let alerts = topic(site, ids::ALERTS, |alerts| {
        Some(
            Statement::allow()
                .sid("AllowAlarms")
                .principal(Principal::service(CLOUDWATCH))
                .action("sns:Publish")
                .on(alerts.arn())
                .when("StringEquals", "aws:SourceAccount", Pseudo::AccountId),
        )
    });
    mail(site, &notices, &alerts);
}
