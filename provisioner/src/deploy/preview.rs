//! What `up` would do: our plan, with CloudFormation's own view of it. Deploys nothing.

use super::change_set::{Prepared, prepare};
use super::converge::{Ports, Wanted, change_set_name, description, plan};
use super::state::Deployed;
use super::unapplied::Unapplied;
use super::viewed::viewed;
use crate::cloudformation::{
    ChangeSetKind, ChangeSetRequest, CloudFormation, Mode, StackView, TemplateSource,
};
use crate::exit::Failure;
use crate::objects::Objects;
use crate::plan::Plan;
use crate::publish::publish_template;
use crate::ui::Ui;

/// What `up` would do, with CloudFormation's own view of it where there is a stack to ask about. The change set that it
/// takes is deleted again. An absent stack gets none: deleting the shell afterwards could hit a live one.
///
/// # Errors
/// When a call fails.
pub async fn preview(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    wanted: &Wanted<'_>,
    deployed: Deployed,
    ui: &Ui,
) -> Result<Plan, Failure> {
    let environment = *wanted.environment.get();
    let mut plan =
        plan(environment, wanted.template, wanted.tags, &deployed).weighed(wanted.archives);
    let word = Unapplied::of(environment, wanted.template, &deployed);
    if let Some(word) = &word {
        plan = word.leave_out(ports.objects, plan).await?;
    }
    let Deployed::Present { stack, template } = deployed else {
        return Ok(plan);
    };
    if !plan.needs_cloudformation() {
        return Ok(plan);
    }
    match asked(ports, wanted, stack, ui).await {
        Ok(Prepared::Ready(view)) => {
            Ok(plan.merged_with(&viewed(&view), &template, wanted.template))
        }
        Ok(Prepared::NoChanges) => {
            // So that nobody, `up` neither, needs to ask again. Who may only look asks each time.
            if let Some(word) = &word {
                let _ = word.remember(ports.objects, &plan).await;
            }
            Ok(plan.without_effect())
        }
        Ok(Prepared::Running(_)) => Ok(plan),
        Err(failure) if failure.code == "aws.denied" => {
            ui.say(format!(
                "CloudFormation's own view is left out, from the templates alone: {failure}"
            ));
            Ok(plan)
        }
        Err(failure) => Err(failure),
    }
}

/// What CloudFormation says that a change set would do.
async fn asked(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    wanted: &Wanted<'_>,
    stack: StackView,
    ui: &Ui,
) -> Result<Prepared, Failure> {
    let environment = *wanted.environment.get();
    let body = wanted.template.minified();
    let template = if body.len() > TemplateSource::INLINE_LIMIT {
        let key = publish_template(ports.objects, environment, &body).await?;
        TemplateSource::Url(format!("{}/{key}", wanted.bucket_url))
    } else {
        TemplateSource::Inline(body)
    };
    let request = ChangeSetRequest {
        name: format!("{}-diff", change_set_name(wanted, Some(&stack))),
        kind: ChangeSetKind::Update,
        template,
        mode: Mode::Standard,
        tags: wanted.tags.clone(),
        description: description("diff", wanted),
        stack: environment.stack_name(),
    };
    let prepared = prepare(ports.cloud, &request, wanted.pace, ui).await?;
    if let Prepared::Ready(view) = &prepared {
        ports.cloud.delete_change_set(&view.id).await?;
    }
    Ok(prepared)
}
