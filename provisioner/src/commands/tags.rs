//! The tags that an environment's stack is to have, from its file, the flags and what is deployed; and the refusal to
//! deploy over a stack that is somebody else's.

use crate::deploy::Deployed;
use crate::environment::Selection;
use crate::environment::life::{EPHEMERAL, KIND, Life, MANAGED};
use crate::exit::Failure;
use crate::session::Confirmed;
use crate::synthesis;
use cfn::Template;
use stack::Environment;
use std::borrow::Cow;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// The tags, and the life of an ephemeral environment.
#[derive(Debug)]
pub struct StackTags {
    /// All of them.
    pub tags: BTreeMap<String, String>,
    /// The part of an ephemeral environment.
    pub life: Option<Life>,
}

impl StackTags {
    /// The template as the stack is to have it: that of an ephemeral environment says when it goes.
    pub fn applied<'t>(&self, template: &'t Template) -> Cow<'t, Template> {
        match &self.life {
            Some(life) => life.bounds(template),
            None => Cow::Borrowed(template),
        }
    }
}

/// The tags that a stack is to have.
///
/// # Errors
/// The stack that is there is not this environment's; exit 3.
pub fn wanted(
    selection: &Selection,
    environment: &Confirmed<&Environment>,
    deployed: &Deployed,
    now: OffsetDateTime,
) -> Result<StackTags, Failure> {
    let (stack, asked) = match deployed {
        Deployed::Present { stack, .. } => (Some(stack), selection.ttl_seconds),
        // It may be our own earlier run, which is followed and not repeated with another time.
        Deployed::Blocked(blocked) => (Some(&blocked.stack), None),
        Deployed::Absent => (None, selection.ttl_seconds),
    };
    let maker = environment
        .get()
        .role_arn
        .is_none()
        .then(|| environment.caller());
    if let Deployed::Present { stack, .. } = deployed {
        same_kind(selection, &stack.name, &stack.tags)?;
    }
    let life = selection
        .is_ephemeral()
        .then(|| Life::of(asked, stack.map(|stack| &stack.tags), maker, now));
    let mut tags = synthesis::stack_tags(environment.get());
    if let Some(life) = &life {
        tags.extend(life.tags.clone());
    }
    Ok(StackTags { tags, life })
}

/// Refuses a stack that this program did not make, and one of the other kind under the same name.
fn same_kind(
    selection: &Selection,
    stack: &str,
    tags: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    if !tags.contains_key(MANAGED) {
        return Err(Failure::refused(
            "stack.foreign",
            format!("the stack {stack} has no tag {MANAGED}: this program didn't make it"),
        )
        .on(stack)
        .help("Nothing was changed. Delete or rename that stack, or give the environment another name."));
    }
    let is_ephemeral = tags.get(KIND).is_some_and(|kind| kind == EPHEMERAL);
    let (there, help) = match (selection.is_ephemeral(), is_ephemeral) {
        (true, false) => ("stays", "Choose another --name."),
        (false, true) => (
            "is ephemeral",
            "Use it with --env ephemeral --name, take it down first, or name the file differently.",
        ),
        _ => return Ok(()),
    };
    Err(Failure::refused(
        "stack.other-kind",
        format!("the environment of {stack} {there}"),
    )
    .on(stack)
    .help(format!("Nothing was changed. {help}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // tests fail by panicking
mod tests {
    use super::*;
    use crate::cloudformation::{Protection, StackStatus, StackView};

    fn selection(file: &str, name: Option<&str>) -> Selection {
        Selection {
            file: file.to_owned(),
            name: name.map(str::to_owned),
            ttl_seconds: Some(3600),
            target: None,
            profile: None,
        }
    }

    fn deployed(tags: &[(&str, &str)]) -> Deployed {
        Deployed::Present {
            stack: StackView {
                id: "arn".to_owned(),
                name: "invoicing-pr-1".to_owned(),
                status: StackStatus::new("CREATE_COMPLETE"),
                reason: None,
                outputs: BTreeMap::new(),
                tags: tags
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                    .collect(),
                protection: Protection::Off,
                created: None,
                drift: None,
            },
            template: Template::empty(),
        }
    }

    fn judge(selection: &Selection, deployed: &Deployed) -> Result<StackTags, Failure> {
        let text = include_str!("../../../environments/dev.yaml");
        let environment = crate::environment::parse("dev.yaml", text).unwrap();
        let confirmed = Confirmed::assumed(&environment);
        wanted(selection, &confirmed, deployed, OffsetDateTime::UNIX_EPOCH)
    }

    #[test]
    fn only_an_ephemeral_environment_has_a_life() {
        let of = |selection: &Selection| judge(selection, &Deployed::Absent).unwrap();
        let stays = of(&selection("dev", None));
        assert!(stays.life.is_none() && !stays.tags.contains_key("expires"));
        let goes = of(&selection(EPHEMERAL, Some("pr-1")));
        assert_eq!(goes.tags["expires"], "1970-01-01T01:00:00Z");
        assert_eq!(goes.tags["provision:made-by"], "alice");
        assert!(goes.tags.contains_key("owner"));
    }

    #[test]
    fn nothing_is_deployed_over_a_stack_of_somebody_else_or_of_the_other_kind() {
        let ours = deployed(&[(MANAGED, "true"), (KIND, EPHEMERAL)]);
        let stays = deployed(&[(MANAGED, "true")]);
        let (dev, pr) = (selection("dev", None), selection(EPHEMERAL, Some("pr-1")));
        assert!(judge(&pr, &ours).is_ok() && judge(&dev, &stays).is_ok());
        for (selection, deployed, code) in [
            (&pr, &stays, "stack.other-kind"),
            (&dev, &ours, "stack.other-kind"),
            (&dev, &deployed(&[]), "stack.foreign"),
        ] {
            assert_eq!(judge(selection, deployed).unwrap_err().code, code);
        }
    }
}
