//! `reap`: `down` for every ephemeral environment past its life. What it doesn't know for certain, it leaves alone and says
//! so.

use super::down::{DownDocument, api};
use crate::cloudformation::{CloudFormation, SdkCloudFormation};
use crate::context::Context;
use crate::deploy::{Condemned, Fate, Force, Ports, TornDown, fate, remove, survey};
use crate::environment;
use crate::exit::{Exit, Failure};
use crate::objects::SdkObjects;
use crate::places::{Place, places};
use crate::snapshot;
use crate::ui::{Asks, Ui, Voice};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use stack::Environment;
use std::fmt::Write;
use time::OffsetDateTime;

/// The document of `reap --output json`.
#[derive(Debug, Default, Serialize)]
struct ReapDocument {
    reaped: Vec<DownDocument>,
    skipped: Vec<Skipped>,
}

/// An environment that stays.
#[derive(Debug, Serialize)]
struct Skipped {
    name: String,
    reason: String,
}

/// How many are taken down at once: each is followed by itself, and an account's services answer only so fast.
const AT_ONCE: usize = 4;

/// Takes the expired down. Exit 1 if something is left of one, or one could not be taken down.
pub async fn run(context: &Context) -> Result<Exit, Failure> {
    let ui = &context.ui;
    let project = context.project()?;
    let files = environment::names(&project);
    let now = OffsetDateTime::now_utc();
    let mut document = ReapDocument::default();
    let mut expired: Vec<(Place, Vec<String>)> = Vec::new();
    for place in places(context, &project).await? {
        let mut names = Vec::new();
        for stack in &place.stacks {
            match fate(stack, &files, now) {
                Some(Fate::Expired(name)) => names.push(name),
                Some(Fate::Stays { name, reason }) => {
                    let reason = reason.to_string();
                    document.skipped.push(Skipped { name, reason });
                }
                None => {}
            }
        }
        expired.push((place, names));
    }
    let all: Vec<&str> = expired
        .iter()
        .flat_map(|(_, names)| names.iter().map(String::as_str))
        .collect();
    if !all.is_empty() {
        approve(ui, &all).await?;
    }
    // Of several at once nobody could tell the lines apart.
    let voice = match all.len() {
        0 | 1 => ui.voice,
        _ => Voice::Quiet,
    };
    let inner = Ui { voice, ..*ui };
    let doomed = expired.iter().flat_map(|(place, names)| {
        names.iter().map(move |name| {
            let environment = Environment {
                name: name.clone(),
                protected: false,
                ..place.environment.clone()
            };
            (place, environment)
        })
    });
    let mut going = stream::iter(doomed)
        .map(|(place, environment)| {
            let (files, inner) = (&files, &inner);
            async move {
                ui.say(format!("taking {} down", environment.name));
                let torn_down = take_down(place, &environment, files, inner).await;
                (environment, torn_down)
            }
        })
        .buffer_unordered(AT_ONCE)
        .boxed_local();
    let mut exit = Exit::Done;
    while let Some((environment, torn_down)) = going.next().await {
        match torn_down {
            Ok(torn_down) => {
                snapshot::forget(&project, &environment);
                if !torn_down.left.is_empty() {
                    exit = Exit::Failed;
                }
                let reaped = DownDocument::new(&environment.name, torn_down);
                document.reaped.push(reaped);
            }
            Err(failure) => {
                // The others go all the same.
                exit = Exit::Failed;
                document.skipped.push(Skipped {
                    name: environment.name,
                    reason: failure.to_string(),
                });
            }
        }
    }
    document
        .reaped
        .sort_by(|a, b| a.environment.cmp(&b.environment));
    document.skipped.sort_by(|a, b| a.name.cmp(&b.name));
    ui.result(&document, || text(&document))?;
    Ok(exit)
}

/// Looks again, as it may have been renewed meanwhile, and takes it down.
async fn take_down(
    place: &Place,
    environment: &Environment,
    files: &[String],
    ui: &Ui,
) -> Result<TornDown, Failure> {
    let formation = SdkCloudFormation::new(place.cloud.session.config());
    let objects = SdkObjects::new(place.cloud.session.config(), &environment.account);
    let api = api(&place.cloud).await?;
    let confirmed = place.cloud.session.confirm(environment).await?;
    let stack = formation.stack(&environment.stack_name()).await?;
    let stack = match stack {
        Some(stack) => match fate(&stack, files, OffsetDateTime::now_utc()) {
            Some(Fate::Expired(_)) => Some(Condemned::judge(environment, stack)?),
            Some(Fate::Stays { reason, .. }) => {
                return Err(Failure::refused("reap.stays", reason.to_string()).on(stack.name));
            }
            None => None,
        },
        None => None,
    };
    let ports = Ports {
        cloud: &formation,
        objects: &objects,
    };
    let stack = match stack {
        Some(stack) => survey(&formation, &api, environment, stack, ui)
            .await?
            .map(|held| held.only_while_expired(files)),
        None => None,
    };
    let pace = place.cloud.pace;
    remove(&ports, &api, &confirmed, stack, Force::No, pace, ui).await
}

async fn approve(ui: &Ui, names: &[&str]) -> Result<(), Failure> {
    let names = names.join(", ");
    match ui.asks {
        Asks::No => Ok(()),
        Asks::Terminal if ui.ask(&format!("Delete the expired {names}?")).await => Ok(()),
        Asks::Terminal => Err(Failure::refused(
            "approval.declined",
            "the deletions were not approved",
        )
        .on(names)
        .help("Nothing was changed.")),
        Asks::Nobody => Err(crate::plan::nobody(&names)
            .help("See `provision list` first, then run again with --yes.")),
    }
}

fn text(document: &ReapDocument) -> String {
    let mut text = String::new();
    for reaped in &document.reaped {
        text.push_str(&reaped.text());
    }
    for skipped in &document.skipped {
        let _ = writeln!(text, "{}: left alone: {}", skipped.name, skipped.reason);
    }
    if text.is_empty() {
        text.push_str("no ephemeral environments\n");
    }
    text
}
