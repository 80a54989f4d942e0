//! Rules on source text: what a file begins with, how long it is, what pure crates may name, and words that aren't ours.

use super::Violation;
use super::edges::{Graph, is_pure};

/// Lines that no hand-written file exceeds.
const LONGEST: usize = 600;

/// Modules of `std` with effects. Plain durations are in `core::time`.
const EFFECTS: [&str; 6] = ["fs", "env", "time", "net", "process", "thread"];

/// Reading a clock through the crates that we have.
const CLOCKS: [&str; 3] = ["OffsetDateTime::now", "Utc::now", "Uuid::new_v4"];

/// Names that say nothing.
const EMPTY_NAMES: [&str; 6] = ["Manager", "Helper", "Helpers", "Util", "Utils", "Info"];

/// What is left undone belongs into an issue. Spelled apart so that this file passes its own rule.
const UNDONE: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

/// A file's path inside the workspace, and its text.
#[derive(Debug)]
pub struct SourceFile {
    /// With `/`.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// Holds every file against the rules.
pub fn judge(files: &[SourceFile], graph: &Graph) -> Vec<Violation> {
    let test_modules: Vec<String> = files.iter().flat_map(test_modules).collect();
    let mut violations = Vec::new();
    for file in files {
        violations.extend(shape(file));
        let is_test = test_modules.iter().any(|module| {
            file.path == format!("{module}.rs") || file.path.starts_with(&format!("{module}/"))
        });
        let holder = graph
            .members()
            .find(|(folder, _)| file.path.starts_with(&format!("{folder}/src/")));
        let is_binary = file.path.ends_with("/main.rs") || file.path.contains("/src/bin/");
        if let Some((folder, name)) = holder
            && is_pure(folder, name)
            && !is_test
            && !is_binary
        {
            violations.extend(effects(file));
        }
    }
    violations
}

fn shape(file: &SourceFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    if !file.text.starts_with("//!") {
        violations.push(Violation::new(
            &file.path,
            "begins without `//!`: what it is and what it deliberately doesn't do",
        ));
    }
    if file.path.contains("/generated/") {
        return violations;
    }
    let lines = file.text.lines().count();
    if lines > LONGEST {
        violations.push(Violation::new(
            &file.path,
            format!("has {lines} lines; {LONGEST} is the most: split it"),
        ));
    }
    for (number, line) in (1..).zip(file.text.lines()) {
        let place = format!("{}:{number}", file.path);
        if let Some(word) = UNDONE.iter().find(|word| line.contains(**word)) {
            violations.push(Violation::new(
                &place,
                format!("{word}: do it, or open an issue"),
            ));
        }
        if let Some(name) = declared(line).filter(|name| is_empty_name(name)) {
            violations.push(Violation::new(
                &place,
                format!("the name {name} says nothing: what does it do?"),
            ));
        }
    }
    violations
}

/// The type or module that a line declares.
fn declared(line: &str) -> Option<&str> {
    let mut words = line
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty());
    let code = line.trim_start();
    if !["pub", "struct", "enum", "trait", "mod", "type"]
        .iter()
        .any(|start| code.starts_with(start))
    {
        return None;
    }
    words.find(|word| ["struct", "enum", "trait", "mod", "type"].contains(word))?;
    words.next()
}

/// Whether one of a name's words (`CamelCase` or `snake_case`) is empty of meaning.
fn is_empty_name(name: &str) -> bool {
    let mut words: Vec<String> = Vec::new();
    for c in name.chars() {
        match words.last_mut() {
            Some(word) if !c.is_ascii_uppercase() && c != '_' => word.push(c),
            _ => words.push(c.to_ascii_uppercase().to_string()),
        }
    }
    let capital = |word: &str| {
        let mut chars = word.trim_start_matches('_').chars();
        chars
            .next()
            .map(|first| first.to_ascii_uppercase().to_string() + chars.as_str())
            .unwrap_or_default()
    };
    words
        .iter()
        .any(|word| EMPTY_NAMES.contains(&capital(word).as_str()))
}

/// What a pure crate's code names although it has effects. Test modules and comments are free.
fn effects(file: &SourceFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (number, line) in (1..).zip(without_tests(&file.text).lines()) {
        let code = line.split("//").next().unwrap_or_default();
        let named = EFFECTS
            .iter()
            .filter(|module| names_std(code, module))
            .map(|module| format!("std::{module}"));
        let clocks = CLOCKS
            .iter()
            .filter(|clock| code.contains(**clock))
            .map(|clock| (*clock).to_owned());
        for effect in named.chain(clocks) {
            let place = format!("{}:{number}", file.path);
            violations.push(Violation::new(
                place,
                format!("{effect} in a pure crate: take it through a port (durations: core::time)"),
            ));
        }
    }
    violations
}

/// `std::fs` and `std::{fs, io}`.
fn names_std(code: &str, module: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    code.match_indices("std::").any(|(at, _)| {
        let rest = &code[at + "std::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => {
                let group = group.rsplit_once('}').map_or(group, |(inside, _)| inside);
                group
                    .split([',', '{'])
                    .any(|part| part.trim().strip_prefix(module).is_some_and(ends))
            }
            None => rest.strip_prefix(module).is_some_and(ends),
        }
    })
}

/// The text with `#[cfg(test)] mod x { ... }` blanked: in this house they stand at the end of a file.
fn without_tests(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let starts = lines.iter().enumerate().position(|(at, line)| {
        let follows = lines
            .iter()
            .skip(at + 1)
            .find(|line| !line.trim_start().starts_with("#["));
        line.trim() == "#[cfg(test)]"
            && follows.is_some_and(|line| line.contains("mod ") && line.contains('{'))
    });
    lines
        .get(..starts.unwrap_or(lines.len()))
        .unwrap_or_default()
        .join("\n")
}

/// The files of `#[cfg(test)] mod x;`, as paths without `.rs`.
fn test_modules(file: &SourceFile) -> Vec<String> {
    let lines: Vec<&str> = file.text.lines().collect();
    let folder = match file.path.rsplit_once('/') {
        Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => folder.to_owned(),
        _ => file.path.trim_end_matches(".rs").to_owned(),
    };
    let marked = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.trim() == "#[cfg(test)]");
    let declarations = marked.filter_map(|(at, _)| {
        lines
            .iter()
            .skip(at + 1)
            .find(|line| !line.trim_start().starts_with("#["))
    });
    declarations
        .filter_map(|line| {
            line.trim()
                .trim_start_matches("pub ")
                .strip_prefix("mod ")?
                .strip_suffix(';')
        })
        .map(|name| format!("{folder}/{name}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::edges::tests::graph;
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        let file = SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let graph = graph(
            &[
                ("stack", "stack"),
                ("provisioner", "provisioner"),
                ("handlers/payment", "payment"),
            ],
            &[],
        );
        judge(&[file], &graph)
            .into_iter()
            .map(|v| format!("{}: {}", v.place, v.message))
            .collect()
    }

    #[test]
    fn a_file_says_what_it_is_and_stays_short() {
        assert!(messages("stack/src/a.rs", "fn a() {}")[0].contains("begins without"));
        assert_eq!(
            messages("stack/src/a.rs", &format!("//! a\n{}", "\n".repeat(599))),
            Vec::<String>::new()
        );
        assert!(
            messages("stack/src/a.rs", &format!("//! a\n{}", "\n".repeat(600)))[0]
                .contains("has 601 lines")
        );
        assert_eq!(
            messages(
                "stack/src/generated/a.rs",
                &format!("//! a\n{}", "\n".repeat(900))
            ),
            Vec::<String>::new()
        );
    }

    #[test]
    fn pure_crates_name_no_effects() {
        for effect in [
            "std::fs::read(x)",
            "use std::{collections, env};",
            "std::time::Instant::now()",
            "OffsetDateTime::now_utc()",
        ] {
            let text = format!("//! a\n{effect}\n");
            assert_eq!(messages("stack/src/a.rs", &text).len(), 1, "{effect}");
            assert_eq!(
                messages("handlers/payment/src/lib.rs", &text).len(),
                1,
                "{effect}"
            );
            assert_eq!(
                messages("provisioner/src/a.rs", &text),
                Vec::<String>::new()
            );
            assert_eq!(
                messages("handlers/payment/src/main.rs", &text),
                Vec::<String>::new()
            );
        }
        for fine in [
            "std::fmt::Debug",
            "use std::{fmt, collections::BTreeMap};",
            "// std::fs",
            "core::time::Duration",
            "std::envelope",
        ] {
            assert_eq!(
                messages("stack/src/a.rs", &format!("//! a\n{fine}\n")),
                Vec::<String>::new(),
                "{fine}"
            );
        }
    }

    #[test]
    fn tests_may_do_as_they_like() {
        let text =
            "//! a\nfn a() {}\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n    use std::fs;\n}\n";
        assert_eq!(messages("stack/src/a.rs", text), Vec::<String>::new());
        let parent = SourceFile {
            path: "stack/src/a/mod.rs".into(),
            text: "//! a\n#[cfg(test)]\nmod tests;\n".into(),
        };
        let child = SourceFile {
            path: "stack/src/a/tests.rs".into(),
            text: "//! a\nuse std::fs;\n".into(),
        };
        assert_eq!(
            judge(&[parent, child], &graph(&[("stack", "stack")], &[])),
            []
        );
    }

    #[test]
    fn empty_names_are_refused() {
        for line in [
            "pub struct StackManager;",
            "mod utils;",
            "    enum InfoKind {",
            "pub(crate) trait Helper {",
        ] {
            assert_eq!(
                messages("provisioner/src/a.rs", &format!("//! a\n{line}\n")).len(),
                1,
                "{line}"
            );
        }
        for line in [
            "struct Information;",
            "mod utility_bills;",
            "let manager = 1;",
            "/// a struct Manager",
        ] {
            assert_eq!(
                messages("provisioner/src/a.rs", &format!("//! a\n{line}\n")),
                Vec::<String>::new(),
                "{line}"
            );
        }
    }
}
