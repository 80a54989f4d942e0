//! Wall-clock time, peak memory and processor time of whole processes, and the processor time that the local cloud spends
//! on them: it runs one request after the other, so that is what nobody beside it can be faster than.

use crate::shown;
use e2e::{Failure, Program};
use std::path::Path;
use std::time::{Duration, Instant};

/// One run's cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub time: Duration,
    /// Processor time of the process, as the kernel last told it before the process ended.
    pub own: Duration,
    /// Processor time of the local cloud meanwhile.
    pub cloud: Duration,
    /// Peak resident memory in KiB, as the kernel last told it before the process ended.
    pub peak_kib: u64,
}

/// A line of the table.
pub struct Row {
    pub name: &'static str,
    pub aim: &'static str,
    /// Requests to services.
    pub requests: Option<usize>,
    pub costs: Vec<Cost>,
    /// What a bare client needs for the same.
    pub floor: Option<Duration>,
}

impl Row {
    fn median(&self, part: impl Fn(&Cost) -> Duration) -> String {
        shown(median(self.costs.iter().map(part).collect()))
    }
}

/// Runs the program, and watches it and the local cloud.
pub struct Bench<'a> {
    pub program: &'a Program,
    /// The local cloud's process.
    cloud: u64,
}

impl<'a> Bench<'a> {
    /// With the local cloud that runs.
    pub fn of(program: &'a Program) -> Result<Self, Failure> {
        let status = program.json(&["local", "status"], &[0])?;
        let cloud = status["pid"].as_u64();
        Ok(Self {
            program,
            cloud: cloud.ok_or("the local cloud does not run")?,
        })
    }

    /// The same local cloud, run by the program with other environment files.
    pub fn with(&self, program: &'a Program) -> Self {
        Self {
            program,
            cloud: self.cloud,
        }
    }

    /// One run.
    pub fn run(&self, args: &[&str], codes: &[i32]) -> Result<Cost, Failure> {
        let cloud_before = processor_time(self.cloud);
        let begun = Instant::now();
        let mut child = self
            .program
            .spawn_quiet(&[args, &["--quiet"][..]].concat())?;
        let status = format!("/proc/{}/status", child.id());
        let (mut peak_kib, mut own) = (0, Duration::ZERO);
        let code = loop {
            if let Ok(text) = std::fs::read_to_string(&status) {
                let seen = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let kib = seen.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok());
                peak_kib = kib.unwrap_or(0).max(peak_kib);
                own = processor_time(child.id().into()).max(own);
            }
            match child.try_wait()? {
                Some(status) => break status.code().unwrap_or(-1),
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        let time = begun.elapsed();
        if codes.contains(&code) {
            Ok(Cost {
                time,
                own,
                cloud: processor_time(self.cloud).saturating_sub(cloud_before),
                peak_kib,
            })
        } else {
            Err(format!("{args:?} exited {code}").into())
        }
    }

    /// So many runs.
    pub fn repeat(&self, args: &[&str], codes: &[i32]) -> Result<Vec<Cost>, Failure> {
        (0..crate::RUNS).map(|_| self.run(args, codes)).collect()
    }

    /// The requests of a run that is not measured, as it tells them itself.
    pub fn requests(&self, args: &[&str], codes: &[i32]) -> Result<usize, Failure> {
        let run = self.program.run(&[args, &["--verbose"][..]].concat())?;
        let run = run.expect(codes)?;
        let told = run.stderr.lines().rev().find_map(|line| {
            let (count, rest) = line.trim().split_once(' ')?;
            (rest == "requests").then(|| count.parse().ok())?
        });
        told.ok_or_else(|| format!("{run}\nit does not tell its requests").into())
    }
}

/// What all threads of a process have used; nothing, once it is gone.
fn processor_time(process: u64) -> Duration {
    let tasks = format!("/proc/{process}/task");
    let Ok(tasks) = std::fs::read_dir(Path::new(&tasks)) else {
        return Duration::ZERO;
    };
    let nanoseconds = tasks.flatten().filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

pub fn print(rows: &[Row]) {
    println!(
        "{:<16} {:>8} {:>8} {:>8} {:>9} {:>8} {:>8} {:>8}",
        "", "time", "floor", "aim", "requests", "own", "cloud", "peak"
    );
    for row in rows {
        let peak_kib = row.costs.iter().map(|cost| cost.peak_kib).max();
        println!(
            "{:<16} {:>8} {:>8} {:>8} {:>9} {:>8} {:>8} {:>8}",
            row.name,
            row.median(|cost| cost.time),
            row.floor.map_or_else(|| "-".to_owned(), shown),
            row.aim,
            row.requests
                .map_or_else(|| "-".to_owned(), |count| count.to_string()),
            row.median(|cost| cost.own),
            row.median(|cost| cost.cloud),
            format!("{:.0} MiB", peak_kib.unwrap_or_default() as f64 / 1024.0),
        );
    }
}
