//! Which crate may depend on which: ARCHITECTURE.md's table, held against the transitive normal dependencies.
//!
//! A handler's library is judged without the feature that its binary needs.

use serde::Deserialize;

use super::Violation;

/// What brings a clock's, a socket's or a die's effects into a crate.
const IMPURE: [&str; 9] = [
    "aws-*",
    "aws_*",
    "tokio",
    "lambda_runtime",
    "hyper",
    "reqwest",
    "rand",
    "fastrand",
    "getrandom",
];

/// Pure crate, and what it may never depend on beside [`IMPURE`], the handlers and everything under `provisioner/`.
const PURE: [(&str, &[&str]); 5] = [
    ("contracts", &["cfn", "stack", "ports", "kit", "documents"]),
    ("documents", &["cfn", "stack", "ports", "kit"]),
    ("ports", &["cfn", "stack", "kit"]),
    ("cfn", &["contracts", "documents", "ports", "kit", "stack"]),
    ("stack", &["ports", "kit"]),
];

/// The same for a handler's library.
const HANDLER: [&str; 3] = ["kit", "cfn", "stack"];

/// Crates under `handlers/` that are no handlers.
pub const NO_HANDLERS: [&str; 2] = ["kit", "ports"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: String,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: String,
}

/// One of our crates.
#[derive(Debug)]
pub struct Member {
    /// Inside the workspace.
    pub folder: String,
    /// The package.
    pub name: String,
    /// For every crate that it needs when it is built by itself: how it comes to it.
    pub ways: Vec<Vec<String>>,
}

/// All of our crates.
#[derive(Debug, Default)]
pub struct Graph(pub Vec<Member>);

impl Graph {
    /// Reads `cargo metadata --no-deps`; `tree` gives a package's `cargo tree` ([`TREE`]).
    ///
    /// # Errors
    /// If the JSON isn't cargo's, or with what `tree` says.
    pub fn read(json: &str, tree: impl Fn(&str) -> Result<String, String>) -> Result<Self, String> {
        let metadata: Metadata =
            serde_json::from_str(json).map_err(|e| format!("cargo metadata's JSON: {e}"))?;
        let members = metadata.packages.into_iter().map(|package| {
            let path = package
                .manifest_path
                .strip_prefix(&metadata.workspace_root)
                .unwrap_or(&package.manifest_path);
            let folder = path
                .trim_start_matches('/')
                .trim_end_matches("Cargo.toml")
                .trim_end_matches('/')
                .to_owned();
            let ways = ways(&tree(&package.name)?);
            Ok(Member {
                folder,
                name: package.name,
                ways,
            })
        });
        members.collect::<Result<Vec<_>, String>>().map(Self)
    }

    /// Our own crates: folder and name.
    pub fn members(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|member| (member.folder.as_str(), member.name.as_str()))
    }
}

/// How `cargo tree` is asked: each line is the depth, the name and the version. Unlike `cargo metadata` it resolves
/// features as a build of this package alone does, so a handler's library shows without its binary's dependencies.
pub const TREE: [&str; 7] = ["--locked", "-e", "normal", "--prefix", "depth", "-f", "{p}"];

/// Every crate below the first line, with the names on the way to it. Procedural macros run in the compiler: they and
/// what only they need aren't linked.
fn ways(tree: &str) -> Vec<Vec<String>> {
    let (mut ways, mut way, mut macro_at) = (Vec::new(), Vec::<String>::new(), usize::MAX);
    for line in tree.lines() {
        let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (depth, rest) = line.split_at(digits);
        let Ok(depth) = depth.parse::<usize>() else {
            continue;
        };
        if depth > macro_at {
            continue;
        }
        macro_at = if rest.contains("(proc-macro)") {
            depth
        } else {
            usize::MAX
        };
        way.truncate(depth);
        way.push(rest.split(' ').next().unwrap_or_default().to_owned());
        if depth > 0 && macro_at == usize::MAX {
            ways.push(way.clone());
        }
    }
    ways
}

/// Whether a folder holds a handler.
pub fn is_handler(folder: &str) -> bool {
    folder
        .strip_prefix("handlers/")
        .is_some_and(|name| !NO_HANDLERS.contains(&name))
}

/// Whether a folder belongs to the program `provision`.
fn is_program(folder: &str) -> bool {
    folder == "provisioner" || folder.starts_with("provisioner/")
}

/// Whether a crate's library must be without effects.
pub fn is_pure(folder: &str, name: &str) -> bool {
    is_handler(folder) || PURE.iter().any(|(pure, _)| *pure == name)
}

/// Holds every crate against the table.
pub fn judge(graph: &Graph) -> Vec<Violation> {
    let named = |wanted: fn(&str) -> bool| -> Vec<&str> {
        graph
            .members()
            .filter(|(folder, _)| wanted(folder))
            .map(|(_, name)| name)
            .collect()
    };
    let (handlers, program) = (named(is_handler), named(is_program));
    let mut violations = Vec::new();
    for member in &graph.0 {
        let (folder, name) = (member.folder.as_str(), member.name.as_str());
        let mut forbidden: Vec<&str> = Vec::new();
        if let Some((_, own)) = PURE.iter().find(|(pure, _)| *pure == name) {
            forbidden.extend(IMPURE.iter().chain(*own).chain(&program).chain(&handlers));
        } else if is_handler(folder) {
            forbidden.extend(IMPURE.iter().chain(&HANDLER).chain(&program));
            forbidden.extend(handlers.iter().filter(|other| **other != name));
        } else if name == "kit" {
            forbidden.extend(["cfn", "stack"].iter().chain(&program).chain(&handlers));
        } else if is_program(folder) {
            forbidden.push("kit");
            forbidden.extend(&handlers);
        }
        for way in &member.ways {
            let last = way.last().map_or("", String::as_str);
            if forbidden.iter().any(|pattern| fits(pattern, last)) {
                violations.push(Violation::new(
                    folder,
                    format!("may not depend on {last}, but does: {}", way.join(" -> ")),
                ));
            }
        }
    }
    violations
}

fn fits(pattern: &str, name: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == name, |prefix| name.starts_with(prefix))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
pub mod tests {
    use super::*;

    /// Our crates (folder, name) with their trees as `cargo tree` prints them.
    pub fn graph(members: &[(&str, &str)], trees: &[(&str, &str)]) -> Graph {
        let packages: Vec<_> = members
            .iter()
            .map(|(folder, name)| {
                format!(r#"{{"name":"{name}","manifest_path":"/w/{folder}/Cargo.toml"}}"#)
            })
            .collect();
        let json = format!(
            r#"{{"workspace_root":"/w","packages":[{}]}}"#,
            packages.join(",")
        );
        let tree = |wanted: &str| {
            let own = trees
                .iter()
                .find(|(name, _)| *name == wanted)
                .map_or("", |(_, tree)| tree);
            Ok(format!("0{wanted} v0.1.0 (/w/{wanted})\n{own}"))
        };
        Graph::read(&json, tree).unwrap()
    }

    const MEMBERS: [(&str, &str); 6] = [
        ("contracts", "contracts"),
        ("stack/cfn", "cfn"),
        ("handlers/kit", "kit"),
        ("handlers/payment", "payment"),
        ("provisioner", "provisioner"),
        ("provisioner/operations", "operations"),
    ];

    fn found(crate_name: &str, tree: &str) -> Vec<String> {
        judge(&graph(&MEMBERS, &[(crate_name, tree)]))
            .into_iter()
            .map(|v| format!("{}: {}", v.place, v.message))
            .collect()
    }

    #[test]
    fn a_forbidden_crate_is_found_at_any_distance_with_the_way_to_it() {
        let tree =
            "1serde v1.0.0\n1schemars v1.2.0\n2dyn-clone v1.0.0\n2tokio v1.0.0\n1uuid v1.0.0\n";
        assert_eq!(
            found("contracts", tree),
            ["contracts: may not depend on tokio, but does: contracts -> schemars -> tokio"]
        );
    }

    #[test]
    fn what_a_procedural_macro_needs_is_not_linked() {
        let tree = "1schemars_derive v1.2.0 (proc-macro)\n2rand v0.9.0\n1serde v1.0.0\n";
        assert_eq!(found("contracts", tree), Vec::<String>::new());
    }

    #[test]
    fn a_handler_library_knows_no_aws() {
        let tree =
            "1contracts v0.1.0 (/w/contracts)\n1kit v0.1.0 (/w/handlers/kit)\n2aws-config v1.0.0\n";
        assert_eq!(found("payment", tree).len(), 2);
    }

    #[test]
    fn the_program_packages_handlers_by_name_and_cfn_knows_no_contracts() {
        assert_eq!(
            found("operations", "1payment v0.1.0 (/w/handlers/payment)\n").len(),
            1
        );
        assert_eq!(
            found("provisioner", "1cfn v0.1.0 (/w/stack/cfn)\n").len(),
            0
        );
        assert_eq!(found("cfn", "1contracts v0.1.0 (/w/contracts)\n").len(), 1);
        assert_eq!(
            found("cfn", "1operations v0.1.0 (/w/provisioner/operations)\n").len(),
            1
        );
    }
}
