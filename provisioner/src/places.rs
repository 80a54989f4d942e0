//! The accounts that environments are in: one each of cloud, account and region, from the environment's file that was named
//! or from all of them. Without a word about where, every environment may be on the local cloud too.

use crate::cli::TargetArg;
use crate::cloud::{Cloud, WhenStopped, reach};
use crate::cloudformation::{SdkCloudFormation, StackView, all_stacks};
use crate::context::Context;
use crate::environment::{self, Selection};
use crate::exit::Failure;
use crate::project::Project;
use stack::{Environment, Target};

/// An account and region that could be reached, with everything in it.
#[derive(Debug)]
pub struct Place {
    /// An environment of that account and region.
    pub environment: Environment,
    /// The way there.
    pub cloud: Cloud,
    /// Every stack in it.
    pub stacks: Vec<StackView>,
}

/// The places of the environment that was named, else of all files. One that can't be reached is left out with a warning,
/// unless it was named or there is no other.
///
/// # Errors
/// No such environment, faults in a file, nothing that can be reached.
pub async fn places(context: &Context, project: &Project) -> Result<Vec<Place>, Failure> {
    let named = context.global.env.is_some();
    let environments = if named {
        vec![context.environment(project)?.1]
    } else {
        of_all_files(context, project)?
    };
    let looks = environments
        .into_iter()
        .map(|environment| look(context, project, environment));
    let mut places = Vec::new();
    let mut lost = Vec::new();
    for found in futures_util::future::join_all(looks).await {
        match found {
            Ok(place) => places.extend(place),
            Err((environment, failure)) => lost.push((environment, failure)),
        }
    }
    if named || places.is_empty() {
        if let Some((_, failure)) = lost.into_iter().next() {
            return Err(failure);
        }
        return Ok(places);
    }
    for (environment, failure) in lost {
        let cloud = match environment.target {
            Target::Aws => "AWS account",
            Target::Local => "the local cloud's account",
        };
        context.ui.warn(format!(
            "{cloud} {} {} ({}.yaml) can't be looked at: {failure}",
            environment.account, environment.region, environment.name
        ));
    }
    Ok(places)
}

/// The environments of all files, one each of cloud, account and region.
fn of_all_files(context: &Context, project: &Project) -> Result<Vec<Environment>, Failure> {
    let targets = match context.global.target {
        Some(target) => vec![Some(target)],
        None => vec![None, Some(TargetArg::Local)],
    };
    let mut all: Vec<Environment> = Vec::new();
    for target in targets {
        for file in environment::names(project) {
            let found = environment::load(
                project,
                &Selection {
                    file,
                    name: None,
                    ttl_seconds: None,
                    target,
                    profile: context.global.profile.clone(),
                },
            )?;
            let same = |other: &Environment| {
                (other.target, &other.account, &other.region)
                    == (found.target, &found.account, &found.region)
            };
            if !all.iter().any(same) {
                all.push(found);
            }
        }
    }
    Ok(all)
}

/// What is in a place; none where the local cloud holds nothing.
async fn look(
    context: &Context,
    project: &Project,
    environment: Environment,
) -> Result<Option<Place>, (Environment, Failure)> {
    let when_stopped = match environment.target {
        Target::Local => WhenStopped::Resume,
        Target::Aws => WhenStopped::Leave,
    };
    let cloud = match reach(project, &environment, when_stopped, &context.ui).await {
        Ok(Some(cloud)) => cloud,
        Ok(None) => return Ok(None),
        Err(failure) => return Err((environment, failure)),
    };
    let formation = SdkCloudFormation::new(cloud.session.config());
    let confirmed = cloud.session.confirm(&environment).await.map(|_| ());
    let stacks = match confirmed {
        Ok(()) => all_stacks(&formation).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match stacks {
        Ok(stacks) => Ok(Some(Place {
            environment,
            cloud,
            stacks,
        })),
        Err(failure) => Err((environment, failure)),
    }
}
