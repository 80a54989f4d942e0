//! What a deleted stack leaves beside it, as far as its own list of resources names it: the log groups that a late invocation
//! makes again, and the archive that the local cloud gets beside the stack.
//!
//! Not looked at: subscriptions, backups, keys, what others hung on the stack. `provision down` and `provision reap` take the
//! full inventory.

use crate::stack::Resource;
use requests::{Api, Call, Service, Trouble};
use serde::Serialize;
use serde_json::json;

/// What was swept up, and what could not be.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// What went.
    pub went: Vec<String>,
    /// What may be left, and why. The stack is gone, so that it is no reason to fail.
    pub left: Vec<String>,
}

/// Log groups with fixed names: one of that name may belong to a stack that was made since.
const FIXED: &str = "/aws/vendedlogs/";

/// Deletes what is left.
pub async fn sweep(api: &impl Api, stack: &str, resources: &[Resource]) -> Swept {
    let of = |type_name: &'static str| {
        resources
            .iter()
            .filter(move |resource| resource.type_name == type_name)
            .map(|resource| resource.physical_id.as_str())
    };
    let groups = of("AWS::Lambda::Function")
        .map(|function| format!("/aws/lambda/{function}"))
        .chain(of("AWS::Logs::LogGroup").map(str::to_owned))
        .filter(|group| !group.starts_with(FIXED));
    let mut calls: Vec<(String, Call)> = groups
        .map(|group| {
            let input = json!({ "logGroupName": group });
            let call = Call::new(Service::Logs, "DeleteLogGroup", input);
            (format!("log group {group}"), call)
        })
        .collect();
    // Of a stack with an archive of its own it went with it, and one of that name belongs to a stack that was made since.
    if of("AWS::Events::EventBus").next().is_some() && of("AWS::Events::Archive").next().is_none() {
        let input = json!({ "ArchiveName": stack });
        let call = Call::new(Service::Events, "DeleteArchive", input);
        calls.push((format!("archive {stack}"), call));
    }
    let mut swept = Swept::default();
    for (what, call) in calls {
        match api.call(&call).await {
            Ok(_) => swept.went.push(what),
            Err(trouble) if trouble.is_absence() => {}
            Err(trouble @ Trouble::Refused { .. }) => swept.left.push(format!("{what}: {trouble}")),
            Err(trouble) => {
                swept
                    .left
                    .push(format!("{what} and what follows: {trouble}"));
                break;
            }
        }
    }
    swept
}
