//! `make bench`: the whole program's time, beside the limit that it is measured against: a bare client in this process
//! that does the same calls. Prints; asserts nothing, since timings belong to the machine.

mod floor;
mod measure;

use e2e::{Clients, Failure, Program, account_of};
use measure::{Row, median, print, repeat};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const RUNS: usize = 7;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let program = Program::of_this_workspace("bench")?;
    program.run(&["package"])?.expect(&[0])?;
    program.run(&["local", "start"])?.expect(&[0])?;
    let outcome = run(&program).await;
    program.run(&["local", "stop"])?.expect(&[0])?;
    outcome
}

async fn run(program: &Program) -> Result<(), Failure> {
    let local = ["--env", "local"];
    let verb = |name: &'static str, more: &[&'static str]| [&[name], &local[..], more].concat();
    let up = verb("up", &["--yes", "--quiet"]);
    let down = verb("down", &["--yes", "--quiet"]);
    let mut rows = Vec::new();

    rows.push(Row::of(
        "synth",
        "20 ms",
        repeat(program, &verb("synth", &[]), RUNS, &[0])?,
        None,
    ));

    // The first `up` also makes the bootstrap stack and uploads the artifacts; those behind it find them there.
    program.run(&["local", "reset", "--yes"])?.expect(&[0])?;
    program.run(&up)?.expect(&[0])?;
    let clients = Clients::of(program, &account_of(program, "local")?)?;
    let template = floor::deployed_template(&clients).await?;
    let (mut ups, mut downs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        downs.push(measure::run(program, &down, &[0])?);
        ups.push(measure::run(program, &up, &[0])?);
    }
    let (mut creates, mut deletes) = (Vec::new(), Vec::new());
    rows.push(Row::of(
        "no-op up",
        "0.3 s",
        repeat(program, &up, RUNS, &[0])?,
        Some(floor::read(&clients).await?),
    ));
    rows.push(Row::of(
        "diff",
        "0.3 s",
        repeat(program, &verb("diff", &[]), RUNS, &[0])?,
        Some(floor::read(&clients).await?),
    ));
    program.run(&down)?.expect(&[0])?;
    for _ in 0..RUNS {
        creates.push(floor::create(&clients, &template).await?);
        deletes.push(floor::delete(&clients).await?);
    }
    rows.push(Row::of("first up", "0.3 s", ups, Some(median(creates))));
    rows.push(Row::of("down", "0.3 s", downs, Some(median(deletes))));

    println!(
        "{RUNS} runs each, medians; whole processes; the floor is a bare client doing the same calls\n"
    );
    print(&rows);
    edit_loop(program.project())?;
    archives(program.project())?;
    Ok(())
}

/// A line of a lane changes; the program without the AWS SDK is built again and synthesises.
fn edit_loop(project: &Path) -> Result<(), Failure> {
    let lane = project.join("stack/src/lanes/invoice_received.rs");
    let before = std::fs::read(&lane)?;
    let target = project.join("target/edit-loop");
    let build = || -> Result<(), Failure> {
        let mut cargo = Command::new("cargo");
        cargo
            .args([
                "build",
                "-q",
                "--locked",
                "-p",
                "provisioner",
                "--no-default-features",
            ])
            .current_dir(project);
        let done = cargo.env("CARGO_TARGET_DIR", &target).status()?;
        if done.success() {
            Ok(())
        } else {
            Err("the build without the AWS SDK failed".into())
        }
    };
    let synth = || {
        Command::new(target.join("debug/provision"))
            .args(["synth", "--env", "local"])
            .current_dir(project)
            .output()
    };
    build()?;
    let mut times = Vec::new();
    let outcome = (0..3).try_for_each(|run| -> Result<(), Failure> {
        let edited = [&before[..], format!("// edit {run}\n").as_bytes()].concat();
        std::fs::write(&lane, edited)?;
        let begun = Instant::now();
        build()?;
        synth()?;
        times.push(begun.elapsed());
        Ok(())
    });
    std::fs::write(&lane, before)?;
    outcome?;
    println!(
        "\nedit of a lane, build without the AWS SDK, synth: {:.2} s (aim 3 s)",
        median(times).as_secs_f64()
    );
    Ok(())
}

fn archives(project: &Path) -> Result<(), Failure> {
    println!("\narchives (aim: under 4 MB each)");
    let mut entries: Vec<_> =
        std::fs::read_dir(project.join("target/handlers"))?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries
        .iter()
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "zip"))
    {
        println!(
            "  {:<28} {:>6.2} MB",
            entry.file_name().to_string_lossy(),
            entry.metadata()?.len() as f64 / 1e6
        );
    }
    Ok(())
}

/// A duration for people.
fn shown(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}
