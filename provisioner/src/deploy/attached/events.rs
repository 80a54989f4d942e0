//! What hangs on buses and registries: rules, archives, replays, schemas.

use super::super::inventory::{Holdings, delete_archive, list, name_of, pages};
use super::{Attachment, attachment};
use drift::{Api, Call, Service, Trouble};
use serde_json::{Value, json};

impl Holdings {
    /// Rules on our buses. Those that a service manages go with what they serve.
    pub(super) async fn rules(&self, api: &impl Api) -> Result<Vec<Attachment>, Trouble> {
        let declared = self.names("AWS::Events::Rule");
        let mut found = Vec::new();
        for bus in self.stack.of("AWS::Events::EventBus") {
            let on_bus = json!({"EventBusName": bus.name(), "Limit": 100});
            let call = Call::new(Service::Events, "ListRules", on_bus);
            for rule in pages(api, call, "Rules", ("NextToken", "NextToken")).await? {
                let name = rule["Name"].as_str().unwrap_or_default();
                if declared.contains(name) || rule["ManagedBy"].is_string() {
                    continue;
                }
                let of_rule = json!({"EventBusName": bus.name(), "Rule": name});
                let call = Call::new(Service::Events, "ListTargetsByRule", of_rule);
                let targets = pages(api, call, "Targets", ("NextToken", "NextToken")).await?;
                let ids: Vec<&Value> = targets.iter().map(|target| &target["Id"]).collect();
                let mut calls = Vec::new();
                if !ids.is_empty() {
                    let input = json!({"EventBusName": bus.name(), "Rule": name, "Ids": ids});
                    calls.push(Call::new(Service::Events, "RemoveTargets", input));
                }
                let input = json!({"EventBusName": bus.name(), "Name": name});
                calls.push(Call::new(Service::Events, "DeleteRule", input));
                found.push(attachment("rule", name, bus, calls));
            }
        }
        Ok(found)
    }

    /// Archives of our buses: each has a rule there that only goes with it.
    pub(super) async fn archives(&self, api: &impl Api) -> Result<Vec<Attachment>, Trouble> {
        let declared = self.names("AWS::Events::Archive");
        let mut found = Vec::new();
        for bus in self.stack.of("AWS::Events::EventBus") {
            let arn = self.arn("events", &format!("event-bus/{}", bus.name()));
            let call = Call::new(
                Service::Events,
                "ListArchives",
                json!({ "EventSourceArn": arn }),
            );
            for archive in pages(api, call, "Archives", ("NextToken", "NextToken")).await? {
                let name = archive["ArchiveName"].as_str().unwrap_or_default();
                if archive["EventSourceArn"] == *arn
                    && !declared.contains(name)
                    && name != self.archive
                {
                    let calls = vec![delete_archive(name)];
                    found.push(attachment("archive", name, bus, calls));
                }
            }
        }
        Ok(found)
    }

    /// Replays that still send events to our buses.
    pub(super) async fn replays(&self, api: &impl Api) -> Result<Vec<Attachment>, Trouble> {
        let mut found = Vec::new();
        for bus in self.stack.of("AWS::Events::EventBus") {
            let arn = self.arn("events", &format!("archive/{}", self.archive));
            let call = Call::new(
                Service::Events,
                "ListReplays",
                json!({ "EventSourceArn": arn }),
            );
            for replay in pages(api, call, "Replays", ("NextToken", "NextToken")).await? {
                let name = replay["ReplayName"].as_str().unwrap_or_default();
                if matches!(replay["State"].as_str(), Some("STARTING" | "RUNNING")) {
                    let input = json!({ "ReplayName": name });
                    let calls = vec![Call::new(Service::Events, "CancelReplay", input)];
                    found.push(attachment("running replay", name, bus, calls));
                }
            }
        }
        Ok(found)
    }

    /// Schemas that were put into our registries, which are deleted only empty.
    pub(super) async fn schemas(&self, api: &impl Api) -> Result<Vec<Attachment>, Trouble> {
        let declared = self.names("AWS::EventSchemas::Schema");
        let mut found = Vec::new();
        for registry in self.stack.of("AWS::EventSchemas::Registry") {
            let path = format!("/v1/registries/name/{}/schemas", registry.name());
            let all = format!("{path}?limit=100");
            let call = Call::get(Service::Schemas, "ListSchemas", all);
            let answer = api.call(&call).await?;
            for schema in list(&answer["Schemas"]) {
                let name = schema["SchemaName"].as_str().unwrap_or_default();
                let is_declared = declared.iter().any(|id| *id == name || name_of(id) == name);
                if !is_declared {
                    let path = format!("{path}/name/{}", name.replace('@', "%40"));
                    let call = Call::at(
                        Service::Schemas,
                        "DeleteSchema",
                        "DELETE",
                        path,
                        Value::Null,
                    );
                    found.push(attachment("schema", name, registry, vec![call]));
                }
            }
        }
        Ok(found)
    }
}
