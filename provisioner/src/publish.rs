//! Publishing what a deployment reads: the bootstrap stack with its bucket, the handlers' archives and a large
//! template, each only where it is missing. Keys are content-addressed, so what is there is right.

use crate::artifacts::Archive;
use crate::cloudformation::{
    CallError, ChangeSetKind, ChangeSetRequest, CloudFormation, TemplateSource,
};
use crate::deploy::{
    Deployed, FRESH, Pace, Ports, Prepared, Started, execute, follow, look, marker, prepare,
};
use crate::exit::{Exit, Failure};
use crate::objects::Objects;
use crate::ui::Ui;
use cfn::Template;
use sha2::{Digest, Sha256};
use stack::{Artifacts, BOOTSTRAP_STACK, Environment, bootstrap};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// What is to be published.
#[derive(Debug)]
pub struct Publication<'a> {
    /// For whom.
    pub environment: &'a Environment,
    /// The handlers' archives.
    pub archives: &'a [Archive],
    /// A template too large for a request.
    pub template: Option<&'a str>,
    /// How often to look.
    pub pace: Pace,
}

/// What was published.
#[derive(Debug)]
pub struct Published {
    /// Key of the template, if there was one.
    pub template_key: Option<String>,
}

/// Uploads at a time: memory and not the network is the limit on a small machine.
const AT_A_TIME: usize = 3;

/// Publishes what is missing.
///
/// # Errors
/// When a call fails, or the bootstrap stack can't be made.
pub async fn publish(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    publication: &Publication<'_>,
    ui: &Ui,
) -> Result<Published, Failure> {
    let environment = publication.environment;
    let bucket = Artifacts::bucket_name(&environment.account, &environment.region);
    prepare_bucket(ports, publication, ui).await?;
    for archives in publication.archives.chunks(AT_A_TIME) {
        let mut slots = archives.iter();
        let (a, b, c) = tokio::join!(
            upload(ports.objects, &bucket, slots.next(), ui),
            upload(ports.objects, &bucket, slots.next(), ui),
            upload(ports.objects, &bucket, slots.next(), ui),
        );
        a.and(b).and(c)?;
    }
    let template_key = match publication.template {
        Some(body) => Some(publish_template(ports.objects, environment, body).await?),
        None => None,
    };
    Ok(Published { template_key })
}

/// Publishes a template under a key made of its hash, and says which.
///
/// # Errors
/// When a call fails.
pub async fn publish_template(
    objects: &impl Objects,
    environment: &Environment,
    body: &str,
) -> Result<String, CallError> {
    let bucket = Artifacts::bucket_name(&environment.account, &environment.region);
    let hash: String = Sha256::digest(body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let key = format!("templates/{hash}.json");
    if !objects.exists(&bucket, &key).await? {
        objects
            .write(&bucket, &key, body.as_bytes().to_vec())
            .await?;
    }
    Ok(key)
}

async fn upload(
    objects: &impl Objects,
    bucket: &str,
    archive: Option<&Archive>,
    ui: &Ui,
) -> Result<(), CallError> {
    let Some(archive) = archive else {
        return Ok(());
    };
    let key = Artifacts::key(&archive.handler, &archive.sha256);
    // One that was there for long may be about to go with the last stack that used it.
    let uploaded = objects.uploaded(bucket, &key).await?;
    if uploaded.is_some_and(|at| OffsetDateTime::now_utc() - at < FRESH) {
        return Ok(());
    }
    objects
        .upload(bucket, &key, &archive.path, &archive.sha256)
        .await?;
    ui.explain(format!(
        "uploaded {} ({} bytes)",
        archive.handler, archive.bytes
    ));
    Ok(())
}

/// Makes or updates the bootstrap stack where it isn't as wanted.
async fn prepare_bucket(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    publication: &Publication<'_>,
    ui: &Ui,
) -> Result<(), Failure> {
    let environment = publication.environment;
    let wanted = bootstrap(&environment.account, &environment.region);
    let cloud = ports.cloud;
    for _ in 0..3 {
        let kind = match look(cloud, BOOTSTRAP_STACK).await? {
            Deployed::Present { template, .. } if template == wanted => return Ok(()),
            Deployed::Present { .. } => ChangeSetKind::Update,
            Deployed::Absent => ChangeSetKind::Create,
            Deployed::Blocked(blocked) if blocked.deploys(&wanted) => {
                settle(
                    cloud,
                    &blocked.stack.id,
                    &Started::Earlier,
                    publication.pace,
                )
                .await?;
                continue;
            }
            Deployed::Blocked(blocked) => return Err(own(blocked.failure("bootstrap"))),
        };
        ui.say(format!(
            "preparing {} {}: the bucket of the handlers' archives",
            environment.account, environment.region
        ));
        make(cloud, &wanted, kind, publication.pace, ui).await?;
        return Ok(());
    }
    Ok(())
}

async fn make(
    cloud: &impl CloudFormation,
    wanted: &Template,
    kind: ChangeSetKind,
    pace: Pace,
    ui: &Ui,
) -> Result<(), Failure> {
    let request = ChangeSetRequest {
        stack: BOOTSTRAP_STACK.to_owned(),
        name: format!("provision-{}", &wanted.hash()[..16]),
        kind,
        template: TemplateSource::Inline(wanted.minified()),
        tags: BTreeMap::new(),
        description: "provision: the bucket of the handlers' archives".to_owned(),
    };
    match prepare(cloud, &request, pace, ui).await? {
        Prepared::NoChanges => Ok(()),
        Prepared::Running(id) => settle(cloud, &id.stack_id, &Started::Earlier, pace).await,
        Prepared::Ready(view) => {
            let started = marker(cloud, &view.id.stack_id).await?;
            execute(cloud, &view).await?;
            settle(cloud, &view.id.stack_id, &started, pace).await
        }
    }
}

async fn settle(
    cloud: &impl CloudFormation,
    stack_id: &str,
    started: &Started,
    pace: Pace,
) -> Result<(), Failure> {
    let outcome = follow(cloud, stack_id, started, pace, |_| {}).await?;
    match outcome.failure("bootstrap", BOOTSTRAP_STACK) {
        Some(failure) => Err(own(failure)),
        None => Ok(()),
    }
}

/// What helps with the bootstrap stack: it belongs to no environment, so that no verb names it.
fn own(failure: Failure) -> Failure {
    if failure.exit == Exit::Busy {
        return failure;
    }
    failure.help(format!(
        "The stack {BOOTSTRAP_STACK} is this program's own: correct the cause, delete that stack if it is stuck \
         (`aws cloudformation delete-stack --stack-name {BOOTSTRAP_STACK}`; its bucket stays), and run again."
    ))
}
