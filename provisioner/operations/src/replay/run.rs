//! The plan of a replay, and its course until it ends.

use super::ReplayFailure;
use super::moment::{Window, text};
use super::ports::{Archive, Archives, ReplayOrder, ReplayState, Start};
use super::rules::{RuleLine, rule_lines};
use crate::deployed::{Deployed, rule_name};
use crate::ports::{Pace, Trouble};
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often in a row a running replay may be asked in vain.
const PATIENCE: u32 = 5;
/// An event may take this long into the archive.
const ARCHIVING: time::Duration = time::Duration::minutes(10);

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ReplayRequest {
    /// The environment's name.
    pub environment: String,
    /// The archive's name.
    pub archive: String,
    /// Which events.
    pub window: Window,
    /// The one rule that gets them, by logical id or name; none for all that admit replays.
    pub rule: Option<String>,
    /// The replay's name; none for one that is made from the time.
    pub name: Option<String>,
}

/// What a replay will do: shown, and agreed to, before it starts.
#[derive(Debug, Clone)]
pub struct ReplayPlan {
    environment: String,
    archive_name: String,
    archive: Archive,
    name: String,
    window: Window,
    /// Every rule of the bus, and whether it gets replayed events.
    pub rules: Vec<RuleLine>,
    /// What to know before agreeing.
    pub notes: Vec<String>,
}

/// A replay, planned or done: the document of `--output json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// The environment.
    pub environment: String,
    /// The replay's name: events carry it as `replay-name`.
    pub replay: String,
    /// The archive.
    pub archive: String,
    /// The first moment.
    pub from: String,
    /// The last moment.
    pub to: String,
    /// Every rule of the bus, and whether it gets replayed events.
    pub rules: Vec<RuleLine>,
    /// PLANNED, or the service's word for how it stands.
    pub state: String,
    /// How many events the archive holds in all; the service counts hours behind.
    pub archive_events: u64,
    /// How many events were replayed: null, since the service does not say.
    pub events_replayed: Option<u64>,
    /// When the event happened that was replayed last.
    pub last_event_at: Option<String>,
}

/// Looks at archive and rules, and says what would happen. `now` is the clock's.
///
/// # Errors
/// A window that can hold nothing, an unknown rule, one that would get nothing, a rule that would repeat effects.
pub async fn plan(
    world: &impl Archives,
    deployed: &Deployed,
    request: &ReplayRequest,
    now: OffsetDateTime,
) -> Result<ReplayPlan, ReplayFailure> {
    let name = name_of(request, now)?;
    let archive =
        world
            .archive(&request.archive)
            .await?
            .ok_or_else(|| ReplayFailure::NoArchive {
                archive: request.archive.clone(),
            })?;
    let window = request.window.checked(&archive, now)?;
    let mut rules = rule_lines(deployed, &world.rules().await?);
    if let Some(danger) = rules.iter().find(|rule| rule.danger.is_some()) {
        return Err(ReplayFailure::Unsafe {
            rule: danger.rule.clone(),
            handler: danger.danger.clone().unwrap_or_default(),
        });
    }
    if let Some(wanted) = &request.rule {
        only(&mut rules, wanted)?;
    }
    Ok(ReplayPlan {
        environment: request.environment.clone(),
        archive_name: request.archive.clone(),
        notes: notes(window, &archive, now),
        archive,
        name,
        window,
        rules,
    })
}

fn name_of(request: &ReplayRequest, now: OffsetDateTime) -> Result<String, ReplayFailure> {
    let name = request.name.clone().unwrap_or_else(|| {
        let digits: String = text(now)
            .chars()
            .take(19)
            .filter(char::is_ascii_digit)
            .collect();
        format!("{}-{digits}", request.environment)
    });
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
        return Err(ReplayFailure::NotAName { name });
    }
    Ok(name)
}

/// Leaves the replay to one rule.
fn only(rules: &mut [RuleLine], wanted: &str) -> Result<(), ReplayFailure> {
    let is_wanted =
        |rule: &RuleLine| rule.rule == wanted || rule_name(&rule.name) == rule_name(wanted);
    let Some(rule) = rules.iter().find(|rule| is_wanted(rule)) else {
        return Err(ReplayFailure::NoSuchRule {
            rule: wanted.to_owned(),
            known: rules.iter().map(|rule| rule.rule.clone()).collect(),
        });
    };
    if !rule.gets_replayed {
        return Err(ReplayFailure::GetsNothing {
            rule: rule.rule.clone(),
            why: rule.why.clone(),
        });
    }
    for rule in rules {
        if rule.gets_replayed && !is_wanted(rule) {
            rule.gets_replayed = false;
            "another rule was asked for".clone_into(&mut rule.why);
        }
    }
    Ok(())
}

fn notes(window: Window, archive: &Archive, now: OffsetDateTime) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(oldest) = window.oldest(archive, now)
        && window.from < oldest
    {
        notes.push(format!(
            "events before {} are no longer in the archive",
            text(oldest)
        ));
    }
    if let Some(since) = archive.since
        && window.from < since
    {
        notes.push(format!("there is an archive only since {}", text(since)));
    }
    if window.to > now - ARCHIVING {
        notes
            .push("events of the last ten minutes may not have reached the archive yet".to_owned());
    }
    notes
}

impl ReplayPlan {
    /// The document, with the plan's own state.
    #[must_use]
    pub fn document(&self) -> Replayed {
        Replayed {
            environment: self.environment.clone(),
            replay: self.name.clone(),
            archive: self.archive_name.clone(),
            from: text(self.window.from),
            to: text(self.window.to),
            rules: self.rules.clone(),
            state: "PLANNED".to_owned(),
            archive_events: self.archive.events,
            events_replayed: None,
            last_event_at: None,
        }
    }

    /// The replay that the plan comes to.
    ///
    /// # Errors
    /// When no rule gets anything: without a rule the service would take all of them.
    pub fn order(&self) -> Result<ReplayOrder, ReplayFailure> {
        let mut rule_arns: Vec<_> = self
            .rules
            .iter()
            .filter(|rule| rule.gets_replayed)
            .map(|rule| rule.arn.clone())
            .collect();
        if rule_arns.is_empty() {
            return Err(ReplayFailure::NobodyGetsAny);
        }
        rule_arns.sort();
        Ok(ReplayOrder {
            name: self.name.clone(),
            archive_arn: self.archive.arn.clone(),
            bus_arn: self.archive.bus_arn.clone(),
            window: self.window,
            rule_arns,
        })
    }
}

/// Starts the replay and follows it to its end. One of the same name that is the same replay is followed.
///
/// # Errors
/// When nobody would get anything, the name is taken, or the replay does not complete.
pub async fn replay(
    world: &(impl Archives + Pace),
    plan: &ReplayPlan,
    tell: &mut dyn FnMut(&Replayed),
) -> Result<Replayed, ReplayFailure> {
    let order = plan.order()?;
    let name = &order.name;
    match world.start(&order).await? {
        Start::Started => {}
        Start::Exists if is_same(&world.state(name).await?.order, &order) => {}
        Start::Exists => return Err(ReplayFailure::NameTaken { name: name.clone() }),
        Start::Busy { reason } => {
            return Err(ReplayFailure::Busy {
                name: name.clone(),
                reason,
            });
        }
    }
    let (mut pause, mut in_vain) = (FIRST_PAUSE, 0);
    loop {
        let now = match world.state(name).await {
            Ok(now) => now,
            Err(error) if error.trouble == Trouble::Unavailable && in_vain < PATIENCE => {
                in_vain += 1;
                world.pause(pause).await;
                continue;
            }
            Err(error) => {
                return Err(ReplayFailure::LostContact {
                    name: name.clone(),
                    reason: error.to_string(),
                });
            }
        };
        in_vain = 0;
        let document = standing(plan, &now);
        match now.state.as_str() {
            "COMPLETED" => return Ok(document),
            "STARTING" | "RUNNING" | "CANCELLING" => tell(&document),
            _ => {
                return Err(ReplayFailure::Ended {
                    name: name.clone(),
                    state: now.state,
                    reason: now.reason.unwrap_or_else(|| "no reason given".to_owned()),
                });
            }
        }
        world.pause(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// The service may give the rules in another order.
fn is_same(one: &ReplayOrder, other: &ReplayOrder) -> bool {
    let mut sorted = one.clone();
    sorted.rule_arns.sort();
    sorted == *other
}

fn standing(plan: &ReplayPlan, now: &ReplayState) -> Replayed {
    Replayed {
        state: now.state.clone(),
        last_event_at: now.last_event.map(text),
        ..plan.document()
    }
}
