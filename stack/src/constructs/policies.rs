//! Statements of resource policies: TLS only, and who of AWS may write where (R8, R20).

use cfn::{Principal, Statement, Val};

/// EventBridge, as a policy's principal.
pub(crate) const EVENTBRIDGE: &str = "events.amazonaws.com";
/// SNS.
pub(crate) const SNS: &str = "sns.amazonaws.com";
/// CloudWatch's alarms.
pub(crate) const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";

/// Denies an action to whoever comes without TLS.
pub(crate) fn tls_only(
    action: &str,
    resources: impl IntoIterator<Item = Val<String>>,
) -> Statement {
    on_all(
        Statement::deny()
            .sid("TlsOnly")
            .principal(Principal::All)
            .action(action)
            .when("Bool", "aws:SecureTransport", "false"),
        resources,
    )
}

/// Lets a service send to a queue on behalf of these sources (rules, a topic, the bus) and no others.
pub(crate) fn sends(
    service: &str,
    queue: &Val<String>,
    sources: impl IntoIterator<Item = Val<String>>,
) -> Statement {
    let statement = Statement::allow()
        .sid(sid_of(service))
        .principal(Principal::service(service))
        .action("sqs:SendMessage")
        .on(queue);
    sources.into_iter().fold(statement, |statement, source| {
        statement.when("ArnEquals", "aws:SourceArn", source)
    })
}

/// Adds several resources to a statement.
pub(crate) fn on_all(
    statement: Statement,
    resources: impl IntoIterator<Item = Val<String>>,
) -> Statement {
    resources.into_iter().fold(statement, Statement::on)
}

/// `events.amazonaws.com` -> `AllowEvents`.
fn sid_of(service: &str) -> String {
    let name = service.split('.').next().unwrap_or(service);
    let mut letters = name.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_ascii_uppercase())
        .into_iter();
    format!("Allow{}", first.chain(letters).collect::<String>())
}
