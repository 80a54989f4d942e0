//! What the archives were made from, so that nothing is built when nothing changed.
//!
//! The record `.provision/package.json` names every file that went in (by cargo's `.d` files, with manifests, lock file,
//! toolchain file and cargo's configuration) with its hash, the compilers, and the command. A file counts as unchanged
//! without being read while size, both times and inode are the same, like in git's index; else its hash decides. What was
//! touched after the build began is never recorded as known. A lost or odd record only costs a build.

use crate::archive::replace;
use crate::cargo::Plan;
use crate::seen::{Seen, Stamp, hash};
use crate::toolchain::Toolchain;
use crate::{Archive, PackagingError, depfile};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

/// Of the record's shape; another is no record.
const FORMAT: u32 = 2;

/// Files of the project that steer the build, whether they exist or not.
const STEERING: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "rust-toolchain",
];

/// Names that cargo's configuration goes by, in a `.cargo` folder of the project or above, and in cargo's own folder.
const CONFIGURATION: &[&str] = &["config.toml", "config"];

/// Of this crate: another one may build or archive in another way.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The record of one build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    format: u32,
    packager: String,
    command: Vec<String>,
    pub(crate) toolchain: Toolchain,
    inputs: BTreeMap<PathBuf, Input>,
    handlers: Vec<Packaged>,
}

/// A file that went into the build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Input {
    /// It did not exist, and would matter if it did.
    Absent,
    /// It had this content.
    Known { seen: Seen, sha256: String },
    /// It was touched while cargo was running: nobody knows which content cargo read.
    Touched,
}

/// A handler's archive and the binary that it was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Packaged {
    pub(crate) handler: String,
    pub(crate) binary: Seen,
    pub(crate) archive: Seen,
    pub(crate) sha256: String,
    pub(crate) glibc: Option<String>,
}

/// What a comparison says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Fresh(Vec<Archive>),
    /// With the first reason found.
    Stale(String),
}

impl Record {
    /// The last build's record; `None` where there is none that can be understood.
    pub(crate) fn read(project: &Path) -> Option<Self> {
        let record: Self = serde_json::from_slice(&std::fs::read(path(project)).ok()?).ok()?;
        (record.format == FORMAT).then_some(record)
    }

    pub(crate) fn write(&self, project: &Path) -> Result<(), PackagingError> {
        let path = path(project);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| PackagingError::io("write", &path, error.into()))?;
        replace(&path, &text)
    }

    pub(crate) fn archives(&self, project: &Path) -> Vec<Archive> {
        self.handlers
            .iter()
            .map(|packaged| Archive {
                handler: packaged.handler.clone(),
                path: archive_path(project, &packaged.handler),
                sha256: packaged.sha256.clone(),
                bytes: packaged.archive.bytes,
                glibc: packaged.glibc.clone(),
            })
            .collect()
    }

    /// The archive of a handler whose binary cargo left as it was.
    pub(crate) fn reusable(
        &self,
        project: &Path,
        handler: &str,
        binary: &Path,
    ) -> Option<Packaged> {
        let packaged = self.handlers.iter().find(|one| one.handler == handler)?;
        let same = Seen::find(binary).ok()??.eq(&packaged.binary)
            && is_intact(project, packaged).unwrap_or(false);
        same.then(|| packaged.clone())
    }
}

/// Whether what the last build made is what a build would make now.
pub(crate) fn compare(
    project: &Path,
    last: Option<&Record>,
    plan: &Plan,
    toolchain: &Toolchain,
) -> Result<Verdict, PackagingError> {
    let stale = |reason: String| Ok(Verdict::Stale(reason));
    let Some(last) = last else {
        return stale("no record of an earlier build".to_owned());
    };
    if last.packager != VERSION {
        return stale(format!("the packager changed to version {VERSION}"));
    }
    if last.command != command(plan) {
        return stale("the build command changed".to_owned());
    }
    if last.toolchain.version != toolchain.version {
        let version = toolchain.version.lines().next().unwrap_or_default();
        return stale(format!("the compiler changed to {version}"));
    }
    if last.toolchain.c_compiler != toolchain.c_compiler {
        let version = toolchain.c_compiler.lines().next().unwrap_or_default();
        return stale(format!("the C compiler changed to {version}"));
    }
    for (name, input) in &last.inputs {
        if !is_unchanged(&project.join(name), input)? {
            return stale(format!("{} changed", name.display()));
        }
    }
    for packaged in &last.handlers {
        if !is_intact(project, packaged)? {
            return stale(format!(
                "the archive of {} is missing or changed",
                packaged.handler
            ));
        }
    }
    Ok(Verdict::Fresh(last.archives(project)))
}

/// The record of a build that began at `stamp` and has just ended.
pub(crate) fn record(
    project: &Path,
    plan: &Plan,
    toolchain: Toolchain,
    handlers: Vec<Packaged>,
    stamp: &Stamp,
) -> Result<Record, PackagingError> {
    let mut inputs = BTreeMap::new();
    for path in input_paths(project, plan)? {
        // Names within the project are kept relative; `join` gives both kinds back.
        let name = path.strip_prefix(project).unwrap_or(&path).to_owned();
        if let Entry::Vacant(entry) = inputs.entry(name) {
            entry.insert(look(&path, stamp)?);
        }
    }
    Ok(Record {
        format: FORMAT,
        packager: VERSION.to_owned(),
        command: command(plan),
        toolchain,
        inputs,
        handlers,
    })
}

fn path(project: &Path) -> PathBuf {
    project.join(".provision").join("package.json")
}

fn archive_path(project: &Path, handler: &str) -> PathBuf {
    project
        .join("target")
        .join("handlers")
        .join(format!("{handler}.zip"))
}

fn command(plan: &Plan) -> Vec<String> {
    [plan.arguments(), plan.flags()].concat()
}

fn input_paths(project: &Path, plan: &Plan) -> Result<Vec<PathBuf>, PackagingError> {
    let mut paths: Vec<PathBuf> = STEERING.iter().map(|name| project.join(name)).collect();
    for name in CONFIGURATION {
        let above = project.ancestors();
        paths.extend(above.map(|folder| folder.join(".cargo").join(name)));
        paths.push(plan.cargo_home().join(name));
    }
    for handler in plan.handlers() {
        let depfile = plan.depfile(handler);
        let text = std::fs::read_to_string(&depfile).map_err(|source| {
            PackagingError::io("read cargo's list of sources", &depfile, source)
        })?;
        for source in depfile::parse(&text) {
            // What a build script generated follows from the script's own inputs.
            if source.starts_with(plan.target()) {
                continue;
            }
            if let Some(folder) = package_folder(project, &source) {
                paths.push(folder.join("Cargo.toml"));
                paths.push(folder.join("build.rs"));
            }
            paths.push(source);
        }
    }
    Ok(paths)
}

/// The folder of the package that a source belongs to.
fn package_folder(project: &Path, source: &Path) -> Option<PathBuf> {
    source
        .ancestors()
        .skip(1)
        .take_while(|folder| folder.starts_with(project))
        .find(|folder| folder.join("Cargo.toml").is_file())
        .map(Path::to_owned)
}

fn look(path: &Path, stamp: &Stamp) -> Result<Input, PackagingError> {
    Ok(match Seen::find(path)? {
        None => Input::Absent,
        Some(seen) if !seen.is_before(stamp) => Input::Touched,
        Some(seen) => Input::Known {
            seen,
            sha256: hash(path)?,
        },
    })
}

fn is_unchanged(path: &Path, input: &Input) -> Result<bool, PackagingError> {
    let now = Seen::find(path)?;
    Ok(match (input, now) {
        (Input::Absent, None) => true,
        (Input::Known { seen, sha256 }, Some(now)) => *seen == now || *sha256 == hash(path)?,
        _ => false,
    })
}

fn is_intact(project: &Path, packaged: &Packaged) -> Result<bool, PackagingError> {
    let path = archive_path(project, &packaged.handler);
    Ok(match Seen::find(&path)? {
        None => false,
        Some(now) => now == packaged.archive || hash(&path)? == packaged.sha256,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests may")]
    use super::{Packaged, Record, Seen, Stamp, Toolchain, Verdict, compare, hash, record};
    use crate::PackageOptions;
    use crate::cargo::Plan;
    use std::fs;
    use std::path::PathBuf;
    use std::time::{Duration, SystemTime};

    /// A project with one handler that was "built", and the record of it.
    struct Built {
        _folder: tempfile::TempDir,
        project: PathBuf,
        plan: Plan,
        record: Record,
    }

    fn toolchain(version: &str) -> Toolchain {
        Toolchain {
            key: None,
            version: version.to_owned(),
            c_compiler: "cc 1".to_owned(),
        }
    }

    fn built() -> Built {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().canonicalize().unwrap();
        let plan = Plan::new(&project, &["portal"], &PackageOptions::default());
        let file = |name: &str, text: &str| {
            let path = project.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            // As if written long before the build.
            let past = SystemTime::now() - Duration::from_secs(100);
            fs::File::open(&path).unwrap().set_modified(past).unwrap();
            path
        };
        file("Cargo.toml", "[workspace]");
        file("Cargo.lock", "");
        file("handlers/portal/Cargo.toml", "[package]");
        let source = file("handlers/portal/src/main.rs", "fn main() {}");
        let binary = file("target/x86_64-unknown-linux-gnu/handler/portal", "program");
        let archive = file("target/handlers/portal.zip", "zip");
        fs::write(
            plan.depfile("portal"),
            format!("{}: {}\n", binary.display(), source.display()),
        )
        .unwrap();
        let stamp = later_stamp(&plan);
        let packaged = Packaged {
            handler: "portal".to_owned(),
            binary: Seen::of(&binary).unwrap(),
            archive: Seen::of(&archive).unwrap(),
            sha256: hash(&archive).unwrap(),
            glibc: Some("2.34".to_owned()),
        };
        let record = record(
            &project,
            &plan,
            toolchain("rustc 1"),
            vec![packaged],
            &stamp,
        )
        .unwrap();
        Built {
            _folder: folder,
            project,
            plan,
            record,
        }
    }

    /// The file system's clock is coarse: wait until it has moved on from what was written last.
    fn later_stamp(plan: &Plan) -> Stamp {
        let first = Stamp::now(&plan.target_folder()).unwrap();
        loop {
            let next = Stamp::now(&plan.target_folder()).unwrap();
            if next > first {
                return next;
            }
        }
    }

    fn verdict(built: &Built) -> Verdict {
        compare(
            &built.project,
            Some(&built.record),
            &built.plan,
            &toolchain("rustc 1"),
        )
        .unwrap()
    }

    fn stale_because(built: &Built) -> String {
        match verdict(built) {
            Verdict::Stale(reason) => reason,
            Verdict::Fresh(_) => "fresh".to_owned(),
        }
    }

    #[test]
    fn nothing_changed_is_fresh_and_answers_the_archives() {
        let built = built();
        built.record.write(&built.project).unwrap();
        assert_eq!(Record::read(&built.project), Some(built.record.clone()));
        let Verdict::Fresh(archives) = verdict(&built) else {
            panic!("{}", stale_because(&built));
        };
        assert_eq!(
            archives[0].path,
            built.project.join("target/handlers/portal.zip")
        );
        assert_eq!(archives[0].bytes, 3);
    }

    #[test]
    fn a_changed_source_is_stale_even_with_the_same_size_and_date() {
        let built = built();
        let source = built.project.join("handlers/portal/src/main.rs");
        let date = fs::metadata(&source).unwrap().modified().unwrap();
        fs::write(&source, "fn mien() {}").unwrap();
        fs::File::open(&source).unwrap().set_modified(date).unwrap();
        assert_eq!(stale_because(&built), "handlers/portal/src/main.rs changed");
    }

    #[test]
    fn a_touched_source_with_the_same_content_is_fresh() {
        let built = built();
        let source = built.project.join("handlers/portal/src/main.rs");
        fs::File::open(&source)
            .unwrap()
            .set_modified(SystemTime::now())
            .unwrap();
        assert!(matches!(verdict(&built), Verdict::Fresh(_)));
    }

    #[test]
    fn manifests_and_what_would_steer_the_build_count_too() {
        for (name, text) in [
            ("Cargo.lock", "new"),
            ("handlers/portal/Cargo.toml", "[package] "),
            ("handlers/portal/build.rs", "fn main() {}"),
            (".cargo/config.toml", "[build]"),
            (".cargo/config", "[build]"),
            ("rust-toolchain.toml", "[toolchain]"),
        ] {
            let built = built();
            let path = built.project.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            assert_eq!(stale_because(&built), format!("{name} changed"));
        }
    }

    #[test]
    fn a_removed_source_a_lost_archive_and_another_compiler_are_stale() {
        let one = built();
        fs::remove_file(one.project.join("handlers/portal/src/main.rs")).unwrap();
        assert_eq!(stale_because(&one), "handlers/portal/src/main.rs changed");
        let two = built();
        fs::remove_file(two.project.join("target/handlers/portal.zip")).unwrap();
        assert_eq!(
            stale_because(&two),
            "the archive of portal is missing or changed"
        );
        let three = built();
        let other = toolchain("rustc 2");
        let verdict = compare(&three.project, Some(&three.record), &three.plan, &other).unwrap();
        assert_eq!(
            verdict,
            Verdict::Stale("the compiler changed to rustc 2".to_owned())
        );
    }

    #[test]
    fn configuration_above_the_project_and_in_cargos_folder_counts() {
        let built = built();
        for folder in [
            built.project.parent().unwrap().join(".cargo"),
            built.plan.cargo_home().to_owned(),
        ] {
            for name in ["config", "config.toml"] {
                let path = folder.join(name);
                assert!(
                    built.record.inputs.contains_key(&path),
                    "{}",
                    path.display()
                );
            }
        }
    }

    #[test]
    fn another_c_compiler_and_another_packager_are_stale() {
        let mut built = built();
        let other = Toolchain {
            c_compiler: "cc 2".to_owned(),
            ..toolchain("rustc 1")
        };
        let verdict = compare(&built.project, Some(&built.record), &built.plan, &other).unwrap();
        let reason = "the C compiler changed to cc 2".to_owned();
        assert_eq!(verdict, Verdict::Stale(reason));
        built.record.packager = "0.0.0".to_owned();
        assert!(stale_because(&built).starts_with("the packager changed"));
    }

    #[test]
    fn a_file_touched_while_cargo_ran_is_built_again() {
        let built = built();
        let stamp = Stamp::now(&built.plan.target_folder()).unwrap();
        let source = built.project.join("handlers/portal/src/main.rs");
        fs::write(&source, "fn main() { }").unwrap();
        let record = record(
            &built.project,
            &built.plan,
            toolchain("rustc 1"),
            built.record.handlers.clone(),
            &stamp,
        )
        .unwrap();
        let after = Built { record, ..built };
        assert_eq!(stale_because(&after), "handlers/portal/src/main.rs changed");
    }

    #[test]
    fn another_list_of_handlers_is_another_build() {
        let built = built();
        let plan = Plan::new(
            &built.project,
            &["portal", "payment"],
            &PackageOptions::default(),
        );
        let verdict = compare(
            &built.project,
            Some(&built.record),
            &plan,
            &toolchain("rustc 1"),
        )
        .unwrap();
        assert_eq!(
            verdict,
            Verdict::Stale("the build command changed".to_owned())
        );
    }
}
