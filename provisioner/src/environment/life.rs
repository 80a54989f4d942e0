//! The life of an ephemeral environment: how long it is, what the stack's tags say of it, and when it is over. Pure.
//!
//! A second `up` changes nothing, so that `--ttl` can't simply count from each run: a life begins anew when another life
//! time is asked for, or when less than half of it remains.

use cfn::Template;
use std::borrow::Cow;
use std::collections::BTreeMap;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

pub use reaper::{EPHEMERAL, EXPIRES, KIND, MANAGED, NAME, expiry};

/// Tag with the length of the life, in seconds.
pub const TTL: &str = "provision:ttl";

/// Tag with who made it. Not `owner`: that is the team of the environment's file.
pub const MADE_BY: &str = "provision:made-by";

/// Life time where `--ttl` says none: a working day.
pub const USUAL_SECONDS: u64 = 8 * 3600;

/// What an `up` does to the life of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// It begins.
    Begun,
    /// It goes on as it is.
    Kept,
    /// It begins anew.
    Renewed,
}

/// The life of an ephemeral environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// The stack's tags that say so.
    pub tags: BTreeMap<String, String>,
    /// What this run does to it.
    pub course: Course,
}

impl Life {
    /// The life that an environment has after this run. `asked` is its `--ttl` in seconds, `deployed` the tags of the stack
    /// that is there, `maker` whoever runs the program.
    pub fn of(
        asked: Option<u64>,
        deployed: Option<&BTreeMap<String, String>>,
        maker: Option<&str>,
        now: OffsetDateTime,
    ) -> Self {
        let known = deployed.filter(|tags| tags.contains_key(EXPIRES));
        let course = match known {
            None => Course::Begun,
            Some(tags) if !renews(asked, tags, now) => Course::Kept,
            Some(_) => Course::Renewed,
        };
        let mut tags = BTreeMap::from([(KIND.to_owned(), EPHEMERAL.to_owned())]);
        let mut keep = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                tags.insert(key.to_owned(), value);
            }
        };
        let before = |key: &str| known.and_then(|tags| tags.get(key).cloned());
        match course {
            Course::Kept => {
                keep(EXPIRES, before(EXPIRES));
                keep(TTL, before(TTL));
            }
            Course::Begun | Course::Renewed => {
                let seconds = asked.unwrap_or(USUAL_SECONDS);
                keep(EXPIRES, Some(moment(now, seconds)));
                keep(TTL, Some(seconds.to_string()));
            }
        }
        keep(
            MADE_BY,
            match known {
                Some(_) => before(MADE_BY),
                None => maker.map(tag_value),
            },
        );
        Self { tags, course }
    }

    /// When it is over, RFC 3339.
    pub fn expires(&self) -> &str {
        self.tags.get(EXPIRES).map_or("", String::as_str)
    }

    /// The template with a schedule for the end of this life. Where nobody knows when that is, it never comes.
    pub fn bounds<'t>(&self, template: &'t Template) -> Cow<'t, Template> {
        const AT: &[BorrowedFormatItem<'_>] =
            format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
        let end = match expiry(&self.tags) {
            Some(Ok(end)) => end.to_offset(UtcOffset::UTC).format(AT).ok(),
            _ => None,
        };
        match end {
            Some(end) => stack::expiring(template, &end),
            None => Cow::Borrowed(template),
        }
    }
}

/// Whether a life begins anew.
fn renews(asked: Option<u64>, deployed: &BTreeMap<String, String>, now: OffsetDateTime) -> bool {
    let Some(asked) = asked else {
        return false;
    };
    let before = deployed.get(TTL).and_then(|text| text.parse::<u64>().ok());
    match expiry(deployed) {
        Some(Ok(expires)) => before != Some(asked) || expires - now < seconds(asked) / 2,
        _ => true,
    }
}

fn moment(now: OffsetDateTime, after: u64) -> String {
    let at = now + seconds(after);
    at.replace_nanosecond(0)
        .unwrap_or(at)
        .format(&Rfc3339)
        .unwrap_or_default()
}

fn seconds(count: u64) -> Duration {
    Duration::seconds(i64::try_from(count).unwrap_or(i64::MAX))
}

/// What a tag's value may hold of a text: up to 256 characters.
fn tag_value(text: &str) -> String {
    text.chars()
        .take(256)
        .map(|c| match c {
            c if c.is_alphanumeric() || " +-=._:/@".contains(c) => c,
            _ => '-',
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // tests fail by panicking
mod tests {
    use super::*;

    const HOUR: u64 = 3600;

    fn at(text: &str) -> OffsetDateTime {
        OffsetDateTime::parse(text, &Rfc3339).unwrap()
    }

    fn begun(asked: Option<u64>) -> Life {
        Life::of(asked, None, Some("alice"), at("2026-01-01T08:00:00.5Z"))
    }

    #[test]
    fn a_life_begins_with_the_creation_and_says_who_made_it() {
        let life = begun(Some(4 * HOUR));
        assert_eq!(
            (life.course, life.expires()),
            (Course::Begun, "2026-01-01T12:00:00Z")
        );
        assert_eq!(life.tags[MADE_BY], "alice");
        assert_eq!(life.tags[KIND], EPHEMERAL);
        assert_eq!(begun(None).expires(), "2026-01-01T16:00:00Z");
    }

    #[test]
    fn a_second_up_keeps_it_and_another_life_time_or_half_of_it_renews_it() {
        let deployed = begun(Some(4 * HOUR)).tags;
        let again = |asked, now| Life::of(asked, Some(&deployed), Some("bob"), at(now));
        for asked in [None, Some(4 * HOUR)] {
            let kept = again(asked, "2026-01-01T09:59:00Z");
            assert_eq!((kept.course, &kept.tags), (Course::Kept, &deployed));
        }
        let longer = again(Some(6 * HOUR), "2026-01-01T09:00:00Z");
        assert_eq!(
            (longer.course, longer.expires()),
            (Course::Renewed, "2026-01-01T15:00:00Z")
        );
        assert_eq!(longer.tags[MADE_BY], "alice");
        let late = again(Some(4 * HOUR), "2026-01-01T11:00:00Z");
        assert_eq!(late.expires(), "2026-01-01T15:00:00Z");
        let unasked = again(None, "2026-01-02T00:00:00Z");
        assert_eq!(unasked.course, Course::Kept);
    }

    #[test]
    fn an_expiry_that_is_no_time_is_said_and_renewed() {
        let tags = BTreeMap::from([(EXPIRES.to_owned(), "tomorrow".to_owned())]);
        assert_eq!(expiry(&tags), Some(Err("tomorrow")));
        assert_eq!(expiry(&BTreeMap::new()), None);
        let life = Life::of(Some(HOUR), Some(&tags), None, at("2026-01-01T00:00:00Z"));
        assert_eq!(life.expires(), "2026-01-01T01:00:00Z");
    }

    #[test]
    fn the_schedule_of_its_end_moves_with_the_life_and_only_with_it() {
        let text = include_str!("../../../environments/ephemeral.yaml");
        let mut environment = crate::environment::parse("ephemeral.yaml", text).unwrap();
        environment.kind = stack::Kind::Ephemeral;
        let template = crate::synthesis::with_placeholders(&environment).template;
        let ends = |life: &Life| {
            let bounded = life.bounds(&template);
            let expiry = &bounded.resource("Expiry").unwrap()["Properties"];
            expiry["ScheduleExpression"].as_str().unwrap().to_owned()
        };
        let life = begun(Some(4 * HOUR));
        assert_eq!(ends(&life), "at(2026-01-01T12:00:00)");
        let kept = Life::of(None, Some(&life.tags), None, at("2026-01-01T11:00:00Z"));
        assert_eq!(ends(&kept), ends(&life));
        let elsewhere = "2026-01-01T14:00:00+02:00".to_owned();
        let tags = BTreeMap::from([(EXPIRES.to_owned(), elsewhere)]);
        let moved = Life::of(None, Some(&tags), None, at("2026-01-01T11:00:00Z"));
        assert_eq!(ends(&moved), ends(&life));
    }

    #[test]
    fn names_of_people_fit_a_tag() {
        assert_eq!(
            tag_value("ann,o'neill@example.com"),
            "ann-o-neill@example.com"
        );
    }
}
