//! `send` and `trace`: finds the deployed environment, and lets the operations crate do the work.

use super::document;
use crate::cli::{Output, SendArgs, TraceArgs};
use crate::cloud::{WhenStopped, reach};
use crate::cloudformation::{CloudFormation, SdkCloudFormation};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::person::Person;
use crate::ui::{self, Ui};
use operations::aws::Remote;
use operations::{
    Endpoints, Entry, Follow, Kind, Presence, Progress, SendOptions, Sent, TimelineLines,
    timeline_text,
};
use std::time::Duration;

/// Submits a document. Exit 1 if it was followed and ended badly.
pub async fn send(context: &Context, args: &SendArgs) -> Result<Exit, Failure> {
    let ui = &context.ui;
    let name = args.file.display().to_string();
    let bytes = document::read(&args.file)?;
    // What can't be sent is refused before anybody is called.
    operations::recognise(&name, &bytes).map_err(|error| document::failure(&error))?;
    let remote = remote(context).await?;
    let options = SendOptions {
        check: args.check,
        register_vendor: args.register_vendor,
        follow: args.follow.then_some(Follow {
            timeout: Duration::from_secs(args.timeout),
        }),
    };
    let mut live = Live::new(ui);
    let sent = operations::send(&remote, &name, bytes, options, &mut |progress| {
        tell(ui, &mut live, progress);
    })
    .await
    .map_err(|error| document::failure(&error))?;
    ui.result(&sent, || match &sent.trace {
        Some(trace) => trace.closing(document::palette(ui)),
        None => format!("{}\n", sent.id),
    })?;
    Ok(document::exit(sent.exit()))
}

/// Shows a timeline, to its end with `--follow`.
pub async fn trace(context: &Context, args: &TraceArgs) -> Result<Exit, Failure> {
    let ui = &context.ui;
    let remote = remote(context).await?;
    if args.follow {
        let follow = Follow {
            timeout: Duration::from_secs(args.timeout),
        };
        let mut live = Live::new(ui);
        let trace = operations::follow(&remote, &args.id, Presence::Unsure, follow, &mut |entry| {
            live.entry(&args.id, entry);
        })
        .await
        .map_err(|error| document::failure(&error))?;
        ui.result(&trace, || trace.closing(document::palette(ui)))?;
    } else {
        let trace = operations::trace(&remote, &args.id)
            .await
            .map_err(|error| document::failure(&error))?;
        ui.result(&trace, || timeline_text(&trace, document::palette(ui)))?;
    }
    Ok(Exit::Done)
}

/// A timeline that is printed as it comes: on stdout for people; as JSON lines on stderr for programs, which get the
/// whole of it at the end.
struct Live<'a> {
    ui: &'a Ui,
    lines: TimelineLines,
    id: String,
    begun: Begun,
}

#[derive(PartialEq, Eq)]
enum Begun {
    Yes,
    No,
}

impl<'a> Live<'a> {
    fn new(ui: &'a Ui) -> Self {
        Self {
            ui,
            lines: TimelineLines::growing(document::palette(ui)),
            id: String::new(),
            begun: Begun::No,
        }
    }

    fn entry(&mut self, id: &str, entry: &Entry) {
        if self.ui.output == Output::Json {
            self.ui.event(entry);
            return;
        }
        let Some(line) = self.lines.line(entry) else {
            return;
        };
        if self.begun == Begun::No {
            self.begun = Begun::Yes;
            let _ = ui::raw(format!("Invoice {id}\n").as_bytes());
        }
        let _ = ui::raw(line.as_bytes());
    }
}

fn tell(ui: &Ui, live: &mut Live<'_>, progress: Progress<'_>) {
    match progress {
        Progress::RegisteringSeller { vendor_id } => {
            ui.say(format!("registering the seller {vendor_id}"));
        }
        Progress::SellerOnboarded {
            vendor_id,
            before: false,
        } => ui.say(format!("the seller {vendor_id} is onboarded")),
        Progress::SellerOnboarded {
            vendor_id,
            before: true,
        } => ui.say(format!("the seller {vendor_id} is onboarded already")),
        Progress::AccountWaits { vendor_id } => ui.warn(format!(
            "the account is another one: nobody is paid to it until a second person confirms it with \
             `provision decide {vendor_id} approve --reason TEXT`"
        )),
        Progress::Accepted(sent) => {
            live.id = sent.id.clone();
            ui.say(accepted(sent));
        }
        Progress::Entry(entry) => {
            let id = live.id.clone();
            live.entry(&id, entry);
        }
    }
}

fn accepted(sent: &Sent) -> String {
    let kind = match sent.kind {
        Kind::Vendor => "vendor",
        Kind::Invoice => "invoice",
        Kind::Event => "event",
    };
    let again = if sent.duplicate {
        ", which was submitted before"
    } else {
        ""
    };
    format!("accepted {kind} {}{again}", sent.id)
}

/// The deployed environment, its API in the hands of whoever runs the program.
pub(super) async fn remote(context: &Context) -> Result<Remote, Failure> {
    let project = context.project()?;
    let (_, environment) = context.environment(&project)?;
    let absent = || Failure::absent(&environment.name);
    let cloud = reach(&project, &environment, WhenStopped::Leave, &context.ui)
        .await?
        .ok_or_else(absent)?;
    let formation = SdkCloudFormation::new(cloud.session.config());
    let name = environment.stack_name();
    let (confirmed, stack) =
        tokio::join!(cloud.session.confirm(&environment), formation.stack(&name));
    confirmed?;
    let stack = stack?.ok_or_else(absent)?;
    let outputs = cloud.outputs(&stack.outputs);
    let endpoints = Endpoints::from_outputs(&outputs, &environment.region).map_err(|missing| {
        Failure::refused("environment.outputs", missing.to_string())
            .on(stack.name.as_str())
            .help(format!("Run `provision up --env {}`.", environment.name))
    })?;
    let remote = Remote::new(cloud.session.config(), endpoints);
    let profile = context.global.profile.as_deref();
    let variable = |name: &str| std::env::var(name).ok();
    let person = Person::of(&environment, &cloud.session, profile, variable);
    if let Person::Variables(_) = person {
        context
            .ui
            .explain("calling the API by the access key in AWS_ACCESS_KEY_ID");
    }
    Ok(match person.credentials() {
        Some(credentials) => remote.in_the_hands_of(credentials),
        None => remote,
    })
}
