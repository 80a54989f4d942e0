//! `diff`: what `up` would do, down to property values. It deploys nothing; against a live stack it makes a change set
//! and deletes it again.

use crate::cli::{DiffArgs, Output};
use crate::context::Context;
use crate::environment::{self, Selection};
use crate::exit::{Exit, Failure};
use crate::plan::{Baseline, Plan, Side};
use crate::render;
use crate::snapshot::{self, Known, Placement};
use crate::{synthesis, ui};
use std::collections::BTreeMap;

/// Exit 0: no difference; 2: some.
pub async fn run(context: &Context, args: &DiffArgs) -> Result<Exit, Failure> {
    if args.offline {
        let plan = offline(context)?;
        return show(context, &plan);
    }
    #[cfg(feature = "aws")]
    {
        let plan = live::plan(context).await?;
        show(context, &plan)
    }
    #[cfg(not(feature = "aws"))]
    Err(super::needs_full_build().help("`diff --offline` works in this build."))
}

fn show(context: &Context, plan: &Plan) -> Result<Exit, Failure> {
    match context.ui.output {
        Output::Markdown => ui::raw(render::markdown(plan).as_bytes())?,
        _ => context.ui.result(&render::diff_document(plan), || {
            render::plan(plan, context.ui.colour)
        })?,
    }
    Ok(if plan.is_empty() {
        Exit::Done
    } else {
        Exit::Different
    })
}

/// Against what this machine knows of the deployed template.
fn offline(context: &Context) -> Result<Plan, Failure> {
    let project = context.project()?;
    let (selection, environment) = context.environment(&project)?;
    let by_file = environment::load(
        &project,
        &Selection {
            target: None,
            ..selection.clone()
        },
    )?;
    let placement = if by_file.target == environment.target {
        Placement::AsCommitted
    } else {
        Placement::Elsewhere
    };
    let known = snapshot::known(&project, &environment, &selection.file, placement)?;
    let (template, baseline, synthesised) = match known {
        Known::Snapshot(template, file) => (
            template,
            Baseline::Snapshot(file),
            synthesis::offline(&project, &environment, &context.ui),
        ),
        // It names no archives, so that every archive would differ from it.
        Known::Golden(template, file) => (
            template,
            Baseline::Golden(file),
            synthesis::with_placeholders(&environment),
        ),
    };
    let none = BTreeMap::new();
    Ok(Plan::new(
        &environment.name,
        &environment.stack_name(),
        baseline,
        Side {
            template: &template,
            tags: &none,
        },
        Side {
            template: &synthesised.template,
            tags: &none,
        },
    ))
}

#[cfg(feature = "aws")]
mod live {
    //! Against the deployed stack.

    use crate::cloud::{Cloud, WhenStopped, reach};
    use crate::cloudformation::SdkCloudFormation;
    use crate::commands::tags;
    use crate::context::Context;
    use crate::deploy::{Deployed, Ports, Wanted, look, preview};
    use crate::environment::Selection;
    use crate::exit::Failure;
    use crate::objects::SdkObjects;
    use crate::plan::Plan;
    use crate::project::Project;
    use crate::{artifacts, snapshot, synthesis};
    use stack::{Environment, Synthesised};
    use time::OffsetDateTime;

    pub async fn plan(context: &Context) -> Result<Plan, Failure> {
        let project = context.project()?;
        let (selection, environment) = context.environment(&project)?;
        // What `up` would deploy is what a build would yield now, not what the last one did.
        let archives = artifacts::build(&project, &context.ui).await?;
        let synthesised = synthesis::with(&environment, &archives);
        synthesis::accepted(&synthesised, &environment.name)?;
        let cloud = reach(&project, &environment, WhenStopped::Resume, &context.ui).await?;
        match cloud {
            Some(cloud) => {
                against(
                    context,
                    (&project, &selection),
                    &environment,
                    &synthesised,
                    &cloud,
                    &archives,
                )
                .await
            }
            None => {
                context.ui.say("nothing is deployed on the local cloud");
                let tags = synthesis::stack_tags(&environment);
                Ok(crate::deploy::plan(
                    &environment,
                    &synthesised.template,
                    &tags,
                    &Deployed::Absent,
                ))
            }
        }
    }

    async fn against(
        context: &Context,
        (project, selection): (&Project, &Selection),
        environment: &Environment,
        synthesised: &Synthesised,
        cloud: &Cloud,
        archives: &[crate::artifacts::Archive],
    ) -> Result<Plan, Failure> {
        let formation = SdkCloudFormation::new(cloud.session.config());
        let stack_name = environment.stack_name();
        let (confirmed, deployed) = tokio::join!(
            cloud.session.confirm(environment),
            look(&formation, &stack_name)
        );
        let (confirmed, deployed) = (confirmed?, deployed?);
        match &deployed {
            Deployed::Present { template, .. } => {
                snapshot::remember(project, environment, template);
            }
            Deployed::Blocked(blocked) => return Err(blocked.failure(&environment.name)),
            Deployed::Absent => snapshot::forget(project, environment),
        }
        let now = OffsetDateTime::now_utc();
        let tags = tags::wanted(selection, &confirmed, &deployed, now)?.tags;
        let objects = SdkObjects::new(cloud.session.config(), &environment.account);
        let ports = Ports {
            cloud: &formation,
            objects: &objects,
        };
        let wanted = Wanted {
            environment: &confirmed,
            template: &synthesised.template,
            tags: &tags,
            archives,
            bucket_url: &cloud.bucket_url,
            pace: cloud.pace,
        };
        preview(&ports, &wanted, deployed, &context.ui).await
    }
}
