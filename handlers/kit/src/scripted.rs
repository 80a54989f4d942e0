//! AWS for tests: a world whose calls go to a function of the test instead of a network, and are kept to be looked at.

use crate::settings::Settings;
use crate::world::{Shared, World};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use contracts::policy::Policy;
use contracts::{Handler, wiring};
use ports::idempotency::Grant;
use serde_json::{Value, json};
use std::future::Future;
use std::sync::{Arc, Mutex};

/// A call: the operation and its input, as they go over the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) operation: String,
    pub(crate) input: Value,
}

type Script = dyn Fn(&Call) -> Result<Value, Value> + Send + Sync;

/// AWS as a function of the call: an answer, or an error (`{"__type": "..."}`).
#[derive(Clone)]
pub(crate) struct Aws {
    script: Arc<Script>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Aws")
    }
}

/// An error of a service, by its code.
pub(crate) fn refused(code: &str) -> Value {
    json!({ "__type": code })
}

impl Aws {
    pub(crate) fn new(
        script: impl Fn(&Call) -> Result<Value, Value> + Send + Sync + 'static,
    ) -> Self {
        Self {
            script: Arc::new(script),
            calls: Arc::default(),
        }
    }

    /// Nothing is to be called.
    pub(crate) fn silent() -> Self {
        Self::new(|call| panic!("{call:?}"))
    }

    /// What was called so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The inputs of one operation's calls so far.
    pub(crate) fn inputs(&self, operation: &str) -> Vec<Value> {
        let calls = self.calls().into_iter();
        let of = calls.filter(|call| call.operation == operation);
        of.map(|call| call.input).collect()
    }

    pub(crate) fn shared<H: Handler>(&self) -> Arc<Shared> {
        let settings = Settings::of(&H::SPEC, variable).unwrap();
        let connector = SharedHttpConnector::new(self.clone());
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .build();
        Shared::with(&config, settings)
    }

    /// A world without a claim.
    pub(crate) fn world<H: Handler>(&self) -> World<H> {
        World::new(self.shared::<H>(), None, Some("Root=1-a-b".into()))
    }

    /// A world of a delivery that holds a claim.
    pub(crate) fn delivery<H: Handler>(&self) -> World<H> {
        let key = ports::idempotency::ClaimKey::request("caller", "key");
        let grant = Grant { key, attempt: 1 };
        World::new(self.shared::<H>(), Some(grant), None)
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let call = Call {
            operation: target.rsplit('.').next().unwrap_or_default().to_owned(),
            input: serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap(),
        };
        self.calls.lock().unwrap().push(call.clone());
        let (status, body) = match (self.script)(&call) {
            Ok(answer) => (200, answer),
            Err(error) => (400, error),
        };
        let status = u16::try_from(status).unwrap().try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(
            status,
            SdkBody::from(body.to_string()),
        )))
    }
}

/// A function's environment in which every variable is its own name, where it may be.
pub(crate) fn variable(name: &str) -> Option<String> {
    let value = match name {
        wiring::LEASE_SECONDS => "55",
        wiring::CLAIM_SECONDS => "86400",
        wiring::STAFF => r#"["arn:aws:iam::1:role/staff-*"]"#,
        wiring::POLICY => return serde_json::to_string(&Policy::strictest()).ok(),
        "AWS_ENDPOINT_URL" => return None,
        other => other,
    };
    Some(value.to_owned())
}

/// A value as DynamoDB's attribute value.
pub(crate) fn typed(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(value) => json!({ "BOOL": value }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(list) => json!({ "L": list.iter().map(typed).collect::<Vec<_>>() }),
        Value::Object(map) => {
            let typed = map.iter().map(|(name, value)| (name.clone(), typed(value)));
            json!({ "M": typed.collect::<serde_json::Map<_, _>>() })
        }
    }
}

/// Runs a future to its end, with time that moves on its own.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(future)
}
