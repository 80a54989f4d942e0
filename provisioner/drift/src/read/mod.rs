//! Readers: one function a resource type, from the services' answers to properties in CloudFormation's shape. They decide
//! nothing about drift.
//!
//! Every answer is kept for the run, so that one list call serves every resource that it tells of, and two resources that
//! ask the same (a queue and its policy) cost one request.

mod alarms;
mod api;
mod bucket;
mod delivery;
mod events;
mod functions;
mod incoming;
mod keys;
mod logs;
mod machines;
mod mappings;
mod queues;
mod roles;
mod schemas;
mod shape;
mod tables;
mod topics;

use crate::live::{Facts, Found, Live};
use crate::resolve::{Resource, Stack};
use requests::Unreachable;
use requests::{Api, Call, Service, Trouble};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use tokio::sync::OnceCell;

pub use topics::FEEDBACK;

type Answer = Result<Rc<Value>, Trouble>;
type Read = Result<Facts, Trouble>;

/// Reads through an [`Api`].
#[derive(Debug)]
pub struct Readers<A> {
    api: A,
    answers: RefCell<BTreeMap<String, Rc<OnceCell<Answer>>>>,
}

macro_rules! readers {
    ($($type_name:literal => $module:ident::$function:ident),+ $(,)?) => {
        /// The types that there is a reader for.
        pub const TYPES: &[&str] = &[$($type_name),+];

        impl<A: Api> Readers<A> {
            async fn dispatch(&self, stack: &Stack, resource: &Resource) -> Read {
                match resource.type_name.as_str() {
                    // Boxed: one future large enough for every reader would be moved for each resource.
                    $($type_name => Box::pin($module::$function(self, stack, resource)).await,)+
                    other => Ok(Facts::NotRead(format!("there is no reader for {other} yet"))),
                }
            }
        }
    };
}

readers! {
    "AWS::ApiGatewayV2::Api" => api::api,
    "AWS::ApiGatewayV2::Authorizer" => api::authorizer,
    "AWS::ApiGatewayV2::Integration" => api::integration,
    "AWS::ApiGatewayV2::Route" => api::route,
    "AWS::ApiGatewayV2::Stage" => api::stage,
    "AWS::CloudWatch::Alarm" => alarms::alarm,
    "AWS::CloudWatch::CompositeAlarm" => alarms::composite,
    "AWS::CloudWatch::Dashboard" => alarms::dashboard,
    "AWS::DynamoDB::Table" => tables::table,
    "AWS::EventSchemas::Registry" => schemas::registry,
    "AWS::EventSchemas::Schema" => schemas::schema,
    "AWS::Events::Archive" => events::archive,
    "AWS::Events::EventBus" => events::bus,
    "AWS::Events::Rule" => events::rule,
    "AWS::IAM::Role" => roles::role,
    "AWS::KMS::Alias" => keys::alias,
    "AWS::KMS::Key" => keys::key,
    "AWS::Lambda::EventInvokeConfig" => functions::invoke_config,
    "AWS::Lambda::EventSourceMapping" => mappings::mapping,
    "AWS::Lambda::Function" => functions::function,
    "AWS::Lambda::Permission" => functions::permission,
    "AWS::Logs::Delivery" => delivery::delivery,
    "AWS::Logs::DeliveryDestination" => delivery::destination,
    "AWS::Logs::DeliverySource" => delivery::source,
    "AWS::Logs::LogGroup" => logs::group,
    "AWS::S3::Bucket" => bucket::bucket,
    "AWS::S3::BucketPolicy" => bucket::policy,
    "AWS::SNS::Subscription" => topics::subscription,
    "AWS::SNS::Topic" => topics::topic,
    "AWS::SNS::TopicPolicy" => topics::policy,
    "AWS::SQS::Queue" => queues::queue,
    "AWS::SQS::QueuePolicy" => queues::policy,
    "AWS::Scheduler::Schedule" => machines::schedule,
    "AWS::StepFunctions::StateMachine" => machines::machine,
}

impl<A: Api> Live for Readers<A> {
    async fn read(&self, stack: &Stack, resource: &Resource) -> Result<Facts, Unreachable> {
        match self.dispatch(stack, resource).await {
            Ok(facts) => Ok(facts),
            Err(Trouble::Unreachable(unreachable)) => Err(unreachable),
            Err(trouble) if trouble.is_absence() => Ok(Facts::Gone),
            Err(trouble) => Ok(Facts::NotRead(trouble.to_string())),
        }
    }
}

impl<A: Api> Readers<A> {
    /// With nothing asked yet.
    pub fn new(api: A) -> Self {
        Self {
            api,
            answers: RefCell::default(),
        }
    }

    /// What the calls go through.
    pub fn api(&self) -> &A {
        &self.api
    }

    async fn ask(&self, call: Call) -> Answer {
        self.kept(call.key(), async {
            self.api.call(&call).await.map(Rc::new)
        })
        .await
    }

    async fn kept(&self, key: String, answer: impl Future<Output = Answer>) -> Answer {
        let cell = Rc::clone(self.answers.borrow_mut().entry(key).or_default());
        cell.get_or_init(|| answer).await.clone()
    }

    /// An answer, or none where the thing asked for is not there.
    async fn ask_if(&self, call: Call) -> Result<Option<Rc<Value>>, Trouble> {
        match self.ask(call).await {
            Ok(answer) => Ok(Some(answer)),
            Err(trouble) if trouble.is_absence() => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// All pages of a list: the members of `items`, following `token` from answer to input.
    async fn pages(&self, call: Call, items: &str, token: (&str, &str)) -> Answer {
        let key = format!("pages of {}", call.key());
        let all = async {
            let mut all = Vec::new();
            let mut call = call;
            loop {
                let mut answer = self.api.call(&call).await?;
                all.extend(shape::list(answer[items].take()));
                let next = answer[token.0].take();
                match next.as_str() {
                    Some(next) if !next.is_empty() => call.input[token.1] = next.into(),
                    _ => return Ok(Rc::new(Value::Array(all))),
                }
            }
        };
        self.kept(key, all).await
    }

    /// All pages of a list that has a path: the members of `items`; `token` of the answer goes into the query as `parameter`.
    async fn paths(
        &self,
        (service, operation): (Service, &'static str),
        path: &str,
        (items, token): (&str, &str),
        parameter: &str,
    ) -> Answer {
        let all = async {
            let mut all = Vec::new();
            let mut next = String::new();
            loop {
                let call = Call::get(service, operation, format!("{path}{next}"));
                let mut answer = self.api.call(&call).await?;
                all.extend(shape::list(answer[items].take()));
                match answer[token].as_str() {
                    Some(more) if !more.is_empty() => {
                        next = format!("&{parameter}={}", requests::encode(more));
                    }
                    _ => return Ok(Rc::new(Value::Array(all))),
                }
            }
        };
        self.kept(format!("pages of {operation} {path}"), all).await
    }

    /// Tags of everything in the stack, by ARN, in as few requests as there are pages.
    async fn every_tag(&self, stack: &Stack) -> Answer {
        let every = Call::new(
            Service::Tagging,
            "GetResources",
            json!({"ResourcesPerPage": 100, "TagFilters": [
                {"Key": "aws:cloudformation:stack-name", "Values": [stack.place.stack_name]}]}),
        );
        let token = ("PaginationToken", "PaginationToken");
        self.pages(every, "ResourceTagMappingList", token).await
    }

    /// Tags of everything of a service, by ARN.
    async fn every_tag_of(&self, service: &str) -> Answer {
        let input = json!({"ResourcesPerPage": 100, "ResourceTypeFilters": [service]});
        let every = Call::new(Service::Tagging, "GetResources", input);
        let token = ("PaginationToken", "PaginationToken");
        self.pages(every, "ResourceTagMappingList", token).await
    }

    /// A resource's tags: from the list of the stack's, else from the list of its service's (not everything carries the
    /// stack's name), else, where the tagging API does not know it (it follows some services late, and a local cloud's
    /// knows fewer), asked of its service: `alone`.
    async fn tags(&self, stack: &Stack, arn: &str, alone: Call, member: &str) -> Answer {
        let found = |by_arn: Answer| Some(Rc::new(by_arn.ok()?.get(arn)?.clone()));
        let ours = self.by_arn("stack", self.every_tag(stack)).await;
        if let Some(tags) = found(ours) {
            return Ok(tags);
        }
        let service = arn.split(':').nth(2).unwrap_or_default();
        let theirs = self.by_arn(service, self.every_tag_of(service)).await;
        if let Some(tags) = found(theirs) {
            return Ok(tags);
        }
        let answer = self.ask(alone).await?;
        Ok(Rc::new(answer[member].clone()))
    }

    /// A list of tags as a map by ARN, made once: hundreds of resources look for theirs.
    async fn by_arn(&self, whose: &str, every: impl Future<Output = Answer>) -> Answer {
        let map = async {
            let every = every.await?;
            let every = every.as_array().into_iter().flatten();
            let each = every.filter_map(|one| {
                let arn = one["ResourceARN"].as_str()?;
                Some((arn.to_owned(), one["Tags"].clone()))
            });
            Ok(Rc::new(Value::Object(each.collect())))
        };
        self.kept(format!("tags of {whose} by ARN"), map).await
    }

    /// Whether the tagging API knows resources of this kind at all.
    async fn tags_know(&self, stack: &Stack, kind: &str) -> bool {
        let known = async {
            let every = self.every_tag(stack).await?;
            let known = every.as_array().is_some_and(|every| {
                let mut arns = every.iter().filter_map(|one| one["ResourceARN"].as_str());
                every.is_empty() || arns.any(|arn| arn.contains(kind))
            });
            Ok(Rc::new(known.into()))
        };
        let known = self.kept(format!("whether tags know {kind}"), known).await;
        known.map_or(true, |known| *known == Value::Bool(true))
    }
}

/// A property that is read by a call of its own: set, or noted as not read.
fn part(found: &mut Found, name: &str, answer: Answer) -> Result<(), Trouble> {
    match answer {
        Ok(value) => {
            if !value.is_null() {
                found
                    .properties
                    .insert(name.to_owned(), Value::clone(&value));
            }
        }
        Err(Trouble::Unreachable(unreachable)) => return Err(unreachable.into()),
        Err(trouble) if trouble.is_absence() => {}
        Err(trouble) => found.unread.push((name.to_owned(), trouble.to_string())),
    }
    Ok(())
}
