//! Where the project is, found upward from the working folder, and where its files are. It reads none of them.

use crate::exit::Failure;
use std::path::{Path, PathBuf};

/// Names another folder for state (the local cloud, snapshots) than `.provision/`, e.g. for tests beside a user's own.
const STATE: &str = "PROVISION_STATE";
/// Names another folder of environment files than `environments/`.
const ENVIRONMENTS: &str = "PROVISION_ENVIRONMENTS";

/// The project's root folder, and where its state and its environment files are.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
    state: PathBuf,
    environments: PathBuf,
}

impl Project {
    /// The given folder, or the nearest one upward that holds `Cargo.toml` and `environments/`.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(given: Option<&Path>, working: &Path) -> Result<Self, Failure> {
        if let Some(root) = given {
            let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
            return if is_root(&root) {
                Ok(Self::at(root))
            } else {
                Err(Failure::refused(
                    "project.none",
                    format!("{} is no project folder", root.display()),
                )
                .on(root.display().to_string())
                .help("A project folder holds `Cargo.toml` and `environments/`."))
            };
        }
        working
            .ancestors()
            .find(|folder| is_root(folder))
            .map(|root| Self::at(root.to_owned()))
            .ok_or_else(|| {
                Failure::refused(
                    "project.none",
                    format!("no project in {} or above it", working.display()),
                )
                .on(working.display().to_string())
                .help(
                    "Go into the project (the folder with `Cargo.toml` and `environments/`), or name it with --project.",
                )
            })
    }

    fn at(root: PathBuf) -> Self {
        let folder = |variable, usual: &str| {
            std::env::var_os(variable).map_or_else(|| root.join(usual), PathBuf::from)
        };
        Self {
            state: folder(STATE, ".provision"),
            environments: folder(ENVIRONMENTS, "environments"),
            root,
        }
    }

    /// The root folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the environment files.
    pub fn environments(&self) -> PathBuf {
        self.environments.clone()
    }

    /// Where an environment's snapshots and caches rest.
    pub fn cache(&self, environment: &str) -> PathBuf {
        self.state.join(environment)
    }

    /// The folder of our state.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The commit that the folder is at, where it is under git. What was changed since is not in it.
    #[cfg(feature = "aws")]
    pub fn commit(&self) -> Option<String> {
        let git = self.root.join(".git");
        let read = |name: &str| std::fs::read_to_string(git.join(name)).ok();
        let head = read("HEAD")?;
        let Some(branch) = head.trim().strip_prefix("ref: ") else {
            return commit_id(head.trim());
        };
        let loose = read(branch).and_then(|text| commit_id(text.trim()));
        loose.or_else(|| {
            let packed = read("packed-refs")?;
            let mut refs = packed.lines().filter_map(|line| line.split_once(' '));
            let (id, _) = refs.find(|(_, name)| *name == branch)?;
            commit_id(id)
        })
    }

    /// A path as the user would write it: relative to the root where it lies below it.
    pub fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .display()
            .to_string()
    }
}

/// The text, if it is a commit's id.
#[cfg(feature = "aws")]
fn commit_id(text: &str) -> Option<String> {
    let is_id = text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| text.to_owned())
}

fn is_root(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file() && folder.join("environments").is_dir()
}

#[cfg(all(test, feature = "aws"))]
mod tests {
    #![allow(clippy::unwrap_used)] // tests fail by panicking
    use super::*;

    #[test]
    fn the_commit_is_read_from_a_branch_a_packed_branch_or_a_detached_head() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::at(folder.path().to_owned());
        assert_eq!(project.commit(), None);
        let write = |name: &str, text: &str| {
            let path = folder.path().join(".git").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let (one, other) = ("1".repeat(40), "2".repeat(40));
        write("HEAD", "ref: refs/heads/main\n");
        assert_eq!(project.commit(), None);
        write(
            "packed-refs",
            &format!("# pack-refs\n{one} refs/heads/main\n"),
        );
        assert_eq!(project.commit(), Some(one.clone()));
        write("refs/heads/main", &format!("{other}\n"));
        assert_eq!(project.commit(), Some(other));
        write("HEAD", &format!("{one}\n"));
        assert_eq!(project.commit(), Some(one));
        write("HEAD", "no id");
        assert_eq!(project.commit(), None);
    }
}
