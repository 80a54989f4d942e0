//! The deployed stack as its template and its physical ids tell it: what `redrive` and `replay` go by. Read from what was
//! deployed, never from what this program would deploy today. It calls nobody.

use serde_json::Value;
use std::collections::BTreeMap;

/// A deployed stack's resources.
#[derive(Debug, Clone)]
pub struct Deployed {
    resources: BTreeMap<String, Resource>,
}

#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub type_name: String,
    pub properties: Value,
    pub metadata: Value,
    pub physical_id: Option<String>,
}

/// A deployed template that is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the deployed template can't be read: {reason}")]
pub struct UnreadableTemplate {
    /// Why.
    pub reason: String,
}

/// A queue of the stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Queue {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its URL.
    pub url: String,
}

/// A bucket of the stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What a rule of the stack can deliver to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A function, invoked asynchronously.
    Function {
        /// Its logical id.
        id: String,
        /// Its name.
        name: String,
    },
    /// A queue.
    Queue(Queue),
    /// A topic: the queues that are subscribed to it, raw.
    Topic {
        /// Its logical id.
        id: String,
        /// The queues.
        subscribed: Vec<Queue>,
    },
}

impl Target {
    /// Its logical id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Target::Function { id, .. } | Target::Topic { id, .. } => id,
            Target::Queue(queue) => &queue.id,
        }
    }
}

impl Deployed {
    /// Reads a template with the physical ids of its resources.
    ///
    /// # Errors
    /// When the text is no JSON or has no resources.
    pub fn read(
        template: &str,
        physical_ids: &BTreeMap<String, String>,
    ) -> Result<Self, UnreadableTemplate> {
        let unreadable = |reason: String| UnreadableTemplate { reason };
        let template: Value =
            serde_json::from_str(template).map_err(|why| unreadable(why.to_string()))?;
        let declared = template["Resources"]
            .as_object()
            .ok_or_else(|| unreadable("it has no `Resources`".to_owned()))?;
        let resources = declared.iter().map(|(id, resource)| {
            let resource = Resource {
                type_name: resource["Type"].as_str().unwrap_or_default().to_owned(),
                properties: resource["Properties"].clone(),
                metadata: resource["Metadata"].clone(),
                physical_id: physical_ids.get(id).cloned(),
            };
            (id.clone(), resource)
        });
        Ok(Self {
            resources: resources.collect(),
        })
    }

    /// The resources of a type, by logical id.
    pub(crate) fn of_type<'a>(
        &'a self,
        type_name: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Resource)> {
        self.resources
            .iter()
            .filter(move |(_, resource)| resource.type_name == type_name)
            .map(|(id, resource)| (id.as_str(), resource))
    }

    /// A queue by its logical id.
    pub(crate) fn queue(&self, id: &str) -> Option<Queue> {
        let resource = self.resources.get(id)?;
        let url = resource.physical_id.clone()?;
        (resource.type_name == "AWS::SQS::Queue").then(|| Queue {
            id: id.to_owned(),
            name: url.rsplit('/').next().unwrap_or_default().to_owned(),
            url,
        })
    }

    /// A bucket by its logical id.
    pub(crate) fn bucket(&self, id: &str) -> Option<Bucket> {
        let resource = self.resources.get(id)?;
        let name = resource.physical_id.clone()?;
        (resource.type_name == "AWS::S3::Bucket").then(|| Bucket {
            id: id.to_owned(),
            name,
        })
    }

    /// The resources that say how what rests in them gets back.
    pub(crate) fn with_ways_back(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.resources
            .iter()
            .map(|(id, resource)| (id.as_str(), &resource.metadata["WayBack"]))
            .filter(|(_, way)| way.is_object())
    }

    /// A function, a queue or a topic by its logical id.
    pub(crate) fn target(&self, id: &str) -> Option<Target> {
        let resource = self.resources.get(id)?;
        match resource.type_name.as_str() {
            "AWS::Lambda::Function" => Some(Target::Function {
                id: id.to_owned(),
                name: resource.physical_id.clone()?,
            }),
            "AWS::SQS::Queue" => self.queue(id).map(Target::Queue),
            "AWS::SNS::Topic" => Some(Target::Topic {
                id: id.to_owned(),
                subscribed: self.subscribed(id),
            }),
            _ => None,
        }
    }

    /// The function, queue or topic of ours that an ARN names. Versions and aliases of a function are the function.
    pub(crate) fn target_by_arn(&self, arn: &str) -> Option<Target> {
        let mut parts = arn.splitn(6, ':').skip(2);
        let (service, _, _, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (type_name, name) = match service {
            "lambda" => {
                let name = rest.strip_prefix("function:")?;
                ("AWS::Lambda::Function", name.split(':').next()?)
            }
            "sqs" => ("AWS::SQS::Queue", rest),
            "sns" => ("AWS::SNS::Topic", rest),
            _ => return None,
        };
        let is_named = |physical: &str| physical.rsplit(['/', ':']).next() == Some(name);
        let (id, _) = self
            .of_type(type_name)
            .find(|(_, resource)| resource.physical_id.as_deref().is_some_and(is_named))?;
        self.target(id)
    }

    /// The logical id of the rule of ours that a name or an ARN names.
    pub(crate) fn rule_named(&self, name_or_arn: &str) -> Option<&str> {
        let name = rule_name(name_or_arn);
        self.of_type("AWS::Events::Rule")
            .find(|(_, rule)| {
                rule.physical_id
                    .as_deref()
                    .is_some_and(|id| rule_name(id) == name)
            })
            .map(|(id, _)| id)
    }

    /// Logical ids of what a rule delivers to.
    pub(crate) fn targets_of_rule(&self, rule: &str) -> Vec<&str> {
        let targets = self
            .resources
            .get(rule)
            .map(|rule| &rule.properties["Targets"]);
        let targets = targets.and_then(Value::as_array).into_iter().flatten();
        targets
            .filter_map(|target| reference(&target["Arn"]))
            .collect()
    }

    /// Logical ids of the functions at the end of a rule, behind its queues and topics.
    pub(crate) fn functions_of_rule(&self, rule: &str) -> Vec<&str> {
        let mut functions = Vec::new();
        for target in self.targets_of_rule(rule) {
            match self.resources.get(target).map(|r| r.type_name.as_str()) {
                Some("AWS::Lambda::Function") => functions.push(target),
                Some("AWS::SQS::Queue") => functions.extend(self.pollers(target)),
                Some("AWS::SNS::Topic") => {
                    for queue in self.subscriptions(target) {
                        functions.extend(self.pollers(queue));
                    }
                }
                _ => {}
            }
        }
        functions.dedup();
        functions
    }

    fn pollers<'a>(&'a self, queue: &'a str) -> impl Iterator<Item = &'a str> {
        self.of_type("AWS::Lambda::EventSourceMapping")
            .filter(move |(_, mapping)| {
                reference(&mapping.properties["EventSourceArn"]) == Some(queue)
            })
            .filter_map(|(_, mapping)| reference(&mapping.properties["FunctionName"]))
    }

    fn subscriptions<'a>(&'a self, topic: &'a str) -> impl Iterator<Item = &'a str> {
        self.of_type("AWS::SNS::Subscription")
            .filter(move |(_, subscription)| {
                reference(&subscription.properties["TopicArn"]) == Some(topic)
                    && subscription.properties["Protocol"] == "sqs"
            })
            .filter_map(|(_, subscription)| reference(&subscription.properties["Endpoint"]))
    }

    fn subscribed(&self, topic: &str) -> Vec<Queue> {
        self.subscriptions(topic)
            .filter_map(|queue| self.queue(queue))
            .collect()
    }
}

/// The logical id that a `Ref` or an `Fn::GetAtt` names.
pub(crate) fn reference(value: &Value) -> Option<&str> {
    if let Some(id) = value["Ref"].as_str() {
        return Some(id);
    }
    match &value["Fn::GetAtt"] {
        Value::Array(parts) => parts.first()?.as_str(),
        Value::String(text) => text.split('.').next(),
        _ => None,
    }
}

/// A rule's name from its ARN, or from the physical id that CloudFormation gives it (`bus|name`).
pub(crate) fn rule_name(text: &str) -> &str {
    text.rsplit(['|', '/']).next().unwrap_or(text)
}
