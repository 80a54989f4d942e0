//! Who changed what, and when: the account's trail, where it can be read. Newest write first, CloudFormation's own left out.

use crate::finding::Finding;
use crate::resolve::tail;
use requests::{Api, Call, Service, Trouble};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The trail answers two questions a second: more resources than these are not asked about.
const MOST: usize = 20;

/// Fills in who and when, as far as the trail tells. A trail that can't be read tells nothing.
pub async fn explain(api: &impl Api, findings: &mut [Finding]) {
    let mut known: BTreeMap<String, Option<(String, String)>> = BTreeMap::new();
    for finding in findings {
        let name = tail(&finding.resource)
            .rsplit('/')
            .next()
            .unwrap_or_default();
        if !known.contains_key(name) {
            if known.len() == MOST {
                continue;
            }
            match last_change(api, name).await {
                Ok(change) => {
                    known.insert(name.to_owned(), change);
                }
                Err(_) => return,
            }
        }
        if let Some(Some((who, when))) = known.get(name) {
            finding.who = Some(who.clone());
            finding.when = Some(when.clone());
        }
    }
}

async fn last_change(api: &impl Api, name: &str) -> Result<Option<(String, String)>, Trouble> {
    let input = json!({"MaxResults": 50, "LookupAttributes": [
        {"AttributeKey": "ResourceName", "AttributeValue": name}]});
    let answer = api
        .call(&Call::new(Service::CloudTrail, "LookupEvents", input))
        .await?;
    let events = answer["Events"].as_array().into_iter().flatten();
    let mut writes = events
        .filter(|event| event["ReadOnly"] != "true")
        .filter_map(|event| {
            let told: Value = serde_json::from_str(event["CloudTrailEvent"].as_str()?).ok()?;
            let identity = &told["userIdentity"];
            if identity["invokedBy"] == "cloudformation.amazonaws.com" {
                return None;
            }
            let who = [&identity["arn"], &event["Username"]];
            let who = who.into_iter().find_map(Value::as_str)?.to_owned();
            Some((who, told["eventTime"].as_str()?.to_owned()))
        });
    Ok(writes.next())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::finding::{Kind, Risk};

    struct Trail(Value);

    impl Api for Trail {
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
        let trail = Trail(json!({"Events": [
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
            ignored_until: None,
        }];
        explain(&trail, &mut findings).await;
        assert_eq!(findings[0].who.as_deref(), Some("arn:person"));
        assert_eq!(findings[0].when.as_deref(), Some("2026-01-02T03:04:05Z"));
    }
}
