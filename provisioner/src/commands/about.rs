//! `completions` and `man`: the command line describes itself.

use crate::cli;
use crate::exit::{Exit, Failure};
use crate::ui;

/// Prints a shell's completions.
pub fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut cli::command(), "provision", &mut text);
    ui::raw(&text)?;
    Ok(Exit::Done)
}

/// Prints the manual page.
pub fn man() -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(cli::command())
        .render(&mut text)
        .map_err(|error| {
            Failure::new(
                Exit::Failed,
                "man.render",
                format!("the manual page can't be rendered: {error}"),
            )
        })?;
    ui::raw(&text)?;
    Ok(Exit::Done)
}
