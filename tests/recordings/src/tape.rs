//! What was written to the terminal, and when it is shown: waits are cut, so that nobody watches a program work.

use std::time::Duration;

/// No wait of a program is shown longer than this.
const LONGEST_WAIT: Duration = Duration::from_millis(600);
/// How fast somebody types: two keys at once, which nobody sees and which halves the picture.
const KEYS: Duration = Duration::from_millis(45);
/// Between the last key and Enter.
const BEFORE_ENTER: Duration = Duration::from_millis(300);

/// Bytes that appear at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// When, from the beginning of the recording as it is shown.
    pub at: Duration,
    /// What the terminal was sent.
    pub bytes: Vec<u8>,
}

/// A recording in the making.
#[derive(Debug, Clone, Default)]
pub struct Tape {
    now: Duration,
    pieces: Vec<Piece>,
}

impl Tape {
    /// Shows a prompt, and then somebody typing a command and Enter.
    pub fn types(&mut self, prompt: &str, command: &str) {
        self.put(prompt.as_bytes());
        self.rest(Duration::from_millis(400));
        self.keys(command);
        self.rest(BEFORE_ENTER);
        self.put(b"\r\n");
    }

    /// Shows keys as they are hit.
    fn keys(&mut self, text: &str) {
        let keys: Vec<char> = text.chars().collect();
        for two in keys.chunks(2) {
            self.put(two.iter().collect::<String>().as_bytes());
            self.rest(KEYS);
        }
    }

    /// What a program wrote after a wait, which is cut.
    pub fn program(&mut self, waited: Duration, bytes: &[u8]) {
        self.rest(waited.min(LONGEST_WAIT));
        self.put(bytes);
    }

    /// Nothing happens, so that there is time to read.
    pub fn rest(&mut self, time: Duration) {
        self.now += time;
    }

    /// Everything that is shown, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// How long it plays.
    pub fn length(&self) -> Duration {
        self.now
    }

    fn put(&mut self, bytes: &[u8]) {
        self.pieces.push(Piece {
            at: self.now,
            bytes: bytes.to_vec(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_waits_are_cut_and_short_ones_kept() {
        let mut tape = Tape::default();
        tape.program(Duration::from_millis(20), b"soon");
        tape.program(Duration::from_secs(600), b"late");
        let at: Vec<_> = tape.pieces().iter().map(|piece| piece.at).collect();
        let first = Duration::from_millis(20);
        assert_eq!(at, [first, first + LONGEST_WAIT]);
    }

    #[test]
    fn what_is_typed_arrives_whole_and_in_order() {
        let mut tape = Tape::default();
        tape.types("$ ", "provision up — now");
        let written: Vec<u8> = tape
            .pieces()
            .iter()
            .flat_map(|piece| piece.bytes.clone())
            .collect();
        assert_eq!(
            String::from_utf8_lossy(&written),
            "$ provision up — now\r\n"
        );
        assert!(tape.pieces().is_sorted_by_key(|piece| piece.at));
    }
}
