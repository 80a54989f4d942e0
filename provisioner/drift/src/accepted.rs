//! Differences that people have accepted: a reviewed file an environment, `environments/drift/NAME.yaml`. It reads and
//! writes text; where the file is and what day it is, the caller knows.

use crate::finding::{Finding, Kind, Report};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::Date;
use time::macros::format_description;

/// The file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// Differences that stay as they are, each with the value that was reviewed. Another value is a finding again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adopted: Vec<Adopted>,
    /// Differences that do not count until a day. After it they are findings again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<Ignored>,
}

/// A difference that stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adopted {
    /// Logical id of the resource, or of the one that it hangs on.
    pub resource: String,
    /// What kind of difference it is.
    pub kind: Kind,
    /// The property; empty for a resource as a whole.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// For what was added: its type and id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<String>,
    /// What is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// A difference that does not count for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignored {
    /// Logical id of the resource, or of the one that it hangs on.
    pub resource: String,
    /// The property, or what lies below it, or the id of what was added; none: everything of the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The last day, e.g. `2026-12-31`.
    pub until: String,
}

/// A word of the user's, or a line of the file, that means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAcceptance {
    /// The file is not what it should be.
    #[error("the file of accepted drift can't be read: {0}")]
    File(String),
    /// No day of the calendar.
    #[error("`{0}` is no day: write it as 2026-12-31")]
    Day(String),
    /// The day is over.
    #[error("{0} is over: what is ignored until then counts already")]
    Over(String),
    /// Nothing is called so.
    #[error("{0} is no resource of the deployed stack, and no finding is about it")]
    Resource(String),
    /// The resource has nothing of that name.
    #[error("{resource} has no {path}, and no finding is about it; the nearest: {}", nearest.join(", "))]
    Path {
        /// Its logical id.
        resource: String,
        /// What was named.
        path: String,
        /// What there is.
        nearest: Vec<String>,
    },
}

impl Accepted {
    /// Reads the file's text.
    ///
    /// # Errors
    /// If it isn't such a file, or names a day that isn't one.
    pub fn parse(text: &str) -> Result<Self, BadAcceptance> {
        let accepted: Option<Self> =
            serde_yaml::from_str(text).map_err(|error| BadAcceptance::File(error.to_string()))?;
        let accepted = accepted.unwrap_or_default();
        for ignored in &accepted.ignored {
            day(&ignored.until)?;
        }
        Ok(accepted)
    }

    /// The file's text.
    ///
    /// # Errors
    /// If it can't be written as YAML.
    pub fn text(&self) -> Result<String, BadAcceptance> {
        let yaml =
            serde_yaml::to_string(self).map_err(|error| BadAcceptance::File(error.to_string()))?;
        Ok(format!(
            "# Drift that was accepted: written by `provision drift --adopt` and `--ignore`, reviewed like code.\n{yaml}"
        ))
    }

    /// Adds an entry; an earlier one for the same place goes.
    ///
    /// # Errors
    /// If the day isn't one, or is over.
    pub fn ignore(
        &mut self,
        resource: &str,
        path: Option<&str>,
        until: &str,
        today: Date,
    ) -> Result<(), BadAcceptance> {
        if day(until)? < today {
            return Err(BadAcceptance::Over(until.to_owned()));
        }
        self.ignored
            .retain(|entry| (entry.resource.as_str(), entry.path.as_deref()) != (resource, path));
        self.ignored.push(Ignored {
            resource: resource.to_owned(),
            path: path.map(str::to_owned),
            until: until.to_owned(),
        });
        self.ignored
            .sort_by(|one, other| (&one.resource, &one.path).cmp(&(&other.resource, &other.path)));
        Ok(())
    }

    /// Accepts every finding that counts as it is; how many were new.
    pub fn adopt(&mut self, findings: &[Finding]) -> usize {
        let mut new = 0;
        for finding in findings.iter().filter(|finding| finding.counts()) {
            let entry = Adopted::of(finding);
            self.adopted.retain(|old| !old.same_place(&entry));
            self.adopted.push(entry);
            new += 1;
        }
        self.adopted.sort_by(|one, other| {
            (&one.resource, &one.path, &one.added).cmp(&(
                &other.resource,
                &other.path,
                &other.added,
            ))
        });
        new
    }

    /// Takes adopted differences out of a report and marks the ignored ones.
    pub fn apply(&self, report: &mut Report, today: Date) {
        let before = report.findings.len();
        report
            .findings
            .retain(|finding| !self.adopted.contains(&Adopted::of(finding)));
        report.adopted = before - report.findings.len();
        for finding in &mut report.findings {
            let until = self
                .ignored
                .iter()
                .filter(|entry| entry.covers(finding))
                .filter(|entry| day(&entry.until).is_ok_and(|day| day >= today))
                .map(|entry| entry.until.clone())
                .max();
            finding.ignored_until = until;
        }
    }
}

impl Adopted {
    fn of(finding: &Finding) -> Self {
        Self {
            resource: finding.owner().to_owned(),
            kind: finding.kind,
            path: finding.path.clone(),
            added: (finding.kind == Kind::Added)
                .then(|| format!("{} {}", finding.type_name, finding.resource)),
            value: finding.actual.clone(),
        }
    }

    fn same_place(&self, other: &Self) -> bool {
        (&self.resource, &self.path, &self.added) == (&other.resource, &other.path, &other.added)
    }
}

impl Ignored {
    fn covers(&self, finding: &Finding) -> bool {
        self.resource == finding.owner()
            && self.path.as_deref().is_none_or(|path| {
                finding.path == path
                    || finding.resource == path
                    || finding
                        .path
                        .strip_prefix(path)
                        .is_some_and(|rest| rest.starts_with(['.', '[']))
            })
    }
}

/// A day written as `2026-12-31`.
fn day(text: &str) -> Result<Date, BadAcceptance> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| BadAcceptance::Day(text.to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::finding::Risk;
    use serde_json::json;
    use time::macros::date;

    fn finding(path: &str, actual: Value) -> Finding {
        Finding {
            logical_id: Some("Queue".into()),
            resource: "q-1".into(),
            parent: None,
            type_name: "AWS::SQS::Queue".into(),
            kind: Kind::Modified,
            path: path.into(),
            expected: Some(json!(180)),
            actual: Some(actual),
            risk: Risk::LosesEvents,
            who: None,
            when: None,
            revertible: true,
            way_out: None,
            ignored_until: None,
        }
    }

    fn report(findings: Vec<Finding>) -> Report {
        Report {
            findings,
            ..Report::default()
        }
    }

    #[test]
    fn what_is_ignored_counts_again_after_its_day() {
        let mut accepted = Accepted::default();
        accepted
            .ignore(
                "Queue",
                Some("RedrivePolicy"),
                "2026-12-31",
                date!(2026 - 12 - 01),
            )
            .unwrap();
        let accepted = Accepted::parse(&accepted.text().unwrap()).unwrap();
        let mut on_the_day = report(vec![
            finding("RedrivePolicy.maxReceiveCount", json!(9)),
            finding("VisibilityTimeout", json!(1)),
        ]);
        accepted.apply(&mut on_the_day, date!(2026 - 12 - 31));
        let until: Vec<_> = on_the_day
            .findings
            .iter()
            .map(|f| f.ignored_until.as_deref())
            .collect();
        assert_eq!(until, [Some("2026-12-31"), None]);
        let mut after = report(vec![finding("RedrivePolicy.maxReceiveCount", json!(9))]);
        accepted.apply(&mut after, date!(2027 - 01 - 01));
        assert!(after.differs());
    }

    #[test]
    fn what_is_adopted_is_silent_until_it_changes_again() {
        let mut accepted = Accepted::default();
        assert_eq!(accepted.adopt(&[finding("VisibilityTimeout", json!(1))]), 1);
        let accepted = Accepted::parse(&accepted.text().unwrap()).unwrap();
        let mut same = report(vec![finding("VisibilityTimeout", json!(1))]);
        accepted.apply(&mut same, date!(2026 - 01 - 01));
        assert!(!same.differs());
        assert_eq!(same.adopted, 1);
        let mut other = report(vec![finding("VisibilityTimeout", json!(2))]);
        accepted.apply(&mut other, date!(2026 - 01 - 01));
        assert!(other.differs());
    }

    #[test]
    fn a_day_that_is_none_or_over_is_refused() {
        let mut accepted = Accepted::default();
        let today = date!(2026 - 06 - 01);
        assert_eq!(
            accepted.ignore("Q", None, "tomorrow", today),
            Err(BadAcceptance::Day("tomorrow".into()))
        );
        assert_eq!(
            accepted.ignore("Q", None, "2026-05-31", today),
            Err(BadAcceptance::Over("2026-05-31".into()))
        );
        assert!(Accepted::parse("ignored: [{resource: Q, until: soon}]").is_err());
    }
}
