//! The handlers' archives, as a deployment needs them: built where something changed, or as last recorded. How they are
//! made is the packaging crate's business.

use crate::exit::{Exit, Failure};
use crate::project::Project;
use crate::ui::Ui;
use packaging::PackageOptions;
use stack::{Artifacts, Environment};

pub use packaging::Archive;

/// Where the archives will rest for an environment.
pub fn published(environment: &Environment, archives: &[Archive]) -> Artifacts {
    Artifacts {
        bucket: Artifacts::bucket_name(&environment.account, &environment.region),
        keys: archives
            .iter()
            .map(|archive| {
                (
                    archive.handler.clone(),
                    Artifacts::key(&archive.handler, &archive.sha256),
                )
            })
            .collect(),
    }
}

/// The archives of the last `package`, without building; none if there is no record.
pub fn recorded(project: &Project) -> Option<Vec<Archive>> {
    packaging::recorded(project.root())
}

/// Builds what changed, and packages it. Without a change it calls nobody.
///
/// # Errors
/// When cargo or a binary won't do.
pub async fn build(project: &Project, ui: &Ui) -> Result<Vec<Archive>, Failure> {
    packaging::package(project.root(), &PackageOptions::default(), &mut |line| {
        ui.say(line);
    })
    .await
    .map_err(|error| {
        Failure::new(Exit::Failed, "package.failed", error.to_string())
            .on("the handlers")
            .help("Nothing was deployed. Correct what cargo names, then run again.")
    })
}
