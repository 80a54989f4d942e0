//! `local start|stop|status|reset`: the local cloud. What it is and how it runs is the `local-cloud` crate's business.

use crate::cli::LocalVerb;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::project::Project;
use crate::ui::{Asks, Ui};
use local_cloud::{LocalCloudError, Paths, Status, Stopped};

/// Runs one of the four.
pub async fn run(context: &Context, verb: LocalVerb) -> Result<Exit, Failure> {
    let project = context.project()?;
    let ui = context.ui;
    let paths = paths(&project)?;
    let status = match verb {
        LocalVerb::Start => start(&project, &ui).await?,
        LocalVerb::Status => local_cloud::status(&paths).await.map_err(failure)?,
        LocalVerb::Stop => {
            let stopped = local_cloud::stop(&paths, &mut |line| ui.explain(line))
                .await
                .map_err(failure)?;
            ui.say(match stopped {
                Stopped::NotRunning => "the local cloud was not running",
                Stopped::Saved => "stopped; the next start goes on where it was",
                Stopped::Killed => "stopped by force: what it held is gone",
            });
            local_cloud::status(&paths).await.map_err(failure)?
        }
        LocalVerb::Reset => {
            confirm_reset(&ui).await?;
            local_cloud::reset(&paths, &mut |line| ui.explain(line))
                .await
                .map_err(failure)?
        }
    };
    ui.result(&status, || text(&status))?;
    Ok(Exit::Done)
}

/// Makes sure that the local cloud runs.
///
/// # Errors
/// No Python, no room, no answer.
pub async fn start(project: &Project, ui: &Ui) -> Result<Status, Failure> {
    let paths = paths(project)?;
    let started = local_cloud::start(&paths, &mut |line| ui.say(line))
        .await
        .map_err(failure)?;
    Ok(started.status)
}

/// Where the local cloud serves: started when that is wanted, else as it is.
///
/// # Errors
/// Those of [`start`].
#[cfg(feature = "aws")]
pub async fn reached(
    project: &Project,
    when_stopped: crate::cloud::WhenStopped,
    ui: &Ui,
) -> Result<Status, Failure> {
    use crate::cloud::WhenStopped;
    let paths = paths(project)?;
    let status = local_cloud::status(&paths).await.map_err(failure)?;
    let wanted = match when_stopped {
        WhenStopped::Start => true,
        WhenStopped::Resume => local_cloud::holds_something(&paths).map_err(failure)?,
        WhenStopped::Leave => false,
    };
    if status.running || !wanted {
        return Ok(status);
    }
    start(project, ui).await
}

fn paths(project: &Project) -> Result<Paths, Failure> {
    Paths::of(project.state()).map_err(failure)
}

/// Everything deployed locally is lost: that needs a word.
async fn confirm_reset(ui: &Ui) -> Result<(), Failure> {
    match ui.asks {
        Asks::No => Ok(()),
        Asks::Terminal if ui.ask("Forget everything that is deployed locally?").await => Ok(()),
        Asks::Terminal => {
            Err(Failure::refused("approval.declined", "the reset was not approved").on("local"))
        }
        Asks::Nobody => Err(Failure::refused(
            "approval.nobody",
            "this forgets everything that is deployed locally, and --yes was not given",
        )
        .on("local")
        .help("Run again with --yes.")),
    }
}

/// The local cloud's errors, as the program reports them.
pub fn failure(error: LocalCloudError) -> Failure {
    let exit = match error {
        LocalCloudError::NoPython { .. } => Exit::Refused,
        LocalCloudError::Busy { .. } => Exit::Busy,
        _ => Exit::Failed,
    };
    Failure::new(exit, error.code(), error.to_string())
        .on(error.subject())
        .help(error.help())
}

fn text(status: &Status) -> String {
    match &status.endpoint {
        Some(endpoint) => format!(
            "running at {endpoint}\n  AWS_ENDPOINT_URL={endpoint} AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={} AWS_REGION={}\n",
            status.access_key_id, status.secret_access_key, status.region
        ),
        None => "not running\n".to_owned(),
    }
}
