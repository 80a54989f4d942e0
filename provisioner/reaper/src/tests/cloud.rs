//! A scripted CloudFormation and S3 that refuse what AWS refuses, and a clock that only pauses move.

use crate::{Clock, EPHEMERAL, EXPIRES, KIND, MANAGED, NAME};
use requests::{Api, Call, Service, Trouble};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;

/// When the stack's life is over.
pub const EXPIRY: &str = "2026-01-01T12:00:00Z";

pub const STACK_ID: &str =
    "arn:aws:cloudformation:eu-central-1:111122223333:stack/invoicing-pr-1/4f0e";

pub const ROLE: &str = "arn:aws:iam::111122223333:role/deletion";

/// One stack with two buckets, one of which its template retains.
pub struct Cloud {
    pub status: RefCell<String>,
    pub tags: RefCell<BTreeMap<String, String>>,
    pub is_protected: bool,
    /// What each bucket holds.
    pub buckets: RefCell<BTreeMap<String, Vec<String>>>,
    /// How many deletions fail for reasons of their own.
    pub failures: Cell<u32>,
    /// What a function writes late into the bucket, while the deletion runs.
    pub late: Cell<usize>,
    /// After how many answers somebody renews the environment, and to when.
    pub renewal: Cell<Option<(usize, &'static str)>>,
    /// How many more looks find the running operation running.
    pub looks: Cell<u32>,
    /// Objects that nobody may delete.
    pub is_locked: bool,
    pub template: Option<Value>,
    pub calls: RefCell<Vec<Call>>,
    pub now: Cell<Duration>,
    pub time: Duration,
}

impl Cloud {
    /// An expired environment, quiet and with empty buckets.
    pub fn expired() -> Self {
        let tags = [
            (MANAGED, "true"),
            (KIND, EPHEMERAL),
            (NAME, "pr-1"),
            (EXPIRES, EXPIRY),
        ];
        let template = json!({"Resources": {
            "Documents": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Delete"},
            "Kept": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}}});
        Self {
            status: RefCell::new("CREATE_COMPLETE".to_owned()),
            tags: RefCell::new(
                tags.map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .into(),
            ),
            is_protected: false,
            buckets: RefCell::new(BTreeMap::from([
                ("documents".to_owned(), Vec::new()),
                ("kept".to_owned(), vec!["record".to_owned()]),
            ])),
            failures: Cell::new(0),
            late: Cell::new(0),
            renewal: Cell::new(None),
            looks: Cell::new(0),
            is_locked: false,
            template: Some(template),
            calls: RefCell::default(),
            now: Cell::new(Duration::from_secs(1)),
            time: Duration::from_secs(900),
        }
    }

    /// With so many versions in the bucket that goes.
    pub fn holding(self, count: usize) -> Self {
        self.put(count);
        self
    }

    fn put(&self, count: usize) {
        let mut buckets = self.buckets.borrow_mut();
        let bucket = buckets.entry("documents".to_owned()).or_default();
        let already = bucket.len();
        bucket.extend((already..already + count).map(|index| format!("a&b/{index}")));
    }

    /// How often an operation was called.
    pub fn count(&self, operation: &str) -> usize {
        let calls = self.calls.borrow();
        calls
            .iter()
            .filter(|call| call.operation == operation)
            .count()
    }

    /// The inputs of an operation's calls.
    pub fn inputs(&self, operation: &str) -> Vec<Value> {
        let calls = self.calls.borrow();
        let calls = calls.iter().filter(|call| call.operation == operation);
        calls.map(|call| call.input.clone()).collect()
    }

    fn is(&self, status: &str) -> bool {
        *self.status.borrow() == status
    }

    fn becomes(&self, status: &str) {
        *self.status.borrow_mut() = status.to_owned();
    }

    /// What a running operation has come to.
    fn goes_on(&self) {
        if self.looks.get() > 0 {
            self.looks.set(self.looks.get() - 1);
            return;
        }
        if self.is("UPDATE_IN_PROGRESS") {
            self.becomes("UPDATE_COMPLETE");
        } else if self.is("DELETE_IN_PROGRESS") {
            self.put(self.late.take());
            let is_full = !self.buckets.borrow()["documents"].is_empty();
            if is_full || self.failures.get() > 0 {
                self.failures.set(self.failures.get().saturating_sub(1));
                self.becomes("DELETE_FAILED");
            } else {
                self.becomes("DELETE_COMPLETE");
            }
        }
    }

    fn answer(&self, call: &Call) -> Result<Value, Trouble> {
        let refused = |code: &str, message: &str| {
            Err(Trouble::Refused {
                call: call.to_string(),
                code: code.to_owned(),
                message: message.to_owned(),
            })
        };
        match call.operation {
            "DescribeStacks" => {
                assert_eq!(call.input["StackName"], STACK_ID);
                self.goes_on();
                if self.is("GONE") {
                    let message = format!("Stack with id {STACK_ID} does not exist");
                    return refused("ValidationError", &message);
                }
                let tags = self.tags.borrow();
                let tags: Vec<Value> = tags
                    .iter()
                    .map(|(key, value)| json!({"Key": key, "Value": value}))
                    .collect();
                Ok(json!({"Stacks": [{
                    "StackName": "invoicing-pr-1",
                    "StackStatus": *self.status.borrow(),
                    "StackStatusReason": "The following resource(s) failed to delete: [Documents].",
                    "EnableTerminationProtection": self.is_protected.to_string(),
                    "Tags": tags}]}))
            }
            "ListStackResources" if call.input["NextToken"].is_null() => Ok(json!({
                "NextToken": "more",
                "StackResourceSummaries": [
                    resource("Documents", "AWS::S3::Bucket", "documents"),
                    resource("Portal", "AWS::Lambda::Function", "invoicing-pr-1-Portal-1")]})),
            "ListStackResources" => Ok(json!({"StackResourceSummaries": [
                resource("Kept", "AWS::S3::Bucket", "kept"),
                resource("PortalLogs", "AWS::Logs::LogGroup", "invoicing-pr-1-PortalLogs-1"),
                resource("ApiLogs", "AWS::Logs::LogGroup", "/aws/vendedlogs/invoicing-pr-1/api"),
                resource("Bus", "AWS::Events::EventBus", "invoicing-pr-1")]})),
            "GetTemplate" => {
                let body = self
                    .template
                    .as_ref()
                    .map_or("Resources:".to_owned(), Value::to_string);
                Ok(json!({ "TemplateBody": body }))
            }
            "DeleteStack" => {
                assert!(!self.is("UPDATE_IN_PROGRESS"), "CloudFormation refuses");
                self.becomes("DELETE_IN_PROGRESS");
                Ok(Value::Null)
            }
            "ListObjectVersions" => {
                let bucket = bucket_of(call);
                let buckets = self.buckets.borrow();
                let page: Vec<Value> = buckets[&bucket]
                    .iter()
                    .take(1000)
                    .map(|key| json!({"Key": key, "VersionId": "v1"}))
                    .collect();
                Ok(match page.as_slice() {
                    [] => json!({"IsTruncated": "false"}),
                    [only] => json!({"IsTruncated": "false", "DeleteMarker": only}),
                    _ => json!({"IsTruncated": "true", "Version": page}),
                })
            }
            "DeleteObjects" if self.is_locked => Ok(json!({"Error":
                {"Key": "a", "Code": "AccessDenied", "Message": "Access Denied because object protected"}})),
            "DeleteObjects" => {
                let body = call.input.as_str().unwrap_or_default();
                assert!(!body.contains("a&b"), "{body}");
                let bucket = bucket_of(call);
                let mut buckets = self.buckets.borrow_mut();
                let held = buckets.entry(bucket).or_default();
                held.retain(|key| {
                    !body.contains(&format!("<Key>{}</Key>", key.replace('&', "&amp;")))
                });
                Ok(Value::Null)
            }
            "DeleteLogGroup" => Ok(Value::Null),
            "DeleteArchive" => refused("ResourceNotFoundException", "Archive does not exist."),
            other => refused("Unscripted", other),
        }
    }
}

fn resource(logical_id: &str, type_name: &str, physical_id: &str) -> Value {
    json!({"LogicalResourceId": logical_id, "ResourceType": type_name,
        "PhysicalResourceId": physical_id, "ResourceStatus": "CREATE_COMPLETE"})
}

fn bucket_of(call: &Call) -> String {
    let path = call.route.as_ref().map_or("", |(_, path)| path.as_str());
    path.trim_start_matches('/')
        .split('?')
        .next()
        .unwrap_or_default()
        .to_owned()
}

impl Api for Cloud {
    async fn call(&self, call: &Call) -> Result<Value, Trouble> {
        self.calls.borrow_mut().push(call.clone());
        assert!(
            matches!(
                call.service,
                Service::CloudFormation | Service::S3 | Service::Logs | Service::Events
            ),
            "{call}"
        );
        let answer = self.answer(call);
        if let Some((after, until)) = self.renewal.get()
            && self.calls.borrow().len() == after
        {
            let mut tags = self.tags.borrow_mut();
            tags.insert(EXPIRES.to_owned(), until.to_owned());
        }
        answer
    }
}

impl Clock for Cloud {
    fn now(&self) -> OffsetDateTime {
        let expiry = OffsetDateTime::parse(EXPIRY, &time::format_description::well_known::Rfc3339);
        expiry.unwrap_or(OffsetDateTime::UNIX_EPOCH) + self.now.get()
    }

    fn left(&self) -> Duration {
        self.time.saturating_sub(self.now.get())
    }

    async fn pause(&self, time: Duration) {
        self.now.set(self.now.get() + time);
    }
}
