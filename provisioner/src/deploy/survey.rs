//! The look before a deletion: what the stack holds, which of its buckets go with it, and what others hung on it. It refuses
//! what must not be deleted, and changes nothing.

use super::attached::Attachment;
use super::condemned::Condemned;
use super::inventory::{Holdings, unreachable};
use crate::cloudformation::{
    CallError, CloudFormation, StackResource, StackView, Standing, all_resources,
};
use crate::exit::{Exit, Failure};
use crate::ui::Ui;
use cfn::Template;
use drift::Api;
use stack::Environment;

/// A stack that may be deleted, and what goes with it.
#[derive(Debug)]
pub struct Surveyed {
    pub(super) stack: StackView,
    pub(super) resources: Vec<StackResource>,
    pub(super) template: Template,
    /// Names of the buckets that go with the stack.
    pub(super) buckets: Vec<String>,
    pub(super) holdings: Holdings,
    pub(super) attachments: Vec<Attachment>,
}

impl Surveyed {
    /// Whether its deletion was begun before.
    pub(super) fn is_being_deleted(&self) -> bool {
        self.stack.status.as_str() == "DELETE_IN_PROGRESS"
    }

    /// What goes, in words for a question.
    pub fn summary(&self) -> String {
        let count = |type_name: &str| {
            let of = |resource: &&StackResource| resource.type_name == type_name;
            self.resources.iter().filter(of).count()
        };
        let tables = count("AWS::DynamoDB::Table");
        format!(
            "{} with its {} resources and everything in {tables} tables and {} buckets",
            self.stack.name,
            self.resources.len(),
            self.buckets.len()
        )
    }

    /// What others hung on it, which goes too.
    pub fn attached(&self) -> impl Iterator<Item = &str> {
        self.attachments.iter().map(|found| found.what.as_str())
    }
}

/// Looks at a stack that is to be deleted. None: it is gone.
///
/// # Errors
/// A busy stack (6), something that somebody protected (3), lost contact (5), failed calls.
pub async fn survey(
    cloud: &impl CloudFormation,
    api: &impl Api,
    environment: &Environment,
    stack: Condemned,
    ui: &Ui,
) -> Result<Option<Surveyed>, Failure> {
    let stack = stack.into_stack();
    let deleting = stack.status.as_str() == "DELETE_IN_PROGRESS";
    match stack.status.standing() {
        Standing::Gone => return Ok(None),
        Standing::InProgress if !deleting => {
            return Err(Failure::new(
                Exit::Busy,
                "stack.busy",
                format!(
                    "another operation is running on {}: it is in {}",
                    stack.name, stack.status
                ),
            )
            .on(stack.name)
            .help("Run again when it is over."));
        }
        _ => {}
    }
    let (resources, template) =
        tokio::join!(all_resources(cloud, &stack.id), cloud.template(&stack.id));
    let resources = resources?;
    let template = template.map(|text| text.and_then(|text| Template::parse(&text).ok()));
    let going = match buckets(&resources, &template, &stack) {
        Ok(going) => going.into_iter().map(str::to_owned).collect(),
        Err(_) if deleting => Vec::new(),
        Err(failure) => return Err(failure),
    };
    let template = template.ok().flatten().unwrap_or_default();
    let holdings = Holdings::of(environment, &stack, &resources, &template);
    let attachments = if deleting {
        Vec::new()
    } else {
        let all = holdings.attached(api).await;
        let all = all.map_err(|lost| unreachable(&lost))?;
        for unseen in &all.unseen {
            ui.explain(format!("not looked at: {unseen}"));
        }
        if !all.protected.is_empty() {
            return Err(guarded(environment, &stack, &all.protected));
        }
        all.found
    };
    Ok(Some(Surveyed {
        stack,
        resources,
        template,
        buckets: going,
        holdings,
        attachments,
    }))
}

/// Somebody protected tables by hand: that outranks a template that says nothing of it.
fn guarded(environment: &Environment, stack: &StackView, tables: &[String]) -> Failure {
    Failure::refused(
        "resource.protected",
        format!(
            "somebody protected tables of {} against deletion, though its template doesn't: {}",
            stack.name,
            tables.join(", ")
        ),
    )
    .on(stack.name.as_str())
    .help(format!(
        "Nothing was changed. If they are really to go, take the protection off (`provision drift --env {} --revert` does) and \
         run again.",
        environment.name
    ))
}

/// The stack's buckets that go with it, which AWS deletes only when they are empty. One that the deployed template
/// retains is none of them, whatever today's sources say; without that template nobody knows.
fn buckets<'r>(
    resources: &'r [StackResource],
    template: &Result<Option<Template>, CallError>,
    stack: &StackView,
) -> Result<Vec<&'r str>, Failure> {
    let mut going = Vec::new();
    for resource in resources
        .iter()
        .filter(|resource| resource.type_name == "AWS::S3::Bucket")
        .filter(|resource| resource.status != "DELETE_COMPLETE")
    {
        let template = match template {
            Ok(Some(template)) => template,
            Ok(None) => {
                return Err(Failure::refused(
                    "stack.foreign",
                    format!(
                        "the stack {} has buckets and no JSON template that says which of them to keep",
                        stack.name
                    ),
                )
                .on(stack.name.as_str())
                .help("This program didn't make it. Nothing was changed: delete it in the console."));
            }
            Err(error) => return Err(error.clone().into()),
        };
        if !retained(template, &resource.logical_id) {
            going.extend(resource.physical_id.as_deref());
        }
    }
    Ok(going)
}

/// Whether a resource outlives its stack.
pub(super) fn retained(template: &Template, logical_id: &str) -> bool {
    template
        .resource(logical_id)
        .and_then(|resource| resource["DeletionPolicy"].as_str())
        .is_some_and(|policy| matches!(policy, "Retain" | "RetainExceptOnCreate"))
}
