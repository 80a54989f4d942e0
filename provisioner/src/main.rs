//! `provision`: declares, packages, deploys and operates the vendor and invoice system. This file only dispatches.

mod artifacts;
mod cli;
mod commands;
mod context;
mod environment;
mod exit;
mod hint;
mod plan;
mod project;
mod render;
mod snapshot;
mod synthesis;
mod ui;

#[cfg(feature = "aws")]
mod accepted;
#[cfg(feature = "aws")]
mod cloud;
#[cfg(feature = "aws")]
mod cloudformation;
#[cfg(feature = "aws")]
mod counted;
#[cfg(feature = "aws")]
mod deploy;
#[cfg(feature = "aws")]
mod detection;
#[cfg(feature = "aws")]
mod objects;
#[cfg(feature = "aws")]
mod parity;
#[cfg(feature = "aws")]
mod person;
#[cfg(feature = "aws")]
mod places;
#[cfg(feature = "aws")]
mod progress;
#[cfg(feature = "aws")]
mod publish;
#[cfg(feature = "aws")]
mod reality;
#[cfg(feature = "aws")]
mod session;
#[cfg(feature = "aws")]
mod settling;

use clap::Parser;
use clap::error::ErrorKind;
use context::Context;
use exit::{Exit, Failure};
use std::process::ExitCode;

fn main() -> ExitCode {
    let exit = match cli::Cli::try_parse() {
        Ok(cli) => run(cli),
        Err(error) => usage(&error),
    };
    ExitCode::from(exit.code())
}

fn run(cli: cli::Cli) -> Exit {
    hint::begin(&cli.global);
    let context = Context {
        ui: ui::Ui::new(&cli.global),
        global: cli.global,
    };
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            context.ui.fail(&Failure::new(
                Exit::Failed,
                "runtime",
                format!("the program can't start: {error}"),
            ));
            return Exit::Failed;
        }
    };
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = commands::run(&context, cli.verb) => outcome,
            () = interrupted() => Err(Failure::new(Exit::Interrupted, "interrupted", "interrupted").help(
                "An operation that had begun goes on by itself: run the same command again to follow it.",
            )),
        }
    });
    // A question on the terminal may still wait for its answer.
    runtime.shutdown_background();
    #[cfg(feature = "aws")]
    match requests::sent::total() {
        0 => {}
        count => context.ui.explain(format!("{count} requests")),
    }
    match outcome {
        Ok(exit) => exit,
        Err(failure) => {
            context.ui.fail(&failure);
            failure.exit
        }
    }
}

/// Resolves when the user presses Ctrl-C, or the program is asked to end.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        Ok(()) = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

/// Help and version are no errors; everything else that clap refuses is exit 3.
fn usage(error: &clap::Error) -> Exit {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        let _ = error.print();
        return Exit::Done;
    }
    // An argument that isn't UTF-8 may be the very fault.
    let arguments: Vec<String> = std::env::args_os()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let json = arguments.iter().any(|argument| argument == "--output=json")
        || arguments
            .windows(2)
            .any(|pair| pair == ["--output", "json"]);
    if json {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default();
        let failure = Failure::refused("usage", message.trim_start_matches("error: "))
            .help("See `provision --help`.");
        if let Ok(document) = serde_json::to_string(&failure.document()) {
            let _ = ui::raw(format!("{document}\n").as_bytes());
        }
    } else {
        let _ = error.print();
    }
    Exit::Refused
}
