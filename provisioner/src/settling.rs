//! Deployments that are complete when everything is asked for, in CloudFormation's EXPRESS mode: what they asked for, and
//! whether it has settled. Ephemeral environments on AWS only, and never protected ones.
//!
//! What was asked for is remembered in the environment's cache until it has settled, so that an `up` that finds nothing to do
//! still looks when the one before it never came to it. Deletions are not made so: `down` ends with an inventory, and what is
//! still being deleted would be left over in it.

use crate::cloudformation::{Ability, lacks};
use crate::environment::Selection;
use crate::exit::{Exit, Failure};
use crate::plan::Plan;
use crate::ui::Ui;
use ::drift::{Finding, Kind, Waiting};
use cfn::Step as PathStep;
use cfn::diff::Action;
use serde::{Deserialize, Serialize};
use stack::Environment;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// How long what was asked for may take to settle. A table or a function takes seconds to a minute.
const PATIENCE: Duration = Duration::from_secs(600);

/// Before the second look, and at most between two.
const PACE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// How many things are named in a line.
const NAMED: usize = 3;

/// Where it is remembered what may still have to settle. Only an environment whose deployments may be left to settle has one.
#[derive(Debug)]
pub struct Settling(PathBuf);

impl Settling {
    /// An environment's, in its cache; none where deployments wait until everything is ready.
    pub fn of(cache: &Path, selection: &Selection, environment: &Environment) -> Option<Self> {
        let may = selection.is_ephemeral()
            && !environment.protected
            && lacks(environment.target, Ability::Express).is_none();
        may.then(|| Self(cache.join("settling.json")))
    }

    /// Remembers what is about to be asked for. Failing to is no failure: this run looks all the same.
    pub fn begin(&self, asked: &Asked) {
        let folder = self.0.parent().map(std::fs::create_dir_all);
        if let (Some(Ok(())), Ok(text)) = (folder, serde_json::to_vec(asked)) {
            let _ = std::fs::write(&self.0, text);
        }
    }

    /// What was asked of this stack and is not known to have settled.
    pub fn left(&self, stack_id: &str) -> Option<Asked> {
        let asked: Asked = serde_json::from_slice(&std::fs::read(&self.0).ok()?).ok()?;
        (asked.stack == stack_id).then_some(asked)
    }

    /// It has settled.
    pub fn over(&self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What a deployment asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The stack's ARN.
    stack: String,
    /// By logical id the properties that it changes; none for a resource that it makes.
    places: BTreeMap<String, Option<BTreeSet<String>>>,
}

impl Asked {
    /// What a plan asks of a stack. What it removes is gone from the template, and asked for no more.
    pub fn of(stack_id: &str, plan: &Plan) -> Self {
        let mut places = BTreeMap::new();
        for change in &plan.diff.changes {
            let properties = match change.action {
                Action::Remove => continue,
                Action::Add | Action::Replace => None,
                Action::Modify => Some(
                    change
                        .properties
                        .iter()
                        .filter_map(|property| match property.path.steps() {
                            [_, PathStep::Key(name), ..] => Some(name.clone()),
                            _ => None,
                        })
                        .collect(),
                ),
            };
            places.insert(change.logical_id.clone(), properties);
        }
        Self {
            stack: stack_id.to_owned(),
            places,
        }
    }

    /// The resources that it is about.
    pub fn resources(&self) -> BTreeSet<&str> {
        self.places.keys().map(String::as_str).collect()
    }

    /// Whether a difference is about what was asked for: what somebody changed by hand elsewhere is no business of a deployment.
    fn covers(&self, finding: &Finding) -> bool {
        let Some(place) = finding
            .logical_id
            .as_ref()
            .and_then(|id| self.places.get(id))
        else {
            return false;
        };
        match (finding.kind, place) {
            (Kind::Deleted, _) => true,
            (Kind::Added, _) => false,
            (Kind::Modified, None) => true,
            (Kind::Undeclared, None) => false,
            (Kind::Modified | Kind::Undeclared, Some(properties)) => {
                let top = finding.path.split(['.', '[']).next();
                top.is_some_and(|top| properties.contains(top))
            }
        }
    }
}

/// What one look at a deployed stack yields.
#[derive(Debug, Default)]
pub struct Sight {
    /// What differs from the template.
    pub findings: Vec<Finding>,
    /// What is not ready, or failed to become so.
    pub waiting: Vec<Waiting>,
}

impl Sight {
    /// What has not settled, in words.
    fn open(&self, asked: &Asked) -> Vec<String> {
        let waiting = self.waiting.iter().map(|waiting| {
            format!(
                "{} ({}) is {}",
                waiting.logical_id, waiting.type_name, waiting.state
            )
        });
        let differing = self.findings.iter().filter(|finding| asked.covers(finding));
        let differing = differing.map(|finding| match finding.kind {
            Kind::Deleted => format!("{} ({}) is not there", finding.owner(), finding.type_name),
            _ => format!(
                "{} ({}) {} is not yet as declared",
                finding.owner(),
                finding.type_name,
                finding.path
            ),
        });
        waiting.chain(differing).collect()
    }
}

/// Looks until everything that was asked for has settled.
///
/// # Errors
/// Something failed, or has not settled in time (1); nothing can be reached (5).
pub async fn settled(
    stack: &str,
    asked: &Asked,
    ui: &Ui,
    mut look: impl AsyncFnMut() -> Result<Sight, Failure>,
) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut said = String::new();
    let (mut wait, most) = PACE;
    loop {
        let sight = look().await?;
        let open = sight.open(asked);
        if open.is_empty() {
            ui.say(format!(
                "{stack}: everything that was asked for has settled ({} resources)",
                asked.places.len()
            ));
            return Ok(());
        }
        let hopeless = sight.waiting.iter().any(|waiting| waiting.failed);
        if hopeless || begun.elapsed() >= PATIENCE {
            let seconds = begun.elapsed().as_secs();
            return Err(Failure::new(
                Exit::Failed,
                "deploy.unsettled",
                format!(
                    "{stack} was deployed, but {} of what was asked for has not settled after {seconds} s: {}",
                    open.len(),
                    open.join("; ")
                ),
            )
            .on(stack)
            .help(
                "In EXPRESS mode CloudFormation is done when it has asked. Run `provision up` again to look again; `provision drift` \
                 shows every difference.",
            ));
        }
        let line = format!(
            "{stack}: waiting for {} to settle: {}",
            open.len(),
            few(&open)
        );
        if line != said {
            ui.say(&line);
            said = line;
        }
        tokio::time::sleep(wait).await;
        wait = (wait + wait / 2).min(most);
    }
}

/// The first of them.
fn few(all: &[String]) -> String {
    let named = all.iter().take(NAMED).cloned().collect::<Vec<_>>();
    match all.len().saturating_sub(NAMED) {
        0 => named.join("; "),
        more => format!("{}; and {more} more", named.join("; ")),
    }
}
