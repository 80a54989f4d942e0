//! `list`: the environments found in the account, or in every account that a file in `environments/` names.

use crate::context::Context;
use crate::deploy::{Row, row};
use crate::exit::{Exit, Failure};
use crate::places::places;
use std::fmt::Write;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// Lists the environments.
pub async fn run(context: &Context) -> Result<Exit, Failure> {
    let project = context.project()?;
    let mut rows: Vec<Row> = places(context, &project)
        .await?
        .iter()
        .flat_map(|place| place.stacks.iter().filter_map(row))
        .collect();
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    let now = OffsetDateTime::now_utc();
    context.ui.result(&rows, || table(&rows, now))?;
    Ok(Exit::Done)
}

/// The rows for people, with ages instead of times.
fn table(rows: &[Row], now: OffsetDateTime) -> String {
    if rows.is_empty() {
        return "no environments\n".to_owned();
    }
    let since = |text: &Option<String>| {
        let at = OffsetDateTime::parse(text.as_deref()?, &Rfc3339).ok()?;
        Some(at - now)
    };
    let mut lines = vec![["NAME", "STATUS", "OWNER", "AGE", "EXPIRES", "DRIFT"].map(str::to_owned)];
    for row in rows {
        lines.push([
            row.name.clone(),
            row.status.clone(),
            row.owner.clone().unwrap_or_else(|| "-".to_owned()),
            since(&row.created).map_or_else(|| "-".to_owned(), |age| span(-age)),
            match since(&row.expires) {
                None => "never".to_owned(),
                Some(left) if left.is_positive() => format!("in {}", span(left)),
                Some(left) => format!("{} ago", span(-left)),
            },
            row.drift.replace('_', " "),
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
        let row = |name: &str, expires: Option<&str>| Row {
            name: name.to_owned(),
            stack: format!("invoicing-{name}"),
            status: "CREATE_COMPLETE".to_owned(),
            owner: None,
            created: Some("1969-12-31T21:00:00Z".to_owned()),
            expires: expires.map(str::to_owned),
            drift: "not_checked".to_owned(),
        };
        let rows = [
            row("dev", None),
            row("pr-42", Some("1970-01-01T00:05:00Z")),
            row("pr-7", Some("1969-12-29T00:00:00Z")),
        ];
        insta::assert_snapshot!(table(&rows, OffsetDateTime::UNIX_EPOCH), @r"
        NAME   STATUS           OWNER  AGE  EXPIRES  DRIFT
        dev    CREATE_COMPLETE  -      3h   never    not checked
        pr-42  CREATE_COMPLETE  -      3h   in 5m    not checked
        pr-7   CREATE_COMPLETE  -      3h   3d ago   not checked
        ");
        assert_eq!(table(&[], OffsetDateTime::UNIX_EPOCH), "no environments\n");
    }
}
