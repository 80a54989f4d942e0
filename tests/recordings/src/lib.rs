//! A terminal's output as pictures: what was written when ([`Tape`]), what stood on which line for how long ([`Film`]),
//! and both as SVG ([`animated`], [`still`]). All of it is pure; [`terminal`] runs the commands, `main.rs` has the scene.
//!
//! The terminal is emulated (`vt100`), so progress bars that rewrite their line come out as they looked. A picture needs
//! no script, no font and nothing from elsewhere: a README may embed it with `<img>`.

mod film;
mod line;
mod svg;
mod tape;
pub mod terminal;

pub use film::{Film, Stay};
pub use line::{Ink, Line, Run};
pub use svg::{animated, still};
pub use tape::{Piece, Tape};

/// Why there is no recording, for people.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// More was written than the page holds: a picture of that length would help nobody.
    #[error("the output is longer than {0} lines: show less of it")]
    TooLong(u16),
    /// A command ended otherwise than the scene says.
    #[error("`{command}` ended with exit {code} instead of {expected}:\n{output}")]
    Exit {
        /// What was typed.
        command: String,
        /// How it ended; -1 when a signal ended it.
        code: i32,
        /// How it should have.
        expected: i32,
        /// What it wrote.
        output: String,
    },
    /// The operating system refused.
    #[error("{attempt}: {why}")]
    Terminal {
        /// What was attempted.
        attempt: String,
        /// The system's answer.
        why: std::io::Error,
    },
    /// The pseudo-terminal could not be made or used.
    #[error("no pseudo-terminal for the recording: {0}")]
    Pty(#[from] pty_process::Error),
}
