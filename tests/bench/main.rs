//! `make bench`: the whole program's time, beside the limits that it is measured against: a bare client in this process
//! that does the same calls, and the local cloud's own work. Prints; asserts nothing, since timings belong to the machine.

mod drift;
mod floor;
mod loops;
mod measure;

use e2e::{Clients, Failure, Program, account_of};
use measure::{Bench, Cost, Row, median, print};
use std::path::Path;
use std::time::Duration;

const RUNS: usize = 7;

/// What every verb is to stay under.
const AIM: &str = "0.3 s";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let program = Program::of_this_workspace("bench")?;
    program.run(&["package"])?.expect(&[0])?;
    program.run(&["local", "start"])?.expect(&[0])?;
    // The first `up` also makes the bootstrap stack and uploads the artifacts; those behind it find them there.
    program.run(&["local", "reset", "--yes"])?.expect(&[0])?;
    let outcome = run(&program).await;
    program.run(&["local", "stop"])?.expect(&[0])?;
    outcome
}

async fn run(program: &Program) -> Result<(), Failure> {
    let bench = Bench::of(program)?;
    let local = ["--env", "local"];
    let verb = |name: &'static str, more: &[&'static str]| [&[name], &local[..], more].concat();
    let (up, down) = (verb("up", &["--yes"]), verb("down", &["--yes"]));
    let (diff, drift) = (verb("diff", &[]), verb("drift", &[]));
    let mut rows = vec![row(
        "synth",
        "20 ms",
        None,
        bench.repeat(&verb("synth", &[]), &[0])?,
    )];

    program.run(&up)?.expect(&[0])?;
    let clients = Clients::of(program, &account_of(program, "local")?)?;
    let template = floor::deployed_template(&clients).await?;
    let quiet = [("diff", &diff), ("no-op up", &up)];
    for (name, args) in quiet {
        let requests = bench.requests(args, &[0])?;
        let costs = bench.repeat(args, &[0])?;
        rows.push(Row {
            floor: Some(floor::read(&clients).await?),
            ..row(name, AIM, Some(requests), costs)
        });
    }
    rows.push(Row {
        floor: Some(drift::floor(&clients).await?),
        ..row(
            "drift",
            AIM,
            Some(bench.requests(&drift, &[0])?),
            bench.repeat(&drift, &[0])?,
        )
    });
    rows.push(one_property(&bench, &up)?);

    let down_requests = bench.requests(&down, &[0])?;
    let up_requests = bench.requests(&up, &[0])?;
    let (mut ups, mut downs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        downs.push(bench.run(&down, &[0])?);
        ups.push(bench.run(&up, &[0])?);
    }
    program.run(&down)?.expect(&[0])?;
    let (mut creates, mut deletes) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        creates.push(floor::create(&clients, &template).await?);
        deletes.push(floor::delete(&clients).await?);
    }
    for (name, requests, costs, floors) in [
        ("down", down_requests, downs, deletes),
        ("up from nothing", up_requests, ups, creates),
    ] {
        rows.push(Row {
            floor: Some(median(floors)),
            ..row(name, AIM, Some(requests), costs)
        });
    }

    println!(
        "{RUNS} runs each, medians. time: the whole process; floor: a bare client doing the same calls; own, cloud: \
         processor time of the program, and of the local cloud meanwhile, which does one thing at a time\n"
    );
    print(&rows);
    loops::edit_loop(program.project())?;
    loops::archives(program.project())?;
    Ok(())
}

fn row(name: &'static str, aim: &'static str, requests: Option<usize>, costs: Vec<Cost>) -> Row {
    Row {
        name,
        aim,
        requests,
        costs,
        floor: None,
    }
}

/// One property of one resource goes to and fro, by environment files of the benchmark's own: the user's stay untouched.
fn one_property(bench: &Bench<'_>, up: &[&str]) -> Result<Row, Failure> {
    const KEY: &str = "  burst: ";
    let folders = [tempfile::tempdir()?, tempfile::tempdir()?];
    for (folder, burst) in folders.iter().zip(["101", "102"]) {
        copy(
            &bench.program.project().join("environments"),
            folder.path(),
            |line| {
                if line.starts_with(KEY) {
                    format!("{KEY}{burst}")
                } else {
                    line.to_owned()
                }
            },
        )?;
    }
    let [one, other] = folders
        .each_ref()
        .map(|folder| bench.program.with_environments(folder.path()));
    bench.with(&one).run(up, &[0])?;
    let requests = bench.with(&other).requests(up, &[0])?;
    let programs = [&one, &other];
    let costs = (0..RUNS).map(|run| bench.with(programs[run % 2]).run(up, &[0]));
    let costs = costs.collect::<Result<_, _>>()?;
    Ok(row("one property up", AIM, Some(requests), costs))
}

/// The files of a folder, every line through `edit`.
fn copy(from: &Path, to: &Path, edit: impl Fn(&str) -> String) -> Result<(), Failure> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let lines = std::fs::read_to_string(entry.path())?;
        let lines: Vec<String> = lines.lines().map(&edit).collect();
        std::fs::write(to.join(entry.file_name()), lines.join("\n") + "\n")?;
    }
    Ok(())
}

/// A duration for people.
fn shown(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}
