//! What a deleted stack leaves beside it, as far as its own list of resources names it: the log group that a late invocation
//! makes again, and the archive that the local cloud gets beside the stack.
//!
//! Not looked at: subscriptions, backups, keys. `provision down` and `provision reap` take the full inventory.

use crate::stack::Resource;
use requests::{Api, Call, Service, Trouble};
use serde_json::json;

/// Deletes what is left. What can't be deleted is no reason to fail: the stack is gone. The names of what went.
pub async fn sweep(api: &impl Api, stack: &str, resources: &[Resource]) -> Vec<String> {
    let mut went = Vec::new();
    let of = |type_name: &'static str| {
        resources
            .iter()
            .filter(move |resource| resource.type_name == type_name)
    };
    for function in of("AWS::Lambda::Function") {
        let name = format!("/aws/lambda/{}", function.physical_id);
        let input = json!({ "logGroupName": name });
        let call = Call::new(Service::Logs, "DeleteLogGroup", input);
        if done(api.call(&call).await) {
            went.push(name);
        }
    }
    // Of a stack with an archive of its own it went with it, and one of that name belongs to a stack that was made since.
    if of("AWS::Events::EventBus").next().is_some() && of("AWS::Events::Archive").next().is_none() {
        let input = json!({ "ArchiveName": stack });
        let call = Call::new(Service::Events, "DeleteArchive", input);
        if done(api.call(&call).await) {
            went.push(format!("archive {stack}"));
        }
    }
    went
}

fn done<T>(answer: Result<T, Trouble>) -> bool {
    answer.is_ok()
}
