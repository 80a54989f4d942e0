//! What stood on which line of one long page, from when until when, and which part of the page was in view.

use crate::line::{self, Line};
use crate::tape::Tape;
use crate::{Failure, Piece};
use std::num::NonZeroU16;
use std::time::Duration;
use vt100::Parser;

/// How many lines a page has.
const PAGE: u16 = 900;
/// Nothing changes more often than this: what comes in between is shown together.
const TICK: Duration = Duration::from_millis(40);

/// A line that stays for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// Its row on the page, from 0.
    pub row: u16,
    /// Since when it is there.
    pub from: Duration,
    /// When it is gone; none: it stays to the end.
    pub until: Option<Duration>,
    /// What stands there.
    pub line: Line,
}

/// A recording, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Film {
    /// Columns of the terminal.
    pub columns: u16,
    /// Lines of the terminal.
    pub rows: u16,
    /// How long it plays.
    pub length: Duration,
    /// Every line that can be seen.
    pub stays: Vec<Stay>,
    /// From when on which row of the page is the first in view.
    pub views: Vec<(Duration, u16)>,
}

impl Film {
    /// Plays a tape to a terminal of so many columns and lines.
    ///
    /// # Errors
    /// [`Failure::TooLong`].
    pub fn of(tape: &Tape, columns: NonZeroU16, rows: NonZeroU16) -> Result<Self, Failure> {
        let page = NonZeroU16::new(PAGE).unwrap_or(NonZeroU16::MIN);
        let mut parser = Parser::new(page, columns, 0);
        let mut film = Self {
            columns: columns.get(),
            rows: rows.get(),
            length: tape.length(),
            stays: Vec::new(),
            views: vec![(Duration::ZERO, 0)],
        };
        let mut open: Vec<Option<usize>> = vec![None; usize::from(PAGE)];
        let mut looked: Option<Duration> = None;
        let mut pieces = tape.pieces().iter().peekable();
        while let Some(Piece { at, bytes }) = pieces.next() {
            parser.process(bytes);
            let soon = looked.map_or(*at, |looked| looked + TICK).max(*at);
            if pieces.peek().is_some_and(|next| next.at <= soon) {
                continue;
            }
            looked = Some(*at);
            let (cursor, _) = parser.screen().cursor_position();
            if cursor + 1 >= PAGE {
                return Err(Failure::TooLong(PAGE));
            }
            film.look(&parser, *at, cursor, &mut open);
        }
        film.drop_unseen();
        Ok(film)
    }

    /// Notes what is different now.
    fn look(&mut self, parser: &Parser, now: Duration, cursor: u16, open: &mut [Option<usize>]) {
        for (row, open) in (0..PAGE).zip(open.iter_mut()) {
            let line = line::read(parser.screen(), row);
            let before = open.and_then(|at| self.stays.get_mut(at));
            if before.as_ref().is_some_and(|stay| stay.line == line) {
                continue;
            }
            if let Some(stay) = before {
                stay.until = Some(now);
            }
            *open = (!line.is_empty()).then_some(self.stays.len());
            if !line.is_empty() {
                self.stays.push(Stay {
                    row,
                    from: now,
                    until: None,
                    line,
                });
            }
        }
        let top = (cursor + 1).saturating_sub(self.rows);
        if self.views.last().is_none_or(|(_, before)| *before < top) {
            self.views.push((now, top));
        }
    }

    /// Leaves out what scrolled by unseen, or was overwritten in the same moment.
    fn drop_unseen(&mut self) {
        let (views, rows, length) = (&self.views, self.rows, self.length);
        self.stays.retain(|stay| {
            let until = stay.until.unwrap_or(length);
            stay.from < until
                && views.iter().enumerate().any(|(index, (from, top))| {
                    let end = views.get(index + 1).map_or(length, |(next, _)| *next);
                    let in_view = (*top..top.saturating_add(rows)).contains(&stay.row);
                    in_view && stay.from < end && *from < until
                })
        });
    }

    /// How many lines of the page are used.
    pub fn used(&self) -> u16 {
        self.stays
            .iter()
            .filter(|stay| stay.until.is_none())
            .map(|stay| stay.row + 1)
            .max()
            .unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking
    use super::*;

    fn film(rows: u16, pieces: &[&str]) -> Film {
        let mut tape = Tape::default();
        for piece in pieces {
            tape.program(Duration::from_millis(100), piece.as_bytes());
        }
        tape.rest(Duration::from_secs(1));
        Film::of(
            &tape,
            NonZeroU16::new(40).unwrap(),
            NonZeroU16::new(rows).unwrap(),
        )
        .unwrap()
    }

    fn said(film: &Film) -> Vec<(u16, String, bool)> {
        let text = |stay: &Stay| {
            let runs: Vec<_> = stay.line.iter().map(|run| run.text.as_str()).collect();
            (stay.row, runs.join("|"), stay.until.is_none())
        };
        film.stays.iter().map(text).collect()
    }

    #[test]
    fn a_line_that_is_rewritten_is_seen_in_each_form() {
        let film = film(5, &["1/2", "\r\x1b[2K2/2", "\r\x1b[2Kdone\r\n"]);
        let expected = [
            (0, "1/2".to_owned(), false),
            (0, "2/2".to_owned(), false),
            (0, "done".to_owned(), true),
        ];
        assert_eq!(said(&film), expected);
    }

    #[test]
    fn the_view_follows_the_end_and_what_scrolled_by_at_once_is_left_out() {
        let film = film(2, &["a\r\nb\r\nc\r\nd"]);
        assert_eq!(film.views.last(), Some(&(Duration::from_millis(100), 2)));
        assert_eq!(
            said(&film),
            [(2, "c".to_owned(), true), (3, "d".to_owned(), true)]
        );
    }

    #[test]
    fn colours_part_runs_and_so_do_gaps() {
        let film = film(2, &["one two  \x1b[31mred\x1b[0m end"]);
        let line = &film.stays.first().unwrap().line;
        let runs: Vec<_> = line
            .iter()
            .map(|run| (run.column, run.text.as_str(), run.ink.as_str()))
            .collect();
        assert_eq!(
            runs,
            [(0, "one two", ""), (9, "red", "c1"), (13, "end", "")]
        );
    }
}
