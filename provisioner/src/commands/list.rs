//! `list`: the environments found in the account, or in every account that a file in `environments/` names.

use crate::context::Context;
use crate::deploy::{Row, row};
use crate::exit::{Exit, Failure};
use crate::places::places;
use crate::snapshot;
use serde::Serialize;
use stack::{Environment, Target};
use std::fmt::Write;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// An environment, and where it is. Its shape is an interface.
#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    row: Row,
    /// When this machine compared it with reality last, RFC 3339; then `drift` is what that found.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<String>,
    /// `aws` or `local`.
    target: &'static str,
    account: String,
    region: String,
}

/// Lists the environments.
pub async fn run(context: &Context) -> Result<Exit, Failure> {
    let project = context.project()?;
    let mut rows: Vec<Listed> = Vec::new();
    for place in places(context, &project).await? {
        rows.extend(place.stacks.iter().filter_map(|stack| {
            let mut row = row(stack)?;
            let environment = Environment {
                name: row.name.clone(),
                ..place.environment.clone()
            };
            let compared = snapshot::compared(&project, &environment, &stack.id);
            if let Some(compared) = &compared {
                row.drift = compared.word().to_owned();
            }
            Some(Listed {
                row,
                compared: compared.map(|compared| compared.at),
                target: match environment.target {
                    Target::Aws => "aws",
                    Target::Local => "local",
                },
                account: environment.account,
                region: environment.region,
            })
        }));
    }
    rows.sort_by(|a, b| (&a.row.name, a.target).cmp(&(&b.row.name, b.target)));
    let now = OffsetDateTime::now_utc();
    context.ui.result(&rows, || table(&rows, now))?;
    Ok(Exit::Done)
}

/// The rows for people, with ages instead of times.
fn table(rows: &[Listed], now: OffsetDateTime) -> String {
    if rows.is_empty() {
        return "no environments\n".to_owned();
    }
    let since = |text: &Option<String>| {
        let at = OffsetDateTime::parse(text.as_deref()?, &Rfc3339).ok()?;
        Some(at - now)
    };
    let head = [
        "NAME", "WHERE", "STATUS", "OWNER", "AGE", "EXPIRES", "DRIFT",
    ];
    let mut lines = vec![head.map(str::to_owned)];
    for listed in rows {
        let row = &listed.row;
        let drift = row.drift.replace('_', " ");
        lines.push([
            row.name.clone(),
            match listed.target {
                "local" => "local cloud".to_owned(),
                _ => format!("{} {}", listed.account, listed.region),
            },
            row.status.clone(),
            row.owner.clone().unwrap_or_else(|| "-".to_owned()),
            since(&row.created).map_or_else(|| "-".to_owned(), |age| span(-age)),
            match since(&row.expires) {
                None => "never".to_owned(),
                Some(left) if left.is_positive() => format!("in {}", span(left)),
                Some(left) => format!("{} ago", span(-left)),
            },
            match since(&listed.compared) {
                None => drift,
                Some(age) => format!("{drift}, {} ago", span(-age)),
            },
        ]);
    }
    let mut text = String::new();
    for line in &lines {
        let mut shown = String::new();
        for (column, cell) in line.iter().enumerate() {
            let width = lines
                .iter()
                .map(|line| line[column].chars().count())
                .max()
                .unwrap_or(0);
            let _ = write!(shown, "{cell:width$}  ");
        }
        let _ = writeln!(text, "{}", shown.trim_end());
    }
    text
}

/// A length of time in its largest unit, e.g. `3h`.
fn span(length: Duration) -> String {
    let seconds = length.whole_seconds().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_ages_in_aligned_columns() {
        let row = |name: &str, expires: Option<&str>, target, compared: Option<&str>| Listed {
            row: Row {
                name: name.to_owned(),
                stack: format!("invoicing-{name}"),
                status: "CREATE_COMPLETE".to_owned(),
                owner: None,
                created: Some("1969-12-31T21:00:00Z".to_owned()),
                expires: expires.map(str::to_owned),
                drift: "not_checked".to_owned(),
            },
            compared: compared.map(str::to_owned),
            target,
            account: "111122223333".to_owned(),
            region: "eu-central-1".to_owned(),
        };
        let rows = [
            row("dev", None, "aws", None),
            row("pr-42", Some("1970-01-01T00:05:00Z"), "local", None),
            row(
                "pr-7",
                Some("1969-12-29T00:00:00Z"),
                "local",
                Some("1969-12-31T23:58:00Z"),
            ),
        ];
        insta::assert_snapshot!(table(&rows, OffsetDateTime::UNIX_EPOCH), @r"
        NAME   WHERE                      STATUS           OWNER  AGE  EXPIRES  DRIFT
        dev    111122223333 eu-central-1  CREATE_COMPLETE  -      3h   never    not checked
        pr-42  local cloud                CREATE_COMPLETE  -      3h   in 5m    not checked
        pr-7   local cloud                CREATE_COMPLETE  -      3h   3d ago   not checked, 2m ago
        ");
        assert_eq!(table(&[], OffsetDateTime::UNIX_EPOCH), "no environments\n");
    }
}
