//! Where the scene plays: a working folder with a copy of the environment files, so that the repository's own stay as they
//! are, and a local cloud whose state is in `target/recordings/`.

use crate::Outcome;
use e2e::{Clients, Program, account_of};
use recordings::terminal::Terminal;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The set.
#[derive(Debug)]
pub struct Stage {
    program: Program,
    folder: PathBuf,
    original: String,
}

impl Stage {
    /// Builds it: the handlers, the working folder, the local cloud with nothing deployed.
    /// In another clone if one is named.
    pub fn set(clone: Option<&Path>) -> Outcome<Self> {
        let state = "recordings/state";
        let program = match clone {
            None => Program::of_this_workspace(state)?,
            Some(clone) => Program::of(clone, None, state)?,
        };
        let folder = program.state().with_file_name("demo");
        let environments = folder.join("environments");
        let of_repository = program.project().join("environments");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&environments)?;
        for file in std::fs::read_dir(of_repository)? {
            let file = file?;
            if file.file_type()?.is_file() {
                std::fs::copy(file.path(), environments.join(file.file_name()))?;
            }
        }
        let local = environments.join("local.yaml");
        // Something to shorten: what a shorter retention deletes is worth a picture.
        let original =
            std::fs::read_to_string(&local)?.replace("record_years: 1", "record_years: 2");
        let stage = Self {
            program: program.with_environments(&environments),
            folder,
            original,
        };
        stage.edit(&[])?;
        stage.quietly(&["package"], 0)?;
        stage.quietly(&["local", "start"], 0)?;
        stage.quietly(&["local", "reset", "--yes"], 0)?;
        Ok(stage)
    }

    /// Stops the local cloud.
    pub fn strike(&self) -> Outcome<()> {
        self.quietly(&["local", "stop"], 0)
    }

    /// The environment file anew, with some replacements.
    pub fn edit(&self, changes: &[(&str, &str)]) -> Outcome<()> {
        let mut text = self.original.clone();
        for (from, to) in changes {
            if !text.contains(from) {
                return Err(format!("environments/local.yaml has no `{from}` to replace").into());
            }
            text = text.replace(from, to);
        }
        std::fs::write(self.folder.join("environments/local.yaml"), text)?;
        Ok(())
    }

    /// Runs the program unseen.
    pub fn quietly(&self, args: &[&str], exit: i32) -> Outcome<()> {
        self.prints(args, exit).map(drop)
    }

    /// Runs the program unseen, for what it prints.
    pub fn prints(&self, args: &[&str], exit: i32) -> Outcome<String> {
        Ok(self.program.run(args)?.expect(&[exit])?.stdout)
    }

    /// Clients of the local cloud, with an administrator's credentials.
    pub fn clients(&self) -> Outcome<Clients> {
        Clients::of(&self.program, &account_of(&self.program, "local")?)
    }

    /// A terminal in the working folder, where `provision` is the program.
    pub fn terminal(&self, columns: u16, rows: u16) -> Terminal {
        let path = |name: &str, value: PathBuf| (name.to_owned(), value.into_os_string());
        let mut search = self
            .program
            .binary()
            .parent()
            .map_or_else(OsString::new, |bin| bin.into());
        search.push(":");
        search.push(std::env::var_os("PATH").unwrap_or_default());
        Terminal {
            columns,
            rows,
            folder: self.folder.clone(),
            variables: vec![
                path("PROVISION_STATE", self.program.state().to_owned()),
                path("PROVISION_ENVIRONMENTS", self.folder.join("environments")),
                ("PATH".to_owned(), search),
            ],
            without: [
                "NO_COLOR",
                "AWS_PROFILE",
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SESSION_TOKEN",
            ]
            .map(str::to_owned)
            .to_vec(),
        }
    }

    /// Puts a file into `docs/recordings/`.
    pub fn write(&self, name: &str, text: &str) -> Outcome<()> {
        let folder: &Path = &self.program.project().join("docs/recordings");
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join(name), text)?;
        println!("docs/recordings/{name}: {} kB", text.len() / 1000);
        Ok(())
    }
}
