//! One line of the terminal: pieces of text that look the same.

use std::fmt::Write;
use vt100::{Cell, Color, Screen};

/// A line; empty when nothing stands on it.
pub type Line = Vec<Run>;

/// Text in one ink. It holds single blanks only: wider gaps are between runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// The column of its first character, from 0.
    pub column: u16,
    /// What it says.
    pub text: String,
    /// How it looks.
    pub ink: Ink,
}

/// How text looks, as classes of the style sheet; empty for plain text.
pub type Ink = String;

/// The line in a row of the screen.
pub fn read(screen: &Screen, row: u16) -> Line {
    let columns = screen.size().1.get();
    let mut line = Line::new();
    let mut gap = 2;
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column) else {
            continue;
        };
        if cell.contents().trim().is_empty() {
            gap += 1;
            continue;
        }
        let ink = ink(cell);
        match line.last_mut() {
            Some(run) if gap <= 1 && run.ink == ink => {
                if gap == 1 {
                    run.text.push(' ');
                }
                run.text.push_str(cell.contents());
            }
            _ => line.push(Run {
                column,
                text: cell.contents().to_owned(),
                ink,
            }),
        }
        gap = 0;
    }
    line
}

/// The sixteen colours by number; the others are not used by the program, and are shown plain.
fn ink(cell: &Cell) -> Ink {
    let mut ink = Ink::new();
    if let Color::Idx(index @ 0..16) = cell.fgcolor() {
        let _ = write!(ink, "c{index}");
    }
    for (is, class) in [
        (cell.bold(), "b"),
        (cell.dim(), "d"),
        (cell.italic(), "i"),
        (cell.underline(), "u"),
    ] {
        if is {
            let blank = if ink.is_empty() { "" } else { " " };
            let _ = write!(ink, "{blank}{class}");
        }
    }
    ink
}
