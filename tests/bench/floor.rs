//! The floor: what a bare client in this process needs for the same calls.

use crate::measure::median;
use aws_sdk_cloudformation::types::{Capability, ChangeSetType};
use e2e::{Clients, Failure};
use stack::Artifacts;
use std::time::{Duration, Instant};

pub const STACK: &str = "invoicing-local";
const KEY: &str = "bench/template.json";

/// The template that `up` deployed.
pub async fn deployed_template(clients: &Clients) -> Result<String, Failure> {
    let answer = clients
        .cloudformation
        .get_template()
        .stack_name(STACK)
        .send()
        .await?;
    answer
        .template_body()
        .map(str::to_owned)
        .ok_or_else(|| "the stack has no template".into())
}

/// What a no-op reads: the stack and its template.
pub async fn read(clients: &Clients) -> Result<Duration, Failure> {
    let mut times = Vec::new();
    for _ in 0..crate::RUNS {
        let begun = Instant::now();
        clients
            .cloudformation
            .describe_stacks()
            .stack_name(STACK)
            .send()
            .await?;
        deployed_template(clients).await?;
        times.push(begun.elapsed());
    }
    Ok(median(times))
}

/// Template upload, change set, execution, and looks until it is done.
pub async fn create(clients: &Clients, template: &str) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let bucket = Artifacts::bucket_name(&clients.account, &clients.region);
    let body = template.as_bytes().to_vec().into();
    clients
        .s3
        .put_object()
        .bucket(&bucket)
        .key(KEY)
        .body(body)
        .send()
        .await?;
    let url = format!("{}/{bucket}/{KEY}", clients.endpoint);
    let cloudformation = &clients.cloudformation;
    let set = cloudformation
        .create_change_set()
        .stack_name(STACK)
        .change_set_name("bench")
        .template_url(url);
    set.change_set_type(ChangeSetType::Create)
        .capabilities(Capability::CapabilityNamedIam)
        .send()
        .await?;
    until(|| async {
        let answer = cloudformation
            .describe_change_set()
            .stack_name(STACK)
            .change_set_name("bench")
            .send()
            .await?;
        Ok(answer
            .status()
            .is_some_and(|status| status.as_str() == "CREATE_COMPLETE"))
    })
    .await?;
    cloudformation
        .execute_change_set()
        .stack_name(STACK)
        .change_set_name("bench")
        .send()
        .await?;
    until(|| async {
        let answer = cloudformation
            .describe_stacks()
            .stack_name(STACK)
            .send()
            .await?;
        let status = answer
            .stacks()
            .first()
            .and_then(|stack| stack.stack_status());
        match status.map(|status| status.as_str()) {
            Some("CREATE_COMPLETE") => Ok(true),
            Some(failed) if failed.contains("ROLLBACK") => Err(failed.to_owned().into()),
            _ => Ok(false),
        }
    })
    .await?;
    Ok(begun.elapsed())
}

/// DeleteStack, and looks until it is gone.
pub async fn delete(clients: &Clients) -> Result<Duration, Failure> {
    let begun = Instant::now();
    clients
        .cloudformation
        .delete_stack()
        .stack_name(STACK)
        .send()
        .await?;
    until(|| async {
        Ok(clients
            .cloudformation
            .describe_stacks()
            .stack_name(STACK)
            .send()
            .await
            .is_err())
    })
    .await?;
    Ok(begun.elapsed())
}

async fn until<F: Future<Output = Result<bool, Failure>>>(
    mut look: impl FnMut() -> F,
) -> Result<(), Failure> {
    while !look().await? {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
