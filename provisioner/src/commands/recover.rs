//! `recover`: gets an environment's stack out of a stuck state, by the one way that its state allows.

use super::down::api;
use crate::cli::RecoverArgs;
use crate::cloud::{WhenStopped, reach};
use crate::cloudformation::{CloudFormation, SdkCloudFormation, Standing};
use crate::context::Context;
use crate::deploy::{ABSENT, Force, Ports, Recovery, Way, recover, way};
use crate::exit::{Exit, Failure};
use crate::objects::SdkObjects;
use crate::ui::{Asks, Ui};
use serde::Serialize;

/// The document of `recover --output json`.
#[derive(Debug, Serialize)]
struct RecoverDocument {
    environment: String,
    from: String,
    action: Way,
    to: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    left: Box<[String]>,
}

/// Recovers the environment's stack. One that is well is left alone.
pub async fn run(context: &Context, args: &RecoverArgs) -> Result<Exit, Failure> {
    let ui = &context.ui;
    let project = context.project()?;
    let (_, environment) = context.environment(&project)?;
    let mut document = RecoverDocument {
        environment: environment.name.clone(),
        from: ABSENT.to_owned(),
        action: Way::None,
        to: ABSENT.to_owned(),
        left: Box::default(),
    };
    let Some(cloud) = reach(&project, &environment, WhenStopped::Resume, ui).await? else {
        return report(ui, &document);
    };
    let formation = SdkCloudFormation::new(cloud.session.config());
    let name = environment.stack_name();
    let (confirmed, stack) =
        tokio::join!(cloud.session.confirm(&environment), formation.stack(&name));
    let confirmed = confirmed?;
    let stack = stack?.filter(|stack| stack.status.standing() != Standing::Gone);
    let Some(stack) = stack else {
        return report(ui, &document);
    };
    document.from = stack.status.to_string();
    document.action = way(&stack)?;
    let question = match document.action {
        Way::None => None,
        Way::Delete => Some(format!("Delete {name}, which is in {}?", stack.status)),
        Way::ContinueRollback => Some(format!("Go on with the rollback of {name}?")),
    };
    if let Some(question) = question {
        approve(ui, &environment.name, &question).await?;
    }
    let objects = SdkObjects::new(cloud.session.config(), &environment.account);
    let api = api(&cloud).await?;
    let ports = Ports {
        cloud: &formation,
        objects: &objects,
    };
    let recovery = Recovery {
        skip: &args.skip,
        force: if args.force {
            Force::LeaveWhatFails
        } else {
            Force::No
        },
        pace: cloud.pace,
    };
    let stuck = (stack, document.action);
    let recovered = recover(&ports, &api, &confirmed, stuck, &recovery, ui).await?;
    document.to = recovered.to;
    if let Some(torn_down) = recovered.torn_down {
        document.left = torn_down.left.into();
    }
    report(ui, &document)
}

async fn approve(ui: &Ui, environment: &str, question: &str) -> Result<(), Failure> {
    match ui.asks {
        Asks::No => Ok(()),
        Asks::Terminal if ui.ask(question).await => Ok(()),
        Asks::Terminal => Err(Failure::refused(
            "approval.declined",
            "the recovery was not approved",
        )
        .on(environment)
        .help("Nothing was changed.")),
        Asks::Nobody => Err(crate::plan::nobody(environment)
            .help(format!("{question} Run again with --yes if it may."))),
    }
}

fn report(ui: &Ui, document: &RecoverDocument) -> Result<Exit, Failure> {
    ui.result(document, || {
        let mut text = match document.action {
            Way::None => format!(
                "{} is in {}: nothing to recover from\n",
                document.environment, document.from
            ),
            Way::Delete | Way::ContinueRollback => format!(
                "{}: {} -> {}\n",
                document.environment, document.from, document.to
            ),
        };
        for left in &document.left {
            text.push_str(&format!("  left: {left}\n"));
        }
        text
    })?;
    Ok(if document.left.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}
