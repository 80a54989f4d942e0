//! What others hung onto a stack's resources and CloudFormation knows nothing of. AWS refuses to delete a resource with some
//! of it (a rule of one's own on the bus, a policy on a role), is held up by some (an execution that waits for a person), and
//! leaves some behind with nothing at its other end (an event source mapping). It is found before a deletion, and what it
//! takes to remove it is data. It performs nothing.
//!
//! Only what hangs on a resource of the stack counts. What merely points at one, such as somebody's schedule for one of our
//! functions, is theirs.

mod access;
mod events;
mod work;

use super::inventory::Holdings;
use drift::{
    Api, Call, Facts, Finding, Kind, Live, Readers, Resource, Target, Trouble, Unreachable, judge,
    plan,
};
use std::collections::{BTreeMap, BTreeSet};

/// Something that hangs on a resource of the stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    /// What, and on which resource: `rule by-hand on Bus`.
    pub what: String,
    /// What removes it, in order.
    pub calls: Vec<Call>,
}

/// What a look before a deletion yields.
#[derive(Debug, Default, PartialEq)]
pub struct Attachments {
    /// What hangs on the stack.
    pub found: Vec<Attachment>,
    /// What somebody protected against deletion, though the template doesn't: each with what lifts it.
    pub protected: Vec<String>,
    /// What could not be looked at, and why.
    pub unseen: Vec<String>,
}

impl Holdings {
    /// Looks for everything that hangs on the stack.
    ///
    /// # Errors
    /// When nothing can be reached.
    pub async fn attached(&self, api: &impl Api) -> Result<Attachments, Unreachable> {
        let (rules, archives, replays, roles, mappings, executions, aliases, schemas, protected) = tokio::join!(
            self.rules(api),
            self.archives(api),
            self.replays(api),
            self.policies(api),
            self.mappings(api),
            self.executions(api),
            self.aliases(api),
            self.schemas(api),
            self.protected(api),
        );
        let mut all = Attachments::default();
        let parts = [
            ("rules", rules),
            ("archives", archives),
            ("replays", replays),
            ("policies of roles", roles),
            ("event source mappings", mappings),
            ("executions", executions),
            ("aliases of keys", aliases),
            ("schemas", schemas),
        ];
        for (of, found) in parts {
            match found {
                Ok(found) => all.found.extend(found),
                Err(trouble) => unseen(&mut all, of, trouble)?,
            }
        }
        match protected {
            Ok(protected) => all.protected = protected,
            Err(trouble) => unseen(&mut all, "the protection of tables", trouble)?,
        }
        Ok(all)
    }

    /// What was added to resources that could not be deleted, as far as drift detection knows to remove it.
    ///
    /// # Errors
    /// When nothing can be reached.
    pub async fn added_to(
        &self,
        api: &impl Api,
        logical_ids: &BTreeSet<&str>,
    ) -> Result<Vec<Attachment>, Unreachable> {
        let readers = Readers::new(api);
        let mut facts: BTreeMap<String, Facts> = BTreeMap::new();
        for resource in &self.stack.resources {
            if logical_ids.contains(resource.logical_id.as_str()) {
                let found = readers.read(&self.stack, resource).await?;
                facts.insert(resource.logical_id.clone(), found);
            }
        }
        let mut report = judge(&self.stack, &facts, Target::Aws);
        report
            .findings
            .retain(|finding| finding.kind == Kind::Added && self.holds(finding));
        let steps = plan(&self.stack, &report.findings).into_iter();
        Ok(steps
            .map(|step| Attachment {
                what: step.what,
                calls: step.calls,
            })
            .collect())
    }

    /// Whether it hangs on its parent, so that the parent can't go. What only points at ours is somebody's, and holds nothing.
    fn holds(&self, added: &Finding) -> bool {
        match added.type_name.as_str() {
            // A policy of the account may be about others' log groups too, and holds none.
            "AWS::Logs::ResourcePolicy"
            | "AWS::Pipes::Pipe"
            | "AWS::SNS::Subscription"
            | "AWS::Scheduler::Schedule" => false,
            // One of another bus has ours for its target.
            "AWS::Events::Rule" => self.stack.of("AWS::Events::EventBus").any(|bus| {
                let on = added.actual.as_ref().map(|rule| &rule["EventBusName"]);
                Some(&bus.logical_id) == added.parent.as_ref()
                    && on.is_some_and(|on| *on == *bus.name())
            }),
            _ => true,
        }
    }

    /// An ARN in the stack's account and region.
    pub(super) fn arn(&self, service: &str, rest: &str) -> String {
        let place = &self.stack.place;
        format!(
            "arn:{}:{service}:{}:{}:{rest}",
            place.partition, place.region, place.account
        )
    }

    fn names<'a>(&'a self, type_name: &'a str) -> BTreeSet<&'a str> {
        self.stack.of(type_name).map(Resource::name).collect()
    }
}

/// Something of a kind that hangs on a resource.
fn attachment(kind: &str, id: &str, parent: &Resource, calls: Vec<Call>) -> Attachment {
    Attachment {
        what: format!("{kind} {id} on {}", parent.logical_id),
        calls,
    }
}

/// Notes what could not be looked at.
fn unseen(all: &mut Attachments, of: &str, trouble: Trouble) -> Result<(), Unreachable> {
    match trouble {
        Trouble::Unreachable(lost) => Err(lost),
        trouble if trouble.is_absence() => Ok(()),
        trouble => {
            all.unseen.push(format!("{of}: {trouble}"));
            Ok(())
        }
    }
}
