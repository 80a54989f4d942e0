//! From a deployed template to what each resource was told: intrinsic functions evaluated against physical ids and
//! attributes. What can't be known stays unknown, and is compared with nothing.

use crate::detect::Target;
use cfn::Template;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Where a stack is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The region.
    pub region: String,
    /// The account's 12 digits.
    pub account: String,
    /// The stack's name.
    pub stack_name: String,
    /// The stack's ARN.
    pub stack_id: String,
}

/// A resource of the deployed stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its name in the template.
    pub logical_id: String,
    /// CloudFormation's type.
    pub type_name: String,
    /// Its id at its service.
    pub physical_id: String,
    /// What it was told, resolved. Unknown values are [`unknown`].
    pub properties: Map<String, Value>,
    /// Whether its environment keeps what it holds when the resource goes: its `DeletionPolicy` is not `Delete`.
    pub kept: bool,
}

impl Resource {
    /// A property that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.properties.get(name)?.as_str()
    }

    /// The last part of the physical id: composite ids are joined by `|`, ARNs by `:` or `/`.
    pub fn name(&self) -> &str {
        tail(&self.physical_id)
    }
}

/// A deployed stack, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// Where it is.
    pub place: Place,
    /// Tags of the stack itself: CloudFormation puts them on every resource that can carry tags.
    pub tags: BTreeMap<String, String>,
    /// Its resources, sorted by logical id.
    pub resources: Vec<Resource>,
    /// Where it runs.
    pub target: Target,
    /// Resources that were never made: no physical id.
    pub unmade: Vec<(String, String)>,
}

impl Stack {
    /// The resources of a type.
    pub fn of<'a>(&'a self, type_name: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources
            .iter()
            .filter(move |resource| resource.type_name == type_name)
    }
}

/// Attributes that were read, by logical id and name.
pub type Attributes = BTreeMap<String, BTreeMap<String, String>>;

/// The attribute that says what `Ref` gives where it is not the recorded id: somebody made the resource again.
pub const REF: &str = "Ref";

/// The mark of a value that nobody could resolve.
const UNKNOWN: &str = "\u{0}unknown";

/// Whether a value, or a part of a text, is not known.
pub fn unknown(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains(UNKNOWN))
}

/// The last part of a composite id.
pub fn tail(id: &str) -> &str {
    let id = id.rsplit('|').next().unwrap_or(id);
    if id.starts_with("arn:") {
        return id.rsplit([':', '/']).next().unwrap_or(id);
    }
    id
}

/// Resolves a template. `physical` maps logical to physical ids; `read` holds attributes from the services, which come
/// before those that follow from an id's form.
pub fn resolve(
    template: &Template,
    place: &Place,
    physical: &BTreeMap<String, String>,
    read: &Attributes,
    tags: &BTreeMap<String, String>,
) -> Stack {
    let scope = Scope {
        template,
        place,
        physical,
        read,
    };
    let (mut resources, mut unmade) = (Vec::new(), Vec::new());
    for (logical_id, resource) in template.resources() {
        let type_name = resource["Type"].as_str().unwrap_or_default().to_owned();
        let Some(physical_id) = physical.get(logical_id) else {
            unmade.push((logical_id.to_owned(), type_name));
            continue;
        };
        let properties = match scope.value(&resource["Properties"]) {
            Value::Object(properties) => properties,
            _ => Map::new(),
        };
        resources.push(Resource {
            logical_id: logical_id.to_owned(),
            type_name,
            physical_id: physical_id.clone(),
            properties,
            kept: resource["DeletionPolicy"]
                .as_str()
                .is_some_and(|policy| policy != "Delete"),
        });
    }
    Stack {
        place: place.clone(),
        tags: tags.clone(),
        target: Target::Aws,
        resources,
        unmade,
    }
}

struct Scope<'a> {
    template: &'a Template,
    place: &'a Place,
    physical: &'a BTreeMap<String, String>,
    read: &'a Attributes,
}

impl Scope<'_> {
    fn value(&self, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                if members.len() == 1
                    && let Some((name, argument)) = members.iter().next()
                    && let Some(resolved) = self.function(name, argument)
                {
                    return resolved;
                }
                Value::Object(
                    members
                        .iter()
                        .map(|(key, member)| (key.clone(), self.value(member)))
                        .filter(|(_, member)| *member != NO_VALUE)
                        .collect(),
                )
            }
            Value::Array(elements) => elements
                .iter()
                .map(|element| self.value(element))
                .filter(|element| *element != NO_VALUE)
                .collect(),
            scalar => scalar.clone(),
        }
    }

    fn function(&self, name: &str, argument: &Value) -> Option<Value> {
        Some(match (name, argument) {
            ("Ref", Value::String(id)) => self.reference(id),
            ("Fn::GetAtt", Value::String(text)) => match text.split_once('.') {
                Some((id, attribute)) => self.attribute(id, attribute).into(),
                None => UNKNOWN.into(),
            },
            ("Fn::GetAtt", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(id), Value::String(attribute)] => {
                    self.attribute(id, attribute).into()
                }
                _ => UNKNOWN.into(),
            },
            ("Fn::Sub", Value::String(text)) => self.substitute(text, &Map::new()).into(),
            ("Fn::Sub", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(text), Value::Object(own)] => self.substitute(text, own).into(),
                _ => UNKNOWN.into(),
            },
            ("Fn::Join", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(delimiter), Value::Array(values)] => {
                    let texts: Vec<String> = values
                        .iter()
                        .map(|value| text_of(&self.value(value)))
                        .collect();
                    texts.join(delimiter).into()
                }
                _ => UNKNOWN.into(),
            },
            ("Fn::Split", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(delimiter), text] => text_of(&self.value(text))
                    .split(delimiter.as_str())
                    .collect(),
                _ => UNKNOWN.into(),
            },
            ("Fn::Select", Value::Array(parts)) => match parts.as_slice() {
                [index, list] => text_of(index)
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| self.value(list).get(index).cloned())
                    .unwrap_or_else(|| UNKNOWN.into()),
                _ => UNKNOWN.into(),
            },
            (name, _) if name.starts_with("Fn::") => UNKNOWN.into(),
            _ => return None,
        })
    }

    fn reference(&self, id: &str) -> Value {
        let place = self.place;
        if let Some(read) = self.read.get(id).and_then(|read| read.get(REF)) {
            return read.as_str().into();
        }
        match id {
            "AWS::AccountId" => place.account.as_str().into(),
            "AWS::Partition" => place.partition.as_str().into(),
            "AWS::Region" => place.region.as_str().into(),
            "AWS::StackId" => place.stack_id.as_str().into(),
            "AWS::StackName" => place.stack_name.as_str().into(),
            "AWS::URLSuffix" if place.partition == "aws-cn" => "amazonaws.com.cn".into(),
            "AWS::URLSuffix" => "amazonaws.com".into(),
            "AWS::NoValue" => NO_VALUE,
            _ => match self.physical.get(id) {
                Some(physical) => ref_of(self.type_of(id), physical).into(),
                // A parameter has its default, unless somebody gave another value: ours have none.
                None => self
                    .template
                    .members()
                    .get("Parameters")
                    .and_then(|all| all.get(id)?.get("Default").cloned())
                    .unwrap_or_else(|| UNKNOWN.into()),
            },
        }
    }

    fn type_of(&self, id: &str) -> &str {
        let resource = self.template.resource(id);
        resource
            .and_then(|resource| resource["Type"].as_str())
            .unwrap_or_default()
    }

    fn attribute(&self, id: &str, attribute: &str) -> String {
        if let Some(read) = self.read.get(id).and_then(|read| read.get(attribute)) {
            return read.clone();
        }
        let Some(physical) = self.physical.get(id) else {
            return UNKNOWN.to_owned();
        };
        let resource = self.template.resource(id);
        let properties = resource.map_or(&Value::Null, |resource| &resource["Properties"]);
        let told = |name: &str| text_of(&self.value(&properties[name]));
        formed(self.type_of(id), physical, attribute, self.place, &told)
            .unwrap_or_else(|| UNKNOWN.to_owned())
    }

    fn substitute(&self, text: &str, own: &Map<String, Value>) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                out.push_str("${");
                rest = after;
                break;
            };
            rest = behind;
            if let Some(literal) = name.strip_prefix('!') {
                out.push_str("${");
                out.push_str(literal);
                out.push('}');
            } else if let Some(value) = own.get(name) {
                out.push_str(&text_of(&self.value(value)));
            } else {
                match name.split_once('.') {
                    Some((id, attribute)) => out.push_str(&self.attribute(id, attribute)),
                    None => out.push_str(&text_of(&self.reference(name))),
                }
            }
        }
        out.push_str(rest);
        out
    }
}

const NO_VALUE: Value = Value::Null;

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => UNKNOWN.to_owned(),
        other => other.to_string(),
    }
}

/// What `Ref` gives. Mostly the physical id; not where the emulator's or the registry's id is a composite one.
fn ref_of(type_name: &str, physical: &str) -> String {
    match type_name {
        "AWS::ApiGatewayV2::Integration" | "AWS::ApiGatewayV2::Authorizer" => {
            let id = physical.rsplit(['|', '/']).next();
            id.unwrap_or(physical).to_owned()
        }
        _ => physical.to_owned(),
    }
}

/// Attributes that follow from a physical id's form. The rest (a stream's ARN holds the time of its making) must be read.
fn formed(
    type_name: &str,
    physical: &str,
    attribute: &str,
    place: &Place,
    told: &dyn Fn(&str) -> String,
) -> Option<String> {
    let Place {
        partition,
        region,
        account,
        ..
    } = place;
    let arn = |service: &str, rest: String| {
        Some(format!(
            "arn:{partition}:{service}:{region}:{account}:{rest}"
        ))
    };
    let name = tail(physical);
    let text = match (type_name, attribute) {
        ("AWS::SQS::Queue", "Arn") => return arn("sqs", last(physical, '/')),
        ("AWS::SQS::Queue", "QueueName") => last(physical, '/'),
        ("AWS::SQS::Queue", "QueueUrl") => physical.to_owned(),
        ("AWS::SNS::Topic", "TopicArn") | ("AWS::StepFunctions::StateMachine", "Arn") => {
            physical.to_owned()
        }
        ("AWS::SNS::Topic", "TopicName") | ("AWS::StepFunctions::StateMachine", "Name") => {
            last(physical, ':')
        }
        ("AWS::Lambda::Function", "Arn") => return arn("lambda", format!("function:{name}")),
        ("AWS::IAM::Role", "Arn") => format!("arn:{partition}:iam::{account}:role/{name}"),
        ("AWS::DynamoDB::Table", "Arn") => return arn("dynamodb", format!("table/{name}")),
        ("AWS::Events::EventBus", "Arn") => return arn("events", format!("event-bus/{name}")),
        ("AWS::Events::EventBus", "Name") => name.to_owned(),
        ("AWS::Events::Archive", "Arn") => return arn("events", format!("archive/{name}")),
        ("AWS::Events::Rule", "Arn") => {
            let bus = told("EventBusName");
            let bus = last(&bus, '/');
            return match bus.as_str() {
                "" | "default" | UNKNOWN => arn("events", format!("rule/{name}")),
                bus => arn("events", format!("rule/{bus}/{name}")),
            };
        }
        ("AWS::Logs::LogGroup", "Arn") => return arn("logs", format!("log-group:{physical}:*")),
        ("AWS::Logs::DeliveryDestination", "Arn") => {
            return arn("logs", format!("delivery-destination:{name}"));
        }
        ("AWS::Logs::DeliverySource", "Arn") => {
            return arn("logs", format!("delivery-source:{name}"));
        }
        ("AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm", "Arn") => {
            return arn("cloudwatch", format!("alarm:{name}"));
        }
        ("AWS::KMS::Key", "Arn") => return arn("kms", format!("key/{name}")),
        ("AWS::KMS::Key", "KeyId") => name.to_owned(),
        ("AWS::S3::Bucket", "Arn") => format!("arn:{partition}:s3:::{physical}"),
        ("AWS::ApiGatewayV2::Api", "ApiId") => physical.to_owned(),
        ("AWS::ApiGatewayV2::Authorizer", "AuthorizerId") => last(physical, '|'),
        ("AWS::Scheduler::Schedule", "Arn") => {
            return arn("scheduler", format!("schedule/default/{name}"));
        }
        ("AWS::Lambda::EventSourceMapping", "Id") => physical.to_owned(),
        _ => return None,
    };
    Some(text)
}

/// The ARN of a resource, where it follows from its id. A dashboard has no attribute for it.
pub fn arn_of(stack: &Stack, resource: &Resource) -> Option<String> {
    let Place {
        partition,
        region,
        account,
        ..
    } = &stack.place;
    match resource.type_name.as_str() {
        "AWS::CloudWatch::Dashboard" => Some(format!(
            "arn:{partition}:cloudwatch::{account}:dashboard/{}",
            resource.physical_id
        )),
        "AWS::Lambda::EventSourceMapping" => Some(format!(
            "arn:{partition}:lambda:{region}:{account}:event-source-mapping:{}",
            resource.physical_id
        )),
        type_name => {
            let told = |name: &str| resource.text(name).unwrap_or_default().to_owned();
            formed(type_name, &resource.physical_id, "Arn", &stack.place, &told)
        }
    }
}

fn last(id: &str, separator: char) -> String {
    id.rsplit(separator).next().unwrap_or(id).to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            partition: "aws".into(),
            region: "eu-central-1".into(),
            account: "111122223333".into(),
            stack_name: "s".into(),
            stack_id: "arn:s".into(),
        }
    }

    #[test]
    fn every_intrinsic_of_ours_resolves_to_what_cloudformation_makes_of_it() {
        let template = Template::parse(
            r#"{"Resources":{
            "Q":{"Type":"AWS::SQS::Queue"},
            "B":{"Type":"AWS::Events::EventBus"},
            "R":{"Type":"AWS::Events::Rule","Properties":{"EventBusName":{"Ref":"B"}}},
            "T":{"Type":"AWS::DynamoDB::Table"},
            "X":{"Type":"T","Properties":{
                "ref":{"Ref":"Q"},"arn":{"Fn::GetAtt":["Q","Arn"]},"rule":{"Fn::GetAtt":["R","Arn"]},
                "sub":{"Fn::Sub":"${AWS::Region}/${Q.QueueName}/${!literal}"},
                "join":{"Fn::Join":["-",["a",{"Ref":"AWS::AccountId"}]]},
                "none":{"Ref":"AWS::NoValue"},
                "piece":{"Fn::Select":["1",{"Fn::Split":[":",{"Ref":"AWS::StackId"}]}]},
                "stream":{"Fn::GetAtt":["T","StreamArn"]},
                "imported":{"Fn::ImportValue":"x"}}}}}"#,
        )
        .unwrap();
        let physical = [
            (
                "Q",
                "https://sqs.eu-central-1.amazonaws.com/111122223333/q-1",
            ),
            ("B", "bus"),
            ("R", "bus|rule-1"),
            ("T", "t"),
            ("X", "x"),
        ];
        let physical = physical
            .map(|(logical, id)| (logical.to_owned(), id.to_owned()))
            .into();
        let stack = resolve(
            &template,
            &place(),
            &physical,
            &Attributes::new(),
            &BTreeMap::new(),
        );
        let x = stack.of("T").next().unwrap();
        assert_eq!(
            x.text("arn"),
            Some("arn:aws:sqs:eu-central-1:111122223333:q-1")
        );
        assert_eq!(
            x.text("rule"),
            Some("arn:aws:events:eu-central-1:111122223333:rule/bus/rule-1")
        );
        assert_eq!(x.text("sub"), Some("eu-central-1/q-1/${literal}"));
        assert_eq!(x.text("join"), Some("a-111122223333"));
        assert!(x.properties.get("none").is_none());
        assert!(unknown(&x.properties["stream"]) && unknown(&x.properties["imported"]));

        let read = Attributes::from([(
            "T".to_owned(),
            BTreeMap::from([("StreamArn".to_owned(), "arn:stream".to_owned())]),
        )]);
        let stack = resolve(&template, &place(), &physical, &read, &BTreeMap::new());
        assert_eq!(
            stack.of("T").next().unwrap().text("stream"),
            Some("arn:stream")
        );
    }
}
