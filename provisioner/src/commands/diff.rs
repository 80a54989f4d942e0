//! `diff`: what `up` would do, down to property values. It deploys nothing; against a live stack it makes a change set
//! and deletes it again.

use crate::cli::{DiffArgs, Global, Output};
use crate::context::Context;
use crate::environment::{self, Selection};
use crate::exit::{Exit, Failure};
use crate::plan::{Baseline, Plan, Side, ThreeWay};
use crate::render;
use crate::snapshot::{self, Known, Placement};
use crate::{synthesis, ui};
use cfn::Template;
use stack::Environment;
use std::collections::BTreeMap;

/// Exit 0: no difference; 2: some.
pub async fn run(context: &Context, args: &DiffArgs) -> Result<Exit, Failure> {
    if let Some(other) = &args.against {
        let plan = between(context, other)?;
        return show(context, &plan, None);
    }
    if args.offline {
        let plan = offline(context)?;
        return show(context, &plan, None);
    }
    #[cfg(feature = "aws")]
    {
        let asked = if args.live {
            live::Asked::RealityToo
        } else {
            live::Asked::Stack
        };
        let (plan, three_ways) = live::plan(context, asked).await?;
        show(context, &plan, three_ways.as_deref())
    }
    #[cfg(not(feature = "aws"))]
    Err(super::needs_full_build().help("`diff --offline` works in this build."))
}

fn show(context: &Context, plan: &Plan, three_ways: Option<&[ThreeWay]>) -> Result<Exit, Failure> {
    match context.ui.output {
        Output::Markdown => {
            ui::raw(crate::hint::complete(&render::markdown(plan, three_ways)).as_bytes())?
        }
        _ => context
            .ui
            .result(&render::diff_document(plan, three_ways), || {
                render::diff(plan, three_ways, context.ui.colour)
            })?,
    }
    let by_hand = three_ways.is_some_and(|rows| rows.iter().any(ThreeWay::by_hand));
    Ok(if plan.is_empty() && !by_hand {
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

/// Against the template of another environment: both as their files make them, with placeholders for the archives and
/// without what only says whose they are.
fn between(context: &Context, other: &str) -> Result<Plan, Failure> {
    let project = context.project()?;
    let (_, environment) = context.environment(&project)?;
    let other = Selection::from_flags(&Global {
        env: Some(other.to_owned()),
        name: None,
        ttl: None,
        ..context.global.clone()
    })?;
    let other = environment::load(&project, &other)?;
    // Every resource carries the file's tags: they are compared once, and not on each.
    let tagged = Environment {
        tags: environment.tags.clone(),
        ..other.clone()
    };
    let template = |of: &Environment| neutral(&synthesis::with_placeholders(of).template, of);
    let (before, after) = (template(&tagged)?, template(&environment)?);
    Ok(Plan::new(
        &environment.name,
        &environment.stack_name(),
        Baseline::Environment(other.name.clone()),
        Side {
            template: &before,
            tags: &other.tags,
        },
        Side {
            template: &after,
            tags: &environment.tags,
        },
    ))
}

/// A template without the account, the region and the names that say whose it is.
fn neutral(template: &Template, environment: &Environment) -> Result<Template, Failure> {
    let stack = environment.stack_name();
    let mut members = serde_json::Value::Object(template.members().clone());
    let description = members["Description"].as_str().map(|text| {
        let own = format!(": {}", environment.name);
        text.strip_suffix(&own).unwrap_or(text).to_owned()
    });
    if let Some(description) = description {
        members["Description"] = description.into();
    }
    // JSON within a text, e.g. a dashboard's, has names in quotes.
    let quoted = format!("\"{}\"", environment.name);
    rewrite(&mut members, &|text| {
        if *text == environment.name {
            return "ENVIRONMENT".to_owned();
        }
        text.replace(&quoted, "\"ENVIRONMENT\"")
            .replace(&environment.account, "ACCOUNT")
            .replace(&environment.region, "REGION")
            .replace(&stack, "STACK")
    });
    Template::parse(&members.to_string()).map_err(|error| {
        Failure::new(Exit::Failed, "diff.template", error.to_string()).on(environment.name.as_str())
    })
}

/// Rewrites every text in a value.
fn rewrite(value: &mut serde_json::Value, of: &impl Fn(&str) -> String) {
    match value {
        serde_json::Value::String(text) => *text = of(text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, of)),
        serde_json::Value::Object(members) => {
            members.values_mut().for_each(|member| rewrite(member, of));
        }
        _ => {}
    }
}

#[cfg(feature = "aws")]
mod live {
    //! Against the deployed stack, and reality.

    use crate::accepted::AcceptedFile;
    use crate::cloud::{Cloud, WhenStopped, reach};
    use crate::cloudformation::{SdkCloudFormation, StackView, all_resources};
    use crate::commands::tags;
    use crate::context::Context;
    use crate::deploy::{Deployed, Ports, Wanted, look, preview};
    use crate::environment::Selection;
    use crate::exit::Failure;
    use crate::objects::SdkObjects;
    use crate::plan::{Plan, ThreeWay, three_ways};
    use crate::project::Project;
    use crate::reality::Scene;
    use crate::session::Confirmed;
    use crate::{artifacts, parity, snapshot, synthesis};
    use ::drift::{Detected, Report};
    use cfn::Template;
    use stack::{Environment, Synthesised, Target};
    use time::OffsetDateTime;

    /// How far the comparison goes.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub enum Asked {
        /// The deployed stack's template.
        Stack,
        /// And what its resources really are.
        RealityToo,
    }

    /// A plan, and all three ways where reality was looked at.
    type Compared = (Plan, Option<Vec<ThreeWay>>);

    pub async fn plan(context: &Context, asked: Asked) -> Result<Compared, Failure> {
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
                    asked,
                )
                .await
            }
            None => {
                context.ui.say("nothing is deployed on the local cloud");
                let tags = synthesis::stack_tags(&environment);
                let plan = crate::deploy::plan(
                    &environment,
                    &synthesised.template,
                    &tags,
                    &Deployed::Absent,
                );
                Ok((plan.weighed(&archives), None))
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
        asked: Asked,
    ) -> Result<Compared, Failure> {
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
        let wanted_tags = tags::wanted(selection, &confirmed, &deployed, now)?;
        let template = wanted_tags.applied(&synthesised.template);
        let objects = SdkObjects::new(cloud.session.config(), &environment.account);
        let ports = Ports {
            cloud: &formation,
            objects: &objects,
        };
        let commit = project.commit();
        let wanted = Wanted {
            environment: &confirmed,
            template: &template,
            tags: &wanted_tags.tags,
            archives,
            commit: commit.as_deref(),
            approved: None,
            bucket_url: &cloud.bucket_url,
            pace: cloud.pace,
            settling: None,
        };
        let there = match &deployed {
            Deployed::Present { stack, template } => Some((stack.clone(), template.clone())),
            _ => None,
        };
        let looked_at = there
            .as_ref()
            .filter(|_| asked == Asked::RealityToo)
            .cloned();
        let (plan, due, found) = tokio::join!(
            preview(&ports, &wanted, deployed, &context.ui),
            due(cloud, &formation, &confirmed, synthesised, there.as_ref()),
            found(context, cloud, environment, looked_at)
        );
        let mut plan = plan?;
        plan.made_good = due?;
        let rows = match found? {
            Some((scene, detected)) => {
                let (drifted, to_come) = judged(project, &scene, &detected, &template)?;
                Some(three_ways(&plan, &drifted, &to_come))
            }
            None => None,
        };
        Ok((plan, rows))
    }

    /// What `up` makes good on the local cloud, where there is a stack to do that on.
    async fn due(
        cloud: &Cloud,
        formation: &SdkCloudFormation,
        confirmed: &Confirmed<&Environment>,
        synthesised: &Synthesised,
        there: Option<&(StackView, Template)>,
    ) -> Result<Vec<String>, Failure> {
        match there {
            Some((stack, template)) if confirmed.get().target == Target::Local => {
                let now = (stack, template);
                parity::due(cloud, formation, confirmed, now, &synthesised.parity).await
            }
            _ => Ok(Vec::new()),
        }
    }

    /// A look at reality, where there is one to look at.
    async fn found(
        context: &Context,
        cloud: &Cloud,
        environment: &Environment,
        there: Option<(StackView, Template)>,
    ) -> Result<Option<(Scene, Detected)>, Failure> {
        let Some((stack, template)) = there else {
            return Ok(None);
        };
        let formation = SdkCloudFormation::new(cloud.session.config());
        let resources = all_resources(&formation, &stack.name).await?;
        let scene = Scene::with(cloud, environment, stack, template, resources).await?;
        let detected = scene.look(&context.ui).await?;
        Ok(Some((scene, detected)))
    }

    /// What differs from the deployed template, and what from the wanted one; what is accepted is marked.
    fn judged(
        project: &Project,
        scene: &Scene,
        detected: &Detected,
        wanted: &Template,
    ) -> Result<(Report, Report), Failure> {
        let accepted = AcceptedFile::of(project, &scene.environment).read()?;
        let mut drifted = detected.report.clone();
        accepted.apply(&mut drifted, OffsetDateTime::now_utc().date());
        Ok((drifted, scene.compared_with(detected, wanted)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // tests fail by panicking
mod tests {
    use super::*;

    fn environment(change: impl FnOnce(&mut Environment)) -> Environment {
        let text = include_str!("../../../environments/dev.yaml");
        let mut environment = environment::parse("dev.yaml", text).unwrap();
        environment.name = "dev".to_owned();
        change(&mut environment);
        environment
    }

    fn template(environment: &Environment) -> Template {
        neutral(
            &synthesis::with_placeholders(environment).template,
            environment,
        )
        .unwrap()
    }

    #[test]
    fn account_region_and_name_are_no_difference_between_environments() {
        let elsewhere = environment(|environment| {
            let account = std::mem::replace(&mut environment.account, "999988887777".to_owned());
            for caller in &mut environment.api.staff {
                *caller = caller.replace(&account, "999988887777");
            }
            environment.region = "eu-west-1".to_owned();
            environment.name = "other".to_owned();
        });
        let own = template(&environment(|_| {}));
        let diff = cfn::diff(&template(&elsewhere), &own);
        let changed: Vec<_> = diff
            .changes
            .iter()
            .map(|change| &change.logical_id)
            .collect();
        assert!(diff.is_empty(), "{changed:?}");
        let sized = environment(|environment| environment.capacity.max_receives += 1);
        assert!(!cfn::diff(&template(&sized), &own).is_empty());
    }
}
