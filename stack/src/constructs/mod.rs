//! Constructs: functions that add the resources that belong together, and hold the rules that no schema has. They know
//! cfn and our numbers, and nothing of events or handlers beyond what they are given.

pub(crate) mod dead_letters;
pub(crate) mod expiry;
pub(crate) mod function;
pub(crate) mod grant;
pub(crate) mod http_api;
pub(crate) mod inbox;
pub(crate) mod mapping;
pub(crate) mod policies;
pub(crate) mod route;
pub(crate) mod schedule;
pub(crate) mod stream;
pub(crate) mod topic;

use crate::artifacts::Artifacts;
use crate::environment::Environment;
use crate::graph::Graph;
use cfn::{DeletionPolicy, LogicalId, Stack};

/// What every construct works on.
pub(crate) struct Site<'a> {
    /// The stack in the making.
    pub stack: &'a mut Stack,
    /// What differs between environments.
    pub environment: &'a Environment,
    /// The handlers' published code.
    pub artifacts: &'a Artifacts,
    /// Handlers and lanes.
    pub graph: &'a Graph,
}

impl Site<'_> {
    /// Keeps a resource that holds data when it leaves the stack, where the environment keeps data; says so either way.
    /// A first deployment that fails takes it away again: it holds nothing yet, and under its fixed name it would be in
    /// the next one's way.
    pub(crate) fn stateful(&mut self, resource: impl AsRef<LogicalId>) {
        self.kept(resource, DeletionPolicy::RetainExceptOnCreate);
    }

    /// As [`Site::stateful`], for what is protected from deletion besides: a failed first deployment leaves it behind,
    /// empty and under a name of its own, since to delete it would be refused and end the rollback half-way.
    pub(crate) fn protected(&mut self, resource: impl AsRef<LogicalId>) {
        self.kept(resource, DeletionPolicy::Retain);
    }

    /// A role under the environment's permissions boundary, where it names one.
    pub(crate) fn bounded(&self, role: cfn::iam::Role) -> cfn::iam::Role {
        match &self.environment.permissions_boundary {
            Some(boundary) => role.permissions_boundary(boundary),
            None => role,
        }
    }

    fn kept(&mut self, resource: impl AsRef<LogicalId>, policy: DeletionPolicy) {
        let policy = if self.environment.keeps_data() {
            policy
        } else {
            DeletionPolicy::Delete
        };
        self.stack
            .options(resource)
            .deletion_policy(policy)
            .update_replace_policy(policy);
    }
}
