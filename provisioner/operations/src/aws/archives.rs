//! The bus's rules, the archive, and replays on EventBridge.

use super::{WaysBack, service_error};
use crate::ports::{ServiceError, Trouble};
use crate::replay::{Archive, Archives, LiveRule, ReplayOrder, ReplayState, Start, Window};
use aws_sdk_eventbridge::types::{ReplayDestination, RuleState};
use aws_smithy_types::DateTime;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use time::OffsetDateTime;

impl Archives for WaysBack {
    async fn rules(&self) -> Result<Vec<LiveRule>, ServiceError> {
        let bus = &self.event_bus;
        let subject = || format!("the rules of bus {bus}");
        let (mut rules, mut next) = (Vec::new(), None);
        loop {
            let page = self
                .events()
                .list_rules()
                .event_bus_name(bus)
                .set_next_token(next)
                .send()
                .await
                .map_err(|why| service_error("reading", subject(), &why))?;
            for rule in page.rules.unwrap_or_default() {
                let enabled = rule.state != Some(RuleState::Disabled);
                rules.push(LiveRule {
                    name: rule.name.ok_or_else(|| odd(subject(), "Name"))?,
                    arn: rule.arn.ok_or_else(|| odd(subject(), "Arn"))?,
                    enabled,
                    pattern: rule.event_pattern,
                    managed: rule.managed_by.is_some(),
                });
            }
            next = page.next_token;
            if next.is_none() {
                return Ok(rules);
            }
        }
    }

    async fn archive(&self, name: &str) -> Result<Option<Archive>, ServiceError> {
        let subject = || format!("archive {name}");
        let answer = self
            .events()
            .describe_archive()
            .archive_name(name)
            .send()
            .await;
        let found = match answer {
            Ok(found) => found,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_resource_not_found_exception()) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(service_error("reading", subject(), &error)),
        };
        let days = found
            .retention_days
            .and_then(|days| u32::try_from(days).ok());
        Ok(Some(Archive {
            events: u64::try_from(found.event_count).unwrap_or_default(),
            retention_days: days.filter(|days| *days > 0),
            since: found.creation_time.and_then(moment),
            arn: found
                .archive_arn
                .ok_or_else(|| odd(subject(), "ArchiveArn"))?,
            bus_arn: found
                .event_source_arn
                .ok_or_else(|| odd(subject(), "EventSourceArn"))?,
        }))
    }

    async fn start(&self, order: &ReplayOrder) -> Result<Start, ServiceError> {
        let subject = || format!("replay {}", order.name);
        let destination = ReplayDestination::builder()
            .arn(&order.bus_arn)
            .set_filter_arns(Some(order.rule_arns.clone()))
            .build()
            .map_err(|why| ServiceError {
                action: "starting",
                subject: subject(),
                reason: why.to_string(),
                trouble: Trouble::Other,
            })?;
        let answer = self
            .events()
            .start_replay()
            .replay_name(&order.name)
            .event_source_arn(&order.archive_arn)
            .event_start_time(DateTime::from_secs(order.window.from.unix_timestamp()))
            .event_end_time(DateTime::from_secs(order.window.to.unix_timestamp()))
            .destination(destination)
            .send()
            .await;
        let Err(error) = answer else {
            return Ok(Start::Started);
        };
        match error.code() {
            Some("ResourceAlreadyExistsException") => Ok(Start::Exists),
            Some("LimitExceededException") => Ok(Start::Busy {
                reason: error.message().unwrap_or_default().to_owned(),
            }),
            _ => Err(service_error("starting", subject(), &error)),
        }
    }

    async fn state(&self, name: &str) -> Result<ReplayState, ServiceError> {
        let subject = || format!("replay {name}");
        let found = self
            .events()
            .describe_replay()
            .replay_name(name)
            .send()
            .await
            .map_err(|why| service_error("following", subject(), &why))?;
        let missing = |field: &str| odd(subject(), field);
        let destination = found.destination.ok_or_else(|| missing("Destination"))?;
        let moment =
            |at: Option<DateTime>, field: &str| at.and_then(moment).ok_or_else(|| missing(field));
        Ok(ReplayState {
            order: ReplayOrder {
                name: name.to_owned(),
                archive_arn: found
                    .event_source_arn
                    .ok_or_else(|| missing("EventSourceArn"))?,
                bus_arn: destination.arn,
                window: Window {
                    from: moment(found.event_start_time, "EventStartTime")?,
                    to: moment(found.event_end_time, "EventEndTime")?,
                },
                rule_arns: destination.filter_arns.unwrap_or_default(),
            },
            state: found
                .state
                .ok_or_else(|| missing("State"))?
                .as_str()
                .to_owned(),
            reason: found.state_reason,
            last_event: found.event_last_replayed_time.and_then(self::moment),
        })
    }
}

/// A moment of the SDK as ours, in whole seconds.
fn moment(at: DateTime) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(at.secs()).ok()
}

fn odd(subject: String, field: &str) -> ServiceError {
    ServiceError {
        action: "reading",
        subject,
        reason: format!("the answer has no `{field}`"),
        trouble: Trouble::Other,
    }
}
