//! R21: what a handler does not declare, its role does not allow, and the local cloud denies.

use crate::environment::{Deployed, Document, eventually, program, up};
use contracts::needs::{DeclaredNeed, WriteInvoices};
use serde_json::Value;
use stack::{Artifacts, Environment, Graph, Target};

const HANDLER: &str = "InvoiceValidation";
const ROLE: &str = "InvoiceValidationRole";

/// The stack is synthesised from a graph in which invoice-validation does not declare `WriteInvoices`, and the role that
/// follows is deployed. The handler's commit is denied and the invoice stays where it was; with the need back, the same
/// message goes through.
#[tokio::test]
async fn r21_a_need_taken_away_is_a_write_denied() {
    let environment = up("prod");
    let mut reduced = Graph::declared();
    let handler = reduced
        .handlers
        .iter_mut()
        .find(|handler| handler.id == HANDLER)
        .unwrap();
    let declared = handler.needs.len();
    let kept: Vec<_> = handler
        .needs
        .iter()
        .copied()
        .filter(|need| *need != DeclaredNeed::of::<WriteInvoices>())
        .collect();
    assert_eq!(kept.len() + 1, declared);
    handler.needs = Box::leak(kept.into_boxed_slice());

    let queue = environment.physical_id("ValidationQueue").await;
    // Seldom enough that the message is not given up before the need is back, on a slow machine too.
    let timeout = aws_sdk_sqs::types::QueueAttributeName::VisibilityTimeout;
    let sqs = environment.clients().sqs;
    sqs.set_queue_attributes()
        .queue_url(&queue)
        .attributes(timeout, "15")
        .send()
        .await
        .unwrap();

    let whole = deployed_template(&environment).await;
    let mut template = whole.clone();
    template["Resources"][ROLE] = role(&environment, &reduced);
    assert_ne!(template, whole, "the need brings no statement");
    update(&environment, &template).await;

    let id = environment.submit(&Document::numbered("invoice.xml", "R21"));
    eventually("the denial in the handler's log", || async {
        environment
            .logged(&["AccessDenied", "invoice-validation", &id])
            .then_some(())
    })
    .await;
    assert_eq!(environment.trace(&id)["status"], "SUBMITTED");

    update(&environment, &whole).await;
    assert_eq!(environment.resting(&id)["status"], "PAID");
}

/// The role of the handler as the stack derives it from a graph.
fn role(deployed: &Deployed, graph: &Graph) -> Value {
    let path = program()
        .project()
        .join("environments")
        .join(format!("{}.yaml", deployed.name));
    let mut environment: Environment =
        serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    environment.name = deployed.name.to_owned();
    environment.target = Target::Local;
    let artifacts = Artifacts::placeholder(&environment.account, &environment.region);
    let template = stack::synth(&environment, &artifacts, graph).template;
    let template: Value = serde_json::from_str(&template.pretty()).unwrap();
    template["Resources"][ROLE].clone()
}

async fn deployed_template(deployed: &Deployed) -> Value {
    let answer = deployed
        .clients()
        .cloudformation
        .get_template()
        .stack_name(stack_name(deployed))
        .send()
        .await
        .unwrap();
    serde_json::from_str(answer.template_body().unwrap()).unwrap()
}

fn stack_name(deployed: &Deployed) -> String {
    format!("invoicing-{}", deployed.name)
}

async fn update(deployed: &Deployed, template: &Value) {
    let clients = deployed.clients();
    let status = program().json(&["local", "status"], &[0]).unwrap();
    let bucket = Artifacts::bucket_name(&deployed.account, status["region"].as_str().unwrap());
    let body = aws_sdk_s3::primitives::ByteStream::from(template.to_string().into_bytes());
    clients
        .s3
        .put_object()
        .bucket(&bucket)
        .key("tests/template.json")
        .body(body)
        .send()
        .await
        .unwrap();
    let url = format!(
        "{}/{bucket}/tests/template.json",
        status["endpoint"].as_str().unwrap()
    );
    clients
        .cloudformation
        .update_stack()
        .stack_name(stack_name(deployed))
        .template_url(url)
        .capabilities(aws_sdk_cloudformation::types::Capability::CapabilityNamedIam)
        .send()
        .await
        .unwrap();
    eventually("the update", || async {
        let answer = clients
            .cloudformation
            .describe_stacks()
            .stack_name(stack_name(deployed))
            .send()
            .await
            .unwrap();
        let status = answer.stacks()[0]
            .stack_status()
            .unwrap()
            .as_str()
            .to_owned();
        (status == "UPDATE_COMPLETE").then_some(())
    })
    .await;
}
