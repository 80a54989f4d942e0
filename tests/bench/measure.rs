//! Wall-clock time and peak memory of whole processes.

use crate::shown;
use e2e::{Failure, Program};
use std::time::{Duration, Instant};

/// One run's cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub time: Duration,
    /// Peak resident memory in KiB, as the kernel last told it before the process ended.
    pub peak_kib: u64,
}

/// A line of the table.
pub struct Row {
    name: &'static str,
    aim: &'static str,
    time: Duration,
    peak_kib: u64,
    floor: Option<Duration>,
}

impl Row {
    pub fn of(
        name: &'static str,
        aim: &'static str,
        costs: Vec<Cost>,
        floor: Option<Duration>,
    ) -> Self {
        let peak_kib = costs
            .iter()
            .map(|cost| cost.peak_kib)
            .max()
            .unwrap_or_default();
        Self {
            name,
            aim,
            time: median(costs.into_iter().map(|cost| cost.time).collect()),
            peak_kib,
            floor,
        }
    }
}

/// Runs the program once and watches it.
pub fn run(program: &Program, args: &[&str], codes: &[i32]) -> Result<Cost, Failure> {
    let begun = Instant::now();
    let mut child = program.spawn_quiet(args)?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    let code = loop {
        if let Ok(text) = std::fs::read_to_string(&status) {
            let seen = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = seen.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok());
            peak_kib = kib.unwrap_or(0).max(peak_kib);
        }
        match child.try_wait()? {
            Some(status) => break status.code().unwrap_or(-1),
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    let time = begun.elapsed();
    if codes.contains(&code) {
        Ok(Cost { time, peak_kib })
    } else {
        Err(format!("{args:?} exited {code}").into())
    }
}

/// Runs it `times` times.
pub fn repeat(
    program: &Program,
    args: &[&str],
    times: usize,
    codes: &[i32],
) -> Result<Vec<Cost>, Failure> {
    (0..times).map(|_| run(program, args, codes)).collect()
}

pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

pub fn print(rows: &[Row]) {
    println!(
        "{:<10} {:>9} {:>9} {:>8} {:>10}",
        "", "time", "floor", "aim", "peak"
    );
    for row in rows {
        let floor = row.floor.map_or_else(|| "-".to_owned(), shown);
        let peak = format!("{:.0} MiB", row.peak_kib as f64 / 1024.0);
        println!(
            "{:<10} {:>9} {:>9} {:>8} {:>10}",
            row.name,
            shown(row.time),
            floor,
            row.aim,
            peak
        );
    }
}
