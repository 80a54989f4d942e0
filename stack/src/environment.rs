//! An environment: everything that differs between local, dev, staging and prod, validated and plain.
//!
//! The provisioner reads it from YAML; nothing here knows about files. The same keys exist in every environment.

use contracts::policy::Policy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One environment file, validated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Name of the environment; the file's name, or the `--name` of an ephemeral one.
    #[serde(skip)]
    pub name: String,
    /// Whether it stays.
    #[serde(skip)]
    pub kind: Kind,
    /// The 12-digit AWS account that it belongs to; any other is refused.
    pub account: String,
    /// The AWS region, e.g. `eu-central-1`.
    pub region: String,
    /// Profile of the AWS configuration to use; the default chain where absent.
    pub profile: Option<String>,
    /// Role to assume for every call.
    pub role_arn: Option<String>,
    /// ARN of the managed policy that bounds what the stack's roles may ever do; none where the account asks for none.
    #[serde(default)]
    pub permissions_boundary: Option<String>,
    /// Where it is deployed to.
    pub target: Target,
    /// Protected environments keep their data and refuse `down`.
    pub protected: bool,
    /// Business policy.
    pub policy: Policy,
    /// How long things are kept.
    pub retention: Retention,
    /// How much may happen at once.
    pub capacity: Capacity,
    /// How the API lets callers in.
    pub api: Api,
    /// Who gets mail.
    pub mail: Mail,
    /// Tags on everything that can carry them.
    pub tags: BTreeMap<String, String>,
}

/// Whether an environment stays or comes and goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// It stays until somebody takes it down.
    #[default]
    Lasting,
    /// It goes when its life is over.
    Ephemeral,
}

/// Where an environment is deployed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// AWS.
    Aws,
    /// The local cloud on this machine.
    Local,
}

/// How long things are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Log groups, in days; one of the values that CloudWatch Logs takes.
    pub log_days: u32,
    /// Event archive, in days.
    pub archive_days: u32,
    /// Documents, invoices, in years.
    pub record_years: u32,
    /// Point-in-time recovery of the tables, in days, 1 to 35; 0 = none, for environments that come and go (deleting a
    /// table that has it leaves a system backup behind).
    pub recovery_days: u32,
    /// Whether documents are locked against deletion for `record_years`.
    #[serde(default)]
    pub object_lock: ObjectLock,
}

/// How firmly documents are locked (S3 Object Lock).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectLock {
    /// Not at all.
    #[default]
    None,
    /// Nobody deletes a version before its time without the permission to bypass it: what erasure on request needs.
    Governance,
    /// Nobody at all, the account's root included, for the whole time.
    Compliance,
}

impl ObjectLock {
    /// The mode in a template; none where nothing is locked.
    #[must_use]
    pub const fn mode(self) -> Option<cfn::s3::BucketMode> {
        match self {
            ObjectLock::None => None,
            ObjectLock::Governance => Some(cfn::s3::BucketMode::Governance),
            ObjectLock::Compliance => Some(cfn::s3::BucketMode::Compliance),
        }
    }
}

/// How much may happen at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// Events a second at the peak that the environment is sized for.
    pub events_per_second: u32,
    /// Maximum concurrency of each queue's event source mapping; 2 to 1,000 (AWS limit).
    pub queue_concurrency: u32,
    /// Reserved concurrency of each function; absent = unreserved.
    pub reserved_concurrency: Option<u32>,
    /// Messages a batch, 1 to 10.
    pub batch_size: u32,
    /// How often a message is received before it goes to the dead-letter queue.
    pub max_receives: u32,
}

/// How the API lets callers in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Steady requests a second.
    pub requests_per_second: u32,
    /// Requests at once above the steady rate.
    pub burst: u32,
    /// Who acts for the house and not for one seller: callers as the API authenticates them, `*` for any characters (R20).
    pub staff: Vec<String>,
    /// Whose tokens let callers in; AWS signatures (IAM) where absent.
    pub jwt: Option<Jwt>,
}

/// Who gets mail: addresses that SNS asks to confirm. Further subscribers may join the topics by themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// What vendors are told: how their invoices go on and end.
    pub notices: Vec<String>,
    /// What approvers are asked and reminded of.
    pub approvals: Vec<String>,
    /// Alarms.
    pub alerts: Vec<String>,
}

/// An issuer of tokens that the API trusts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jwt {
    /// Its URL, as the tokens' `iss` has it.
    pub issuer: String,
    /// Whom the tokens are meant for: one of these in `aud`.
    pub audience: Vec<String>,
}

impl Environment {
    /// Name of its CloudFormation stack.
    #[must_use]
    pub fn stack_name(&self) -> String {
        format!("invoicing-{}", self.name)
    }

    /// Name of its archive of events: `replay` and the local cloud's parity step ask for it by name. At most 48
    /// characters, EventBridge's bound, as the names of environments have at most 32.
    #[must_use]
    pub fn archive_name(&self) -> String {
        self.stack_name()
    }

    /// Name of the schedule that wakes a handler. At most 64 characters, Scheduler's bound.
    #[must_use]
    pub fn schedule_name(&self, handler: &contracts::HandlerSpec) -> String {
        format!("{}-{}", self.stack_name(), handler.name)
    }

    /// Name of its state machine of decisions: the functions that start and answer it know it by name, since it knows
    /// them by reference. At most 80 characters, Step Functions' bound.
    #[must_use]
    pub fn decisions_name(&self) -> String {
        format!("{}-decisions", self.stack_name())
    }

    /// Who acts for the house. On the local cloud its administrator does too, and users called `finance-*`: there are no others to
    /// try approvals with.
    #[must_use]
    pub fn staff(&self) -> Vec<String> {
        let mut staff = self.api.staff.clone();
        if self.target == Target::Local {
            for caller in ["root", "user/finance-*"] {
                let caller = format!("arn:aws:iam::{}:{caller}", self.account);
                if !staff.contains(&caller) {
                    staff.push(caller);
                }
            }
        }
        staff
    }

    /// Whether its data outlives the stack: protected, and not on the local cloud, where nothing is worth protecting.
    #[must_use]
    pub fn keeps_data(&self) -> bool {
        self.protected && self.target == Target::Aws
    }
}
