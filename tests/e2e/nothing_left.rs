//! `down` seen from outside: whatever people hung on an environment while it was in use goes with it, and what is somebody
//! else's stays.

use crate::environment::program;
use drift::{Api, Call, Service};
use e2e::{Clients, Program, account_of};
use requests::Signed;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ACCOUNT: &str = "121212121212";

/// The program with the file of ephemeral environments in an account that nobody else uses.
fn in_account() -> (Program, tempfile::TempDir) {
    let program = program();
    let folder = tempfile::tempdir().unwrap();
    let own = account_of(&program, "ephemeral").unwrap();
    let path = program.project().join("environments/ephemeral.yaml");
    let file = std::fs::read_to_string(path)
        .unwrap()
        .replace(&own, ACCOUNT);
    std::fs::write(folder.path().join("ephemeral.yaml"), file).unwrap();
    (program.with_environments(folder.path()), folder)
}

fn json_of(program: &Program, args: &[&str], codes: &[i32]) -> Value {
    let mut all = args.to_vec();
    all.extend(["--env", "ephemeral", "--name", "used", "--target", "local"]);
    program
        .json(&all, codes)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The physical ids of the stack's resources of a type.
async fn ids(clients: &Clients, type_name: &str) -> Vec<String> {
    let told = clients
        .cloudformation
        .describe_stack_resources()
        .stack_name("invoicing-used")
        .send()
        .await
        .unwrap();
    told.stack_resources()
        .iter()
        .filter(|resource| resource.resource_type() == Some(type_name))
        .filter_map(|resource| resource.physical_resource_id().map(str::to_owned))
        .collect()
}

async fn made(cloud: &Signed, service: Service, operation: &'static str, input: Value) -> Value {
    let call = Call::new(service, operation, input);
    let answer = cloud.call(&call).await;
    answer.unwrap_or_else(|trouble| panic!("{operation}: {trouble}"))
}

/// What of the account concerns down, by kind.
async fn account(cloud: &Signed) -> BTreeMap<&'static str, Vec<String>> {
    let lists = [
        (
            "archives",
            Service::Events,
            "ListArchives",
            "Archives",
            "ArchiveName",
        ),
        (
            "aliases",
            Service::Kms,
            "ListAliases",
            "Aliases",
            "AliasName",
        ),
        (
            "buses",
            Service::Events,
            "ListEventBuses",
            "EventBuses",
            "Name",
        ),
        (
            "groups",
            Service::Logs,
            "DescribeLogGroups",
            "logGroups",
            "logGroupName",
        ),
        (
            "machines",
            Service::States,
            "ListStateMachines",
            "stateMachines",
            "name",
        ),
        (
            "subscriptions",
            Service::Sns,
            "ListSubscriptions",
            "Subscriptions",
            "SubscriptionArn",
        ),
    ];
    let mut all = BTreeMap::new();
    for (kind, service, operation, items, name) in lists {
        let told = made(cloud, service, operation, json!({})).await;
        let items = match &told[items] {
            Value::Array(items) => items.clone(),
            Value::Object(_) => vec![told[items].clone()],
            _ => Vec::new(),
        };
        let names = items
            .iter()
            .map(|item| item[name].as_str().unwrap().to_owned());
        all.insert(kind, names.collect());
    }
    let path = "/2015-03-31/event-source-mappings/".to_owned();
    let call = Call::get(Service::Lambda, "ListEventSourceMappings", path);
    let told = cloud.call(&call).await.unwrap();
    let mappings = told["EventSourceMappings"].as_array().unwrap().iter();
    let mappings = mappings.map(|mapping| mapping["UUID"].as_str().unwrap().to_owned());
    all.insert("mappings", mappings.collect());
    all
}

#[tokio::test]
async fn what_people_hung_on_an_environment_goes_with_it_and_theirs_stays() {
    let (program, _folder) = in_account();
    let clients = Clients::of(&program, ACCOUNT).unwrap();
    let cloud = Signed::new(&clients.config).await.unwrap();
    let theirs = made(
        &cloud,
        Service::Sns,
        "CreateTopic",
        json!({"Name": "theirs"}),
    )
    .await;
    let theirs = theirs["TopicArn"].as_str().unwrap().to_owned();
    made(
        &cloud,
        Service::Sqs,
        "CreateQueue",
        json!({"QueueName": "theirs"}),
    )
    .await;
    let before = account(&cloud).await;
    json_of(&program, &["up", "--yes"], &[0]);
    let one = async |type_name| ids(&clients, type_name).await.remove(0);
    let (bus, key) = (
        one("AWS::Events::EventBus").await,
        one("AWS::KMS::Key").await,
    );
    let (function, role) = (
        one("AWS::Lambda::Function").await,
        one("AWS::IAM::Role").await,
    );
    let machine = one("AWS::StepFunctions::StateMachine").await;
    let queue = one("AWS::SQS::Queue").await;
    let queue = format!(
        "arn:aws:sqs:{}:{ACCOUNT}:{}",
        clients.region,
        queue.rsplit('/').next().unwrap()
    );
    let rule =
        json!({"Name": "by-hand", "EventBusName": bus, "EventPattern": "{\"source\":[\"x\"]}"});
    made(&cloud, Service::Events, "PutRule", rule).await;
    let targets =
        json!({"Rule": "by-hand", "EventBusName": bus, "Targets": [{"Id": "1", "Arn": queue}]});
    made(&cloud, Service::Events, "PutTargets", targets).await;
    let arn = format!(
        "arn:aws:events:{}:{ACCOUNT}:event-bus/{bus}",
        clients.region
    );
    let archive = json!({"ArchiveName": "by-hand", "EventSourceArn": arn});
    made(&cloud, Service::Events, "CreateArchive", archive).await;
    let alias = json!({"AliasName": "alias/by-hand", "TargetKeyId": key});
    made(&cloud, Service::Kms, "CreateAlias", alias).await;
    let policy = json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]});
    let policy =
        json!({"RoleName": role, "PolicyName": "by-hand", "PolicyDocument": policy.to_string()});
    made(&cloud, Service::Iam, "PutRolePolicy", policy).await;
    let subscription = json!({"TopicArn": theirs, "Protocol": "sqs", "Endpoint": queue});
    made(&cloud, Service::Sns, "Subscribe", subscription).await;
    let execution = json!({"stateMachineArn": machine, "name": "by-hand", "input": "{}"});
    made(&cloud, Service::States, "StartExecution", execution).await;
    let group = json!({"logGroupName": format!("/aws/lambda/{function}")});
    made(&cloud, Service::Logs, "CreateLogGroup", group).await;
    let theirs = format!("arn:aws:sqs:{}:{ACCOUNT}:theirs", clients.region);
    clients
        .lambda
        .create_event_source_mapping()
        .event_source_arn(theirs)
        .function_name(&function)
        .send()
        .await
        .unwrap();
    for bucket in ids(&clients, "AWS::S3::Bucket").await {
        for key in ["by-hand", "by-hand"] {
            let put = clients.s3.put_object().bucket(&bucket).key(key);
            put.send().await.unwrap();
        }
        let delete = clients.s3.delete_object().bucket(&bucket).key("by-hand");
        delete.send().await.unwrap();
        let upload = clients.s3.create_multipart_upload();
        upload.bucket(&bucket).key("half").send().await.unwrap();
    }
    let down = json_of(&program, &["down", "--yes"], &[0]);
    assert_eq!(down["left"], json!([]));
    for scheduled in down["scheduled"].as_array().unwrap() {
        let what = scheduled["what"].as_str().unwrap();
        assert!(what.contains("AWS::KMS::Key"), "{what}");
    }
    let buckets = clients.s3.list_buckets().send().await.unwrap();
    let buckets = buckets.buckets().iter().filter_map(|bucket| bucket.name());
    let buckets: Vec<&str> = buckets.collect();
    assert!(
        buckets
            .iter()
            .all(|name| name.starts_with("provision-artifacts-")),
        "{buckets:?}"
    );
    let mut after = account(&cloud).await;
    // The bootstrap stack is the account's, and no environment's.
    for kind in after.values_mut() {
        kind.retain(|name| !name.contains("provision-"));
    }
    assert_eq!(after, before);
    // The second has nothing to do.
    let again = json_of(&program, &["down", "--yes"], &[0]);
    assert_eq!((&again["deleted"], &again["left"]), (&json!(0), &json!([])));
}
