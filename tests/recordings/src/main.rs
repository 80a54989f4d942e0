//! `make recordings` (`record [CLONE]`): plays the scene with the real program on a local cloud of its own and writes the pictures in
//! `docs/recordings/`. Timings, ids and ports are those of this run, so the files change each time; nobody compares them.

mod hands;
mod stage;

use recordings::{Film, Tape, animated, still};
use stage::Stage;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

/// Columns and lines of the terminal.
const COLUMNS: u16 = 104;
const ROWS: u16 = 34;
/// Of a page that is shown as a whole.
const TALL: u16 = 400;

type Outcome<T> = Result<T, e2e::Failure>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let clone = std::env::args_os().nth(1).map(PathBuf::from);
    let stage = Stage::set(clone.as_deref())?;
    let outcome = play(&stage).await;
    stage.strike()?;
    outcome
}

fn size(size: u16) -> NonZeroU16 {
    NonZeroU16::new(size).unwrap_or(NonZeroU16::MIN)
}

async fn play(stage: &Stage) -> Outcome<()> {
    let tape = tour(stage).await?;
    let film = Film::of(&tape, size(COLUMNS), size(ROWS))?;
    stage.write(
        "tour.svg",
        &animated(
            &film,
            "up, diff, up, drift, drift --revert and down on the local cloud",
        ),
    )?;

    stage.edit(&[])?;
    stage.quietly(&["up", "--env", "local", "--yes"], 0)?;
    stage.edit(&[
        ("queue_concurrency: 2", "queue_concurrency: 4"),
        ("record_years: 2", "record_years: 1"),
        ("alerts: []", "alerts: [ops@example.com]"),
    ])?;
    picture(stage, "diff", "provision diff --env local")?;
    stage.edit(&[])?;
    hands::change(stage).await?;
    picture(stage, "drift", "provision drift --env local")?;
    stage.quietly(&["down", "--env", "local", "--yes"], 0)
}

/// What is typed, with which exit code it ends, and how long it is then left to be read, in milliseconds.
type Take = (&'static str, i32, u64);

/// Until something happens behind its back ...
const BEFORE: [Take; 4] = [
    ("provision up --env local", 0, 1500),
    (
        "sed -i 's/queue_concurrency: 2/queue_concurrency: 4/' environments/local.yaml",
        0,
        0,
    ),
    ("provision diff --env local", 2, 2000),
    ("provision up --env local --yes", 0, 1500),
];
/// ... and from there to its end.
const AFTER: [Take; 4] = [
    ("provision drift --env local", 2, 4000),
    ("provision drift --env local --revert", 0, 1800),
    ("provision drift --env local; echo \"exit $?\"", 0, 1200),
    ("provision down --env local", 0, 3000),
];
const PROMPT: &str = "\x1b[32m$\x1b[0m ";

/// What the README shows: an environment's life.
async fn tour(stage: &Stage) -> Outcome<Tape> {
    let terminal = stage.terminal(COLUMNS, ROWS);
    let mut tape = Tape::default();
    let run = |tape: &mut Tape, takes: &[Take]| -> Outcome<()> {
        for (command, exit, rest) in takes {
            tape.types(PROMPT, command);
            terminal.run(tape, command, *exit)?;
            tape.rest(Duration::from_millis(*rest));
        }
        Ok(())
    };
    run(&mut tape, &BEFORE)?;
    tape.types(
        PROMPT,
        "# meanwhile, somebody is in a hurry in the console ...",
    );
    hands::change(stage).await?;
    tape.rest(Duration::from_millis(900));
    run(&mut tape, &AFTER)?;
    Ok(tape)
}

/// One command's output as it stands in the terminal, and the same as Markdown.
fn picture(stage: &Stage, name: &str, command: &str) -> Outcome<()> {
    let mut tape = Tape::default();
    tape.types(PROMPT, command);
    stage.terminal(COLUMNS, TALL).run(&mut tape, command, 2)?;
    tape.rest(Duration::from_secs(1));
    let film = Film::of(&tape, size(COLUMNS), size(TALL))?;
    stage.write(&format!("{name}.svg"), &still(&film, command))?;
    let markdown = stage.prints(&[name, "--env", "local", "--output", "markdown"], 2)?;
    stage.write(&format!("{name}.md"), &markdown)
}
