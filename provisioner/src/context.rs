//! What every verb starts from: how to talk, the flags, and the project and environment when they are needed.

use crate::cli::Global;
use crate::environment::{self, Selection};
use crate::exit::{Exit, Failure};
use crate::project::Project;
use crate::ui::Ui;
use stack::Environment;

/// What every verb starts from.
#[derive(Debug)]
pub struct Context {
    /// How to talk.
    pub ui: Ui,
    /// The flags of every verb.
    pub global: Global,
}

impl Context {
    /// The project: `--project`, else found upward from the working folder.
    ///
    /// # Errors
    /// When there is none; exit 3.
    pub fn project(&self) -> Result<Project, Failure> {
        let working = std::env::current_dir().map_err(|error| {
            Failure::new(
                Exit::Refused,
                "project.none",
                format!("the working folder can't be found: {error}"),
            )
        })?;
        Project::find(self.global.project.as_deref(), &working)
    }

    /// The selected environment, validated.
    ///
    /// # Errors
    /// No `--env`, no such environment, faults in its file; exit 3.
    pub fn environment(&self, project: &Project) -> Result<(Selection, Environment), Failure> {
        let selection = Selection::from_flags(&self.global)?;
        let environment = environment::load(project, &selection)?;
        Ok((selection, environment))
    }
}
