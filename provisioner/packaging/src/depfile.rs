//! Reads the `.d` files that cargo writes beside what it builds: the files that a binary was made from.
//!
//! cargo lists the binary's own sources and those of every path dependency, but neither manifests nor registry crates
//! (Cargo.lock stands for those).

use std::path::PathBuf;

/// The prerequisites of the first rule: `target: a b c`, a space within a name escaped by a backslash.
pub(crate) fn parse(text: &str) -> Vec<PathBuf> {
    let Some(line) = text.lines().next() else {
        return Vec::new();
    };
    let Some((_, prerequisites)) = line.split_once(": ") else {
        return Vec::new();
    };
    let mut files = Vec::new();
    let mut name = String::new();
    let mut letters = prerequisites.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.next_if_eq(&' ').is_some() => name.push(' '),
            ' ' if !name.is_empty() => files.push(PathBuf::from(std::mem::take(&mut name))),
            ' ' => {}
            other => name.push(other),
        }
    }
    if !name.is_empty() {
        files.push(PathBuf::from(name));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::path::PathBuf;

    #[test]
    fn names_with_spaces_are_one_file() {
        let files = parse("/t/portal: /p/src/lib.rs /p/my\\ file.rs  /p/a\n\n/p/src/lib.rs:\n");
        assert_eq!(
            files,
            ["/p/src/lib.rs", "/p/my file.rs", "/p/a"].map(PathBuf::from)
        );
        assert_eq!(parse(""), Vec::<PathBuf>::new());
        assert_eq!(parse("/t/portal:"), Vec::<PathBuf>::new());
    }
}
