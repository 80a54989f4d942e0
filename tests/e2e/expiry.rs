//! Environments whose time is over go by themselves: their own schedule wakes the reaper, which deletes what is expired and
//! nothing else. In accounts of their own.

use crate::environment::{eventually, program};
use aws_sdk_cloudformation::types::{Capability, Tag};
use e2e::{Clients, Program, account_of};
use requests::{Api, Call, Service, Signed};
use serde_json::{Value, json};
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An ephemeral environment in an account that nobody else uses.
struct Ephemeral {
    program: Program,
    clients: Clients,
    cloud: Signed,
    name: &'static str,
    stack: String,
    _folder: tempfile::TempDir,
}

impl Ephemeral {
    async fn new(name: &'static str, account: &str) -> Self {
        let program = program();
        let folder = tempfile::tempdir().unwrap();
        let own = account_of(&program, "ephemeral").unwrap();
        let path = program.project().join("environments/ephemeral.yaml");
        let file = std::fs::read_to_string(path).unwrap();
        let file = file.replace(&own, account);
        std::fs::write(folder.path().join("ephemeral.yaml"), file).unwrap();
        let program = program.with_environments(folder.path());
        let clients = Clients::of(&program, account).unwrap();
        Self {
            cloud: Signed::new(&clients.config).await.unwrap(),
            clients,
            program,
            name,
            stack: format!("invoicing-{name}"),
            _folder: folder,
        }
    }

    fn json(&self, args: &[&str]) -> Value {
        let on = [
            "--env",
            "ephemeral",
            "--name",
            self.name,
            "--target",
            "local",
        ];
        let args = [args, &on].concat();
        self.program
            .json(&args, &[0])
            .unwrap_or_else(|error| panic!("{error}"))
    }

    async fn tags(&self) -> Vec<Tag> {
        let stacks = &self.clients.cloudformation;
        let told = stacks
            .describe_stacks()
            .stack_name(&self.stack)
            .send()
            .await;
        told.unwrap().stacks()[0].tags().to_vec()
    }

    async fn expires(&self) -> String {
        let tags = self.tags().await;
        let expires = tags.iter().find(|tag| tag.key() == Some("expires"));
        expires.unwrap().value().unwrap().to_owned()
    }

    /// The stack's one expiry: its name and schedule.
    async fn schedule(&self) -> (String, Value) {
        let resources = &self.clients.cloudformation;
        let told = resources
            .describe_stack_resource()
            .stack_name(&self.stack)
            .logical_resource_id("Expiry")
            .send()
            .await
            .unwrap();
        let detail = told.stack_resource_detail().unwrap();
        let name = detail.physical_resource_id().unwrap().to_owned();
        let call = Call::get(
            Service::Scheduler,
            "GetSchedule",
            format!("/schedules/{name}"),
        );
        let schedule = self.cloud.call(&call).await.unwrap();
        (name, schedule)
    }

    /// Moves its end, as time would: nobody can wait ten minutes here.
    async fn ends_at(&self, at: OffsetDateTime) {
        let at = at.replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap();
        let tags = self.tags().await.into_iter().map(|tag| match tag.key() {
            Some("expires") => Tag::builder().key("expires").value(&at).build(),
            _ => tag,
        });
        self.clients
            .cloudformation
            .update_stack()
            .stack_name(&self.stack)
            .use_previous_template(true)
            .capabilities(Capability::CapabilityNamedIam)
            .set_tags(Some(tags.collect()))
            .send()
            .await
            .unwrap();
        let (name, mut schedule) = self.schedule().await;
        schedule["ScheduleExpression"] = format!("at({})", at.trim_end_matches('Z')).into();
        let path = format!("/schedules/{name}");
        let call = Call::at(Service::Scheduler, "UpdateSchedule", "PUT", path, schedule);
        self.cloud.call(&call).await.unwrap();
    }

    /// Wakes the reaper for the stack, as anybody might; what it says. The local cloud ends a function's process when
    /// another account deploys one of the same name: then it is woken again, as Lambda would.
    async fn wake(&self) -> Value {
        eventually("an answer of the reaper", || self.woken()).await
    }

    async fn woken(&self) -> Option<Value> {
        let stacks = &self.clients.cloudformation;
        let told = stacks
            .describe_stacks()
            .stack_name(&self.stack)
            .send()
            .await;
        let id = told.unwrap().stacks()[0].stack_id().unwrap().to_owned();
        let answer = self
            .clients
            .lambda
            .invoke()
            .function_name("provision-reaper")
            .payload(json!({ "stackId": id }).to_string().into_bytes().into())
            .send()
            .await
            .unwrap();
        let said: Value = serde_json::from_slice(answer.payload()?.as_ref()).unwrap();
        match answer.function_error() {
            None => Some(said),
            Some(_) if said.to_string().contains("exited") => None,
            Some(_) => panic!("{said}"),
        }
    }

    async fn is_there(&self) -> bool {
        let stacks = &self.clients.cloudformation;
        match stacks
            .describe_stacks()
            .stack_name(&self.stack)
            .send()
            .await
        {
            Ok(told) => told.stacks()[0].stack_status().unwrap().as_str() != "DELETE_COMPLETE",
            Err(_) => false,
        }
    }

    /// What carries the stack's name in the account, seen from outside.
    async fn left(&self) -> Vec<String> {
        let of = |service: Service, operation: &'static str, input: Value| {
            let call = Call::new(service, operation, input);
            async move { self.cloud.call(&call).await.unwrap().to_string() }
        };
        let all = [
            (
                "log groups",
                of(Service::Logs, "DescribeLogGroups", json!({})).await,
            ),
            (
                "archives",
                of(Service::Events, "ListArchives", json!({})).await,
            ),
            (
                "buses",
                of(Service::Events, "ListEventBuses", json!({})).await,
            ),
            ("queues", of(Service::Sqs, "ListQueues", json!({})).await),
            (
                "tables",
                of(Service::DynamoDb, "ListTables", json!({})).await,
            ),
            ("roles", of(Service::Iam, "ListRoles", json!({})).await),
        ];
        let buckets = self.clients.s3.list_buckets().send().await.unwrap();
        let buckets = format!("{:?}", buckets.buckets());
        let path = "/schedules".to_owned();
        let schedules = Call::get(Service::Scheduler, "ListSchedules", path);
        let schedules = self.cloud.call(&schedules).await.unwrap().to_string();
        all.into_iter()
            .chain([("buckets", buckets), ("schedules", schedules)])
            .filter(|(_, text)| {
                text.contains(&format!("{}-", self.stack))
                    || text.contains(&format!("\"{}\"", self.stack))
            })
            .map(|(kind, text)| format!("{kind}: {text}"))
            .collect()
    }
}

#[tokio::test]
async fn an_expired_environment_goes_by_its_own_schedule_with_everything_in_it() {
    let env = Ephemeral::new("by-itself", "434343434343").await;
    let up = env.json(&["up", "--ttl", "1h", "--yes"]);
    let bucket = up["outputs"]["DocumentBucketName"].as_str().unwrap();
    // Two versions and a delete marker, under a key that XML has other letters for.
    let s3 = &env.clients.s3;
    for body in ["one", "two"] {
        let body = body.as_bytes().to_vec().into();
        let put = s3.put_object().bucket(bucket).key("a & b/<c>").body(body);
        put.send().await.unwrap();
    }
    let delete = s3.delete_object().bucket(bucket).key("a & b/<c>");
    delete.send().await.unwrap();
    // Woken before its time, the reaper does nothing.
    let answer = env.wake().await;
    assert_eq!(answer["outcome"], "stays", "{answer}");
    assert!(
        answer["reason"]
            .as_str()
            .unwrap()
            .contains("it lives until")
    );
    let held = s3
        .list_object_versions()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    assert_eq!((held.versions().len(), held.delete_markers().len()), (2, 1));
    let (first, _) = env.schedule().await;
    // Its schedule fires once, and the local cloud tries a function once: see `wake`.
    for _ in 0..3 {
        env.ends_at(OffsetDateTime::now_utc() + Duration::from_secs(2))
            .await;
        for _ in 0..50 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if !env.is_there().await {
                break;
            }
        }
        if !env.is_there().await {
            break;
        }
    }
    assert!(!env.is_there().await, "the environment is still there");
    eventually("that nothing is left", || async {
        env.left().await.is_empty().then_some(())
    })
    .await;
    // One of the same name that comes again has an end of its own.
    env.json(&["up", "--ttl", "1h", "--yes"]);
    let (second, _) = env.schedule().await;
    assert_ne!(first, second);
    assert_eq!(env.json(&["down", "--yes"])["left"], json!([]));
}

#[tokio::test]
async fn the_schedule_moves_with_the_life_of_the_environment() {
    let env = Ephemeral::new("moving", "444455556666").await;
    let mut before = None;
    for (ttl, changed) in [("1h", 310), ("1h", 0), ("2d", 1)] {
        let up = env.json(&["up", "--ttl", ttl, "--yes"]);
        let modified = up["changes"]["modify"].as_u64().unwrap();
        let added = up["changes"]["add"].as_u64().unwrap();
        assert!((modified + added == 0) == (changed == 0), "{ttl}: {up}");
        let expires = env.expires().await;
        let (name, schedule) = env.schedule().await;
        let at = format!("at({})", expires.trim_end_matches('Z'));
        assert_eq!(schedule["ScheduleExpression"], at);
        let before = before.get_or_insert(name.clone());
        assert_eq!(*before, name, "it is the same schedule");
        let diff = env.json(&["diff"]);
        assert_eq!(diff["changes"], json!([]), "{ttl}");
        assert_eq!(diff["tags"], json!([]), "{ttl}");
    }
    env.json(&["down", "--yes"]);
}

#[tokio::test]
async fn an_environment_that_was_renewed_survives_its_old_schedule() {
    let env = Ephemeral::new("renewed-late", "454545454545").await;
    env.json(&["up", "--ttl", "1h", "--yes"]);
    env.ends_at(OffsetDateTime::now_utc() - Duration::from_secs(60))
        .await;
    env.json(&["up", "--ttl", "2h", "--yes"]);
    let answer = env.wake().await;
    assert_eq!(answer["outcome"], "stays", "{answer}");
    assert!(env.is_there().await);
    assert_eq!(env.json(&["diff"])["changes"], json!([]));
    env.json(&["down", "--yes"]);
}
