//! The look before a deletion: what the stack holds, which of its buckets go with it, and what others hung on it. It refuses
//! what must not be deleted, and changes nothing.

use super::attached::Attachment;
use super::census::{Fate, fate};
use super::condemned::Condemned;
use super::inventory::{Holdings, unreachable};
use crate::cloudformation::{
    CloudFormation, Protection, StackResource, StackView, Standing, all_resources,
};
use crate::exit::{Exit, Failure};
use crate::ui::Ui;
use cfn::Template;
use drift::Api;
use stack::Environment;
use time::OffsetDateTime;

/// A stack that may be deleted, and what goes with it.
#[derive(Debug)]
pub struct Surveyed {
    pub(super) stack: StackView,
    pub(super) resources: Vec<StackResource>,
    /// As it was deployed; none: there is none that can be read.
    pub(super) template: Option<Template>,
    /// Names of the buckets that go with the stack.
    pub(super) buckets: Vec<String>,
    pub(super) holdings: Holdings,
    pub(super) attachments: Vec<Attachment>,
    grounds: Grounds,
}

/// Why the stack may be deleted, which must hold until its deletion begins.
#[derive(Debug)]
enum Grounds {
    /// Somebody asked for it, as it was then.
    Asked,
    /// It is past its life; with the names of the environments' files.
    Expired(Vec<String>),
}

/// What a further look at a stack says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Still {
    /// Nothing changed.
    Doomed,
    /// Somebody else is deleting it, or did: what has its names may be another's by now.
    Going,
}

impl Surveyed {
    /// Goes on only as long as the stack is past its life: a look takes minutes, and somebody may renew it meanwhile.
    #[must_use]
    pub fn only_while_expired(self, files: &[String]) -> Self {
        Self {
            grounds: Grounds::Expired(files.to_vec()),
            ..self
        }
    }

    /// Looks again, by the stack's own id, right before something is taken away.
    ///
    /// # Errors
    /// It was renewed, protected or deployed since (3), an operation runs (6), failed calls.
    pub(super) async fn still(&self, cloud: &impl CloudFormation) -> Result<Still, Failure> {
        let Some(now) = cloud.stack(&self.stack.id).await? else {
            return Ok(Still::Going);
        };
        match now.status.standing() {
            Standing::Gone => return Ok(Still::Going),
            Standing::InProgress if now.status.as_str() == "DELETE_IN_PROGRESS" => {
                return Ok(Still::Going);
            }
            Standing::InProgress => return Err(busy(&now)),
            Standing::Settled | Standing::Shell | Standing::Stuck => {}
        }
        if let Grounds::Expired(files) = &self.grounds
            && let Some(Fate::Stays { reason, .. }) = fate(&now, files, OffsetDateTime::now_utc())
        {
            return Err(stopped("reap.stays", &now, &reason.to_string()));
        }
        if now.protection == Protection::On && self.stack.protection == Protection::Off {
            let why = "somebody protected it meanwhile";
            return Err(stopped("stack.protected", &now, why));
        }
        // That it could not be deleted the time before is this run's own doing.
        let moved = now.status != self.stack.status && now.status.as_str() != "DELETE_FAILED";
        if moved || now.tags != self.stack.tags {
            let why = format!(
                "it was deployed since it was looked at: it is in {}",
                now.status
            );
            return Err(stopped("stack.changed", &now, &why));
        }
        Ok(Still::Doomed)
    }

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
            return Err(busy(&stack));
        }
        _ => {}
    }
    let (resources, template) =
        tokio::join!(all_resources(cloud, &stack.id), cloud.template(&stack.id));
    let resources = resources?;
    let template = match template {
        Ok(text) => text.and_then(|text| Template::parse(&text).ok()),
        // A shell has no template, and nothing that one could tell of.
        Err(_) if resources.is_empty() => None,
        Err(error) => return Err(error.into()),
    };
    let going = match buckets(&resources, template.as_ref(), &stack) {
        Ok(going) => going.into_iter().map(str::to_owned).collect(),
        Err(_) if deleting => Vec::new(),
        Err(failure) => return Err(failure),
    };
    let declared = template.clone().unwrap_or_default();
    let holdings = Holdings::of(environment, &stack, &resources, &declared);
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
        grounds: Grounds::Asked,
    }))
}

fn busy(stack: &StackView) -> Failure {
    Failure::new(
        Exit::Busy,
        "stack.busy",
        format!(
            "another operation is running on {}: it is in {}",
            stack.name, stack.status
        ),
    )
    .on(stack.name.as_str())
    .help("Run again when it is over.")
}

/// The refusal to go on with a stack that is no longer what was to be deleted.
fn stopped(code: &'static str, stack: &StackView, why: &str) -> Failure {
    Failure::refused(code, format!("{} was not deleted: {why}", stack.name))
        .on(stack.name.as_str())
        .help(
            "Look at it (`provision list`) and run again if it is to go all the same. If it is to stay: what was removed before \
             this look is not put back; `provision drift` finds it.",
        )
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
    template: Option<&Template>,
    stack: &StackView,
) -> Result<Vec<&'r str>, Failure> {
    let mut going = Vec::new();
    for resource in resources
        .iter()
        .filter(|resource| resource.type_name == "AWS::S3::Bucket")
        .filter(|resource| resource.status != "DELETE_COMPLETE")
    {
        let template = match template {
            Some(template) => template,
            None => {
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
