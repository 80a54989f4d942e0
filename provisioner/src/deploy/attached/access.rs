//! What hangs on roles and keys: policies, instance profiles, aliases.

use super::super::inventory::{Holdings, list, pages};
use super::{Attachment, attachment};
use drift::{Api, Call, Resource, Service, Trouble};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

impl Holdings {
    /// Policies and instance profiles that our roles were given beside the template: IAM deletes no role that has any.
    pub(super) async fn policies(&self, api: &impl Api) -> Result<Vec<Attachment>, Trouble> {
        let roles: BTreeMap<&str, &Resource> = self
            .stack
            .of("AWS::IAM::Role")
            .map(|role| (role.name(), role))
            .collect();
        if roles.is_empty() {
            return Ok(Vec::new());
        }
        let input = json!({"Filter": ["Role"], "MaxItems": 1000});
        let call = Call::new(Service::Iam, "GetAccountAuthorizationDetails", input);
        let details = pages(api, call, "RoleDetailList", ("Marker", "Marker")).await?;
        let mut found = Vec::new();
        for detail in &details {
            let name = detail["RoleName"].as_str().unwrap_or_default();
            let Some(role) = roles.get(name) else {
                continue;
            };
            let declared = self.declared_policies(role);
            let undo = |operation, member: &str, value: &str| {
                let mut input = json!({ "RoleName": name });
                input[member] = value.into();
                vec![Call::new(Service::Iam, operation, input)]
            };
            let kinds = [
                (
                    "RolePolicyList",
                    "PolicyName",
                    "DeleteRolePolicy",
                    "inline policy",
                ),
                (
                    "AttachedManagedPolicies",
                    "PolicyArn",
                    "DetachRolePolicy",
                    "policy",
                ),
                (
                    "InstanceProfileList",
                    "InstanceProfileName",
                    "RemoveRoleFromInstanceProfile",
                    "instance profile",
                ),
            ];
            for (members, id, operation, kind) in kinds {
                for one in list(&detail[members]) {
                    let Some(value) = one[id].as_str().filter(|id| !declared.contains(*id)) else {
                        continue;
                    };
                    found.push(attachment(kind, value, role, undo(operation, id, value)));
                }
            }
        }
        Ok(found)
    }

    /// Names and ARNs of the policies that the template gives to roles.
    fn declared_policies(&self, role: &Resource) -> BTreeSet<String> {
        let of = |property: &str| role.properties.get(property).map(list).unwrap_or_default();
        let inline = of("Policies")
            .into_iter()
            .filter_map(|policy| policy["PolicyName"].as_str());
        let managed = of("ManagedPolicyArns")
            .into_iter()
            .filter_map(Value::as_str);
        let apart = ["AWS::IAM::Policy", "AWS::IAM::RolePolicy"];
        let apart = self.stack.resources.iter().filter_map(|resource| {
            let is = apart.contains(&resource.type_name.as_str());
            is.then(|| resource.text("PolicyName")).flatten()
        });
        inline
            .chain(managed)
            .chain(apart)
            .map(str::to_owned)
            .collect()
    }

    /// Names that people gave our keys.
    pub(super) async fn aliases(&self, api: &impl Api) -> Result<Vec<Attachment>, Trouble> {
        let keys: BTreeMap<&str, &Resource> = self
            .stack
            .of("AWS::KMS::Key")
            .map(|key| (key.name(), key))
            .collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let declared: BTreeSet<&str> = self
            .stack
            .of("AWS::KMS::Alias")
            .flat_map(|alias| [Some(alias.physical_id.as_str()), alias.text("AliasName")])
            .flatten()
            .collect();
        let call = Call::new(Service::Kms, "ListAliases", json!({ "Limit": 100 }));
        let aliases = pages(api, call, "Aliases", ("NextMarker", "Marker")).await?;
        let ours = aliases.iter().filter_map(|alias| {
            let name = alias["AliasName"].as_str()?;
            let key = keys.get(alias["TargetKeyId"].as_str()?)?;
            (!declared.contains(name)).then(|| {
                let input = json!({ "AliasName": name });
                let calls = vec![Call::new(Service::Kms, "DeleteAlias", input)];
                attachment("alias", name, key, calls)
            })
        });
        Ok(ours.collect())
    }
}
