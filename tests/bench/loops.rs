//! What is measured beside the program's verbs: the edit loop, and the archives' sizes.

use crate::measure::median;
use e2e::Failure;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// A line of a lane changes; the program without the AWS SDK is built again and synthesises.
pub fn edit_loop(project: &Path) -> Result<(), Failure> {
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

/// What `up` uploads.
pub fn archives(project: &Path) -> Result<(), Failure> {
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
