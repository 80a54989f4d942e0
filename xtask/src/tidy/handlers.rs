//! No forgotten handler: folders under `handlers/`, workspace members and the `handlers!` declaration are the same set.

use std::collections::BTreeSet;

use super::Violation;
use super::edges::{Graph, NO_HANDLERS, is_handler};
use super::sources::SourceFile;

/// Lines of code (no comments, no blanks) below which a handler's `main.rs` is mere wiring.
const WIRING: usize = 20;

/// Holds the three against each other.
pub fn judge(folders: &[String], graph: &Graph, files: &[SourceFile]) -> Vec<Violation> {
    let folders: BTreeSet<&str> = folders
        .iter()
        .map(String::as_str)
        .filter(|name| !NO_HANDLERS.contains(name))
        .collect();
    let members: BTreeSet<&str> = graph
        .members()
        .filter(|(folder, _)| is_handler(folder))
        .filter_map(|(folder, _)| folder.strip_prefix("handlers/"))
        .collect();
    let declared = declared(files);
    let mut violations = Vec::new();
    for name in &folders {
        let place = format!("handlers/{name}");
        if !members.contains(name) {
            violations.push(Violation::new(
                &place,
                "isn't a member of the workspace: add it to Cargo.toml",
            ));
        }
        if !declared.contains(*name) {
            violations.push(Violation::new(
                &place,
                "isn't declared in contracts: add it to `handlers!`, or delete the folder",
            ));
        }
    }
    for name in declared
        .iter()
        .filter(|name| !folders.contains(name.as_str()))
    {
        violations.push(Violation::new(
            "contracts",
            format!("`handlers!` declares {name}, but there is no handlers/{name}"),
        ));
    }
    for (folder, name) in graph.members().filter(|(folder, _)| is_handler(folder)) {
        if folder.strip_prefix("handlers/") != Some(name) {
            violations.push(Violation::new(
                folder,
                format!("its package is called {name}; folder and package have one name"),
            ));
        }
        let main = format!("{folder}/src/main.rs");
        let lines = files
            .iter()
            .find(|file| file.path == main)
            .map_or(0, |file| code_lines(&file.text));
        if lines >= WIRING {
            violations.push(Violation::new(
                main,
                format!("has {lines} lines of code; wiring stays under {WIRING}"),
            ));
        }
    }
    violations
}

/// The names in the `handlers! { ... }` of contracts.
fn declared(files: &[SourceFile]) -> BTreeSet<String> {
    let contracts = files
        .iter()
        .filter(|file| file.path.starts_with("contracts/src/"));
    let blocks = contracts.filter_map(|file| {
        let start = file.text.lines().position(|line| line == "handlers! {")?;
        let block = file
            .text
            .lines()
            .skip(start)
            .take_while(|line| *line != "}");
        Some(
            block
                .filter_map(|line| line.trim().strip_prefix("name: \"")?.split('"').next())
                .map(str::to_owned),
        )
    });
    blocks.flatten().collect()
}

fn code_lines(text: &str) -> usize {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

#[cfg(test)]
mod tests {
    use super::super::edges::tests::graph;
    use super::*;

    fn found(
        folders: &[&str],
        members: &[(&str, &str)],
        declaration: &str,
        main: &str,
    ) -> Vec<String> {
        let files = [
            SourceFile {
                path: "contracts/src/handlers.rs".into(),
                text: declaration.into(),
            },
            SourceFile {
                path: "handlers/payment/src/main.rs".into(),
                text: main.into(),
            },
        ];
        let folders: Vec<String> = folders.iter().map(|name| (*name).to_owned()).collect();
        judge(&folders, &graph(members, &[]), &files)
            .into_iter()
            .map(|v| format!("{}: {}", v.place, v.message))
            .collect()
    }

    const PAYMENT: &str = "handlers! {\n    Payment {\n        name: \"payment\",\n    }\n}\nStruct { name: \"other\" }\n";
    const MEMBERS: [(&str, &str); 2] = [("handlers/kit", "kit"), ("handlers/payment", "payment")];

    #[test]
    fn folder_member_and_declaration_agree() {
        assert_eq!(
            found(
                &["kit", "payment", "ports"],
                &MEMBERS,
                PAYMENT,
                "fn main() {}"
            ),
            Vec::<String>::new()
        );
        let forgotten = found(&["audit", "payment"], &MEMBERS, PAYMENT, "");
        assert_eq!(forgotten.len(), 2);
        assert!(
            forgotten
                .iter()
                .all(|text| text.starts_with("handlers/audit: "))
        );
        assert!(
            found(
                &["payment"],
                &MEMBERS,
                &PAYMENT.replace("name: \"payment\"", "name: \"ghost\""),
                ""
            )
            .len()
                == 2
        );
    }

    #[test]
    fn main_is_wiring_and_named_like_its_folder() {
        let long = "//! wiring\nlet x;\n".repeat(20);
        assert!(found(&["payment"], &MEMBERS, PAYMENT, &long)[0].contains("20 lines of code"));
        let renamed = [("handlers/payment", "payments")];
        assert!(found(&["payment"], &renamed, PAYMENT, "")[0].contains("one name"));
    }
}
