//! The Lambda function: a schedule's order, the clock, and a signed client with the function's own credentials.

use aws_credential_types::Credentials;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use reaper::{Clock, DELETION_ROLE, Order, Outcome, reap};
use requests::Signed;
use serde_json::json;
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(woken)).await
}

/// One line of log an invocation; the error is logged by Lambda's own record too.
async fn woken(event: LambdaEvent<Order>) -> Result<Outcome, Error> {
    let order = event.payload;
    let result = reap(
        &client()?,
        &Until(event.context.deadline()),
        &order,
        &variable(DELETION_ROLE)?,
    )
    .await;
    let line = match &result {
        Ok(outcome) => json!({"level": "INFO", "stackId": order.stack_id, "result": outcome}),
        Err(fault) => {
            json!({"level": "ERROR", "stackId": order.stack_id, "message": fault.to_string()})
        }
    };
    println!("{line}");
    Ok(result?)
}

/// Made for each invocation: credentials change while a function lives.
fn client() -> Result<Signed, Error> {
    let credentials = Credentials::new(
        variable("AWS_ACCESS_KEY_ID")?,
        variable("AWS_SECRET_ACCESS_KEY")?,
        std::env::var("AWS_SESSION_TOKEN").ok(),
        None,
        "function",
    );
    let endpoint = std::env::var("AWS_ENDPOINT_URL").ok();
    Ok(Signed::of(
        credentials,
        &variable("AWS_REGION")?,
        endpoint.as_deref(),
    ))
}

fn variable(name: &str) -> Result<String, Error> {
    std::env::var(name).map_err(|_| format!("the variable {name} is not set").into())
}

/// The system's clock, until an invocation's deadline.
struct Until(SystemTime);

impl Clock for Until {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    fn left(&self) -> Duration {
        self.0.duration_since(SystemTime::now()).unwrap_or_default()
    }

    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}
