//! Who changed what, and when: the account's trail, where it can be read. Newest write first, CloudFormation's own left out.
//!
//! Services name the same resource differently there: by its name, its ARN or its URL. Events of queues name none at all; they are
//! looked for by what was done, and found by the queue's URL in the request.

use crate::finding::Finding;
use crate::resolve::tail;
use requests::{Api, Call, Service, Trouble};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The trail answers two questions a second: no more than these are asked.
const MOST: usize = 30;

/// What is done to a queue by hand.
const OF_QUEUES: [&str; 3] = ["SetQueueAttributes", "DeleteQueue", "AddPermission"];

/// Fills in who and when, as far as the trail tells. A trail that can't be read tells nothing.
pub async fn explain(api: &impl Api, findings: &mut [Finding]) {
    let mut trail = Trail {
        api,
        asked: BTreeMap::new(),
    };
    let mut known: BTreeMap<String, Option<(String, String)>> = BTreeMap::new();
    for finding in findings {
        let id = finding.resource.clone();
        if !known.contains_key(&id) {
            match trail.last_change(&id).await {
                Ok(change) => {
                    known.insert(id.clone(), change);
                }
                Err(_) => return,
            }
        }
        if let Some(Some((who, when))) = known.get(&id) {
            finding.who = Some(who.clone());
            finding.when = Some(when.clone());
        }
    }
}

struct Trail<'a, A> {
    api: &'a A,
    /// The writes that an attribute's value has, newest first.
    asked: BTreeMap<(&'static str, String), Vec<Value>>,
}

impl<A: Api> Trail<'_, A> {
    /// Who wrote to a resource last, and when; none where the trail doesn't say.
    async fn last_change(&mut self, id: &str) -> Result<Option<(String, String)>, Trouble> {
        let name = tail(id).rsplit('/').next().unwrap_or_default();
        let mut names = vec![name];
        if id != name {
            names.push(id);
        }
        for name in names {
            let writes = self.writes("ResourceName", name).await?;
            if let Some(last) = writes.iter().find_map(who_and_when) {
                return Ok(Some(last));
            }
        }
        if !id.starts_with("https://sqs.") {
            return Ok(None);
        }
        let mut last: Option<(String, String)> = None;
        for done in OF_QUEUES {
            let writes = self.writes("EventName", done).await?;
            let of = writes
                .iter()
                .filter(|told| told["requestParameters"]["queueUrl"] == id);
            // Times of the trail are of one form, and sort as text.
            let newest = of.filter_map(who_and_when).next();
            last = last.into_iter().chain(newest).max_by(|a, b| a.1.cmp(&b.1));
        }
        Ok(last)
    }

    /// The newest writes with this attribute.
    async fn writes(&mut self, key: &'static str, value: &str) -> Result<&[Value], Trouble> {
        let place = (key, value.to_owned());
        if !self.asked.contains_key(&place) {
            let mut writes = Vec::new();
            if self.asked.len() < MOST {
                let input = json!({"MaxResults": 50, "LookupAttributes": [
                    {"AttributeKey": key, "AttributeValue": value}]});
                let call = Call::new(Service::CloudTrail, "LookupEvents", input);
                let answer = self.api.call(&call).await?;
                let events = answer["Events"].as_array().into_iter().flatten();
                writes.extend(
                    events
                        .filter(|event| event["ReadOnly"] != "true")
                        .filter_map(told),
                );
            }
            self.asked.insert(place.clone(), writes);
        }
        Ok(self.asked.get(&place).map_or(&[], Vec::as_slice))
    }
}

/// The event itself, with the name beside it.
fn told(event: &Value) -> Option<Value> {
    let mut told: Value = serde_json::from_str(event["CloudTrailEvent"].as_str()?).ok()?;
    told["Username"] = event["Username"].clone();
    Some(told)
}

/// None for what CloudFormation did by itself.
fn who_and_when(told: &Value) -> Option<(String, String)> {
    let identity = &told["userIdentity"];
    if identity["invokedBy"] == "cloudformation.amazonaws.com" {
        return None;
    }
    let who = [&identity["arn"], &told["Username"]];
    let who = who.into_iter().find_map(Value::as_str)?.to_owned();
    Some((who, told["eventTime"].as_str()?.to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::finding::{Kind, Risk};

    struct Told(Value);

    impl Api for Told {
        async fn call(&self, _: &Call) -> Result<Value, Trouble> {
            Ok(self.0.clone())
        }
    }

    #[tokio::test]
    async fn the_newest_write_that_is_not_cloudformations_is_named() {
        let event = |read: &str, by: Option<&str>, who: &str| {
            let told = json!({"eventTime": "2026-01-02T03:04:05Z", "userIdentity": {"arn": who, "invokedBy": by}});
            json!({"ReadOnly": read, "Username": "u", "CloudTrailEvent": told.to_string()})
        };
        let trail = Told(json!({"Events": [
            event("true", None, "arn:reader"),
            event("false", Some("cloudformation.amazonaws.com"), "arn:stack"),
            event("false", None, "arn:person"),
        ]}));
        let mut findings = [Finding {
            logical_id: Some("Queue".into()),
            resource: "https://sqs/1/q".into(),
            parent: None,
            type_name: "AWS::SQS::Queue".into(),
            kind: Kind::Modified,
            path: String::new(),
            expected: None,
            actual: None,
            risk: Risk::Cosmetic,
            who: None,
            when: None,
            revertible: false,
            way_out: None,
            ignored_until: None,
        }];
        explain(&trail, &mut findings).await;
        assert_eq!(findings[0].who.as_deref(), Some("arn:person"));
        assert_eq!(findings[0].when.as_deref(), Some("2026-01-02T03:04:05Z"));
    }

    /// A trail that knows queues by what was done only.
    struct Queues;

    impl Api for Queues {
        async fn call(&self, call: &Call) -> Result<Value, Trouble> {
            let asked = &call.input["LookupAttributes"][0];
            if asked["AttributeValue"] != "SetQueueAttributes" {
                return Ok(json!({"Events": []}));
            }
            let event = |url: &str, who: &str| {
                let told = json!({"eventTime": "2026-01-02T03:04:05Z", "userIdentity": {"arn": who},
                    "requestParameters": {"queueUrl": url}});
                json!({"ReadOnly": "false", "CloudTrailEvent": told.to_string()})
            };
            Ok(json!({"Events": [
                event("https://sqs.eu-central-1.amazonaws.com/1/other", "arn:somebody"),
                event("https://sqs.eu-central-1.amazonaws.com/1/q", "arn:person"),
            ]}))
        }
    }

    #[tokio::test]
    async fn a_queues_change_is_found_by_its_url_in_the_request() {
        let mut trail = super::Trail {
            api: &Queues,
            asked: BTreeMap::new(),
        };
        let url = "https://sqs.eu-central-1.amazonaws.com/1/q";
        let (who, _) = trail.last_change(url).await.unwrap().unwrap();
        assert_eq!(who, "arn:person");
        assert!(
            trail
                .last_change("arn:aws:sns:r:1:t")
                .await
                .unwrap()
                .is_none()
        );
    }
}
