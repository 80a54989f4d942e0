//! Publishing what a deployment reads: the bootstrap stack with its bucket, the archives and a large template, each only
//! where it is missing. Keys are content-addressed, so what is there is right.
//!
//! The bootstrap stack is made in two steps: the reaper's archive needs the bucket, and the reaper its archive.

use crate::artifacts::Archive;
use crate::cloudformation::{
    CallError, ChangeSetKind, ChangeSetRequest, CloudFormation, Mode, TemplateSource,
};
use crate::deploy::{
    Deployed, FRESH, Pace, Ports, Prepared, Started, execute, follow, look, prepare,
};
use crate::exit::{Exit, Failure};
use crate::objects::Objects;
use crate::ui::Ui;
use cfn::Template;
use packaging::REAPER;
use sha2::{Digest, Sha256};
use stack::{Artifacts, BOOTSTRAP_STACK, Environment, Kind, bootstrap, bootstrap_with_reaper};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// What is to be published.
#[derive(Debug)]
pub struct Publication<'a> {
    /// For whom.
    pub environment: &'a Environment,
    /// The archives of the handlers and of the reaper.
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
    let there = prepare_bucket(ports, publication, ui).await?;
    let missing = missing(ports.objects, &bucket, publication.archives).await?;
    for archives in missing.chunks(AT_A_TIME) {
        let mut slots = archives.iter().copied();
        let (a, b, c) = tokio::join!(
            upload(ports.objects, &bucket, slots.next(), ui),
            upload(ports.objects, &bucket, slots.next(), ui),
            upload(ports.objects, &bucket, slots.next(), ui),
        );
        a.and(b).and(c)?;
    }
    if let Some(wanted) = with_reaper(publication)
        && there != wanted
    {
        ui.say(format!(
            "preparing {} {}: what deletes ephemeral environments when their time is over",
            environment.account, environment.region
        ));
        bootstrapped(ports.cloud, environment, &wanted, publication.pace, ui).await?;
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
    // One that was there for long may be about to go, as an archive may.
    let uploaded = objects.uploaded(&bucket, &key).await?;
    if uploaded.is_none_or(|at| OffsetDateTime::now_utc() - at >= FRESH) {
        objects
            .write(&bucket, &key, body.as_bytes().to_vec())
            .await?;
    }
    Ok(key)
}

/// The archives that are not there, by one list and not by a question each. One that was there for long may be about to go
/// with the last stack that used it: it counts as missing.
async fn missing<'a>(
    objects: &impl Objects,
    bucket: &str,
    archives: &'a [Archive],
) -> Result<Vec<&'a Archive>, CallError> {
    let there = objects.list(bucket, Artifacts::PREFIX).await?;
    let now = OffsetDateTime::now_utc();
    let fresh: BTreeSet<String> = there
        .into_iter()
        .filter_map(|(key, at)| (now - at < FRESH).then_some(key))
        .collect();
    let missing = archives
        .iter()
        .filter(|archive| !fresh.contains(&Artifacts::key(&archive.handler, &archive.sha256)));
    Ok(missing.collect())
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
    objects
        .upload(bucket, &key, &archive.path, &archive.sha256)
        .await?;
    ui.explain(format!(
        "uploaded {} ({} bytes)",
        archive.handler, archive.bytes
    ));
    Ok(())
}

/// The bootstrap stack with the reaper, where the environment is one that it deletes. An environment that stays leaves the
/// reaper of others as it is.
fn with_reaper(publication: &Publication<'_>) -> Option<Template> {
    let environment = publication.environment;
    let mut archives = publication.archives.iter();
    let archive = archives.find(|archive| archive.handler == REAPER)?;
    (environment.kind == Kind::Ephemeral).then(|| {
        let key = Artifacts::key(REAPER, &archive.sha256);
        bootstrap_with_reaper(environment, &key)
    })
}

/// Makes the bootstrap stack where there is none, or what it is to be without a reaper; the template that is there then.
async fn prepare_bucket(
    ports: &Ports<'_, impl CloudFormation, impl Objects>,
    publication: &Publication<'_>,
    ui: &Ui,
) -> Result<Template, Failure> {
    let environment = publication.environment;
    let wanted = bootstrap(&environment.account, &environment.region);
    let (cloud, pace) = (ports.cloud, publication.pace);
    let there = look(cloud, BOOTSTRAP_STACK).await?;
    if let Deployed::Present { template, .. } = there
        && (template == wanted || has_reaper(&template) || with_reaper(publication).is_some())
    {
        return Ok(template);
    }
    ui.say(format!(
        "preparing {} {}: the bucket of the handlers' archives",
        environment.account, environment.region
    ));
    bootstrapped(cloud, environment, &wanted, pace, ui).await
}

/// Whether a bootstrap stack has a reaper.
fn has_reaper(template: &Template) -> bool {
    template.resource("ReaperFunction").is_some()
}

/// Makes the bootstrap stack what is wanted, or leaves it with more than that: others may make it at the same time, and
/// theirs may have a reaper. The template that is there then.
async fn bootstrapped(
    cloud: &impl CloudFormation,
    environment: &Environment,
    wanted: &Template,
    pace: Pace,
    ui: &Ui,
) -> Result<Template, Failure> {
    let bucket = bootstrap(&environment.account, &environment.region);
    let mut refusal = None;
    for _ in 0..OTHERS {
        let kind = match look(cloud, BOOTSTRAP_STACK).await? {
            Deployed::Present { template, .. }
                if template == *wanted || has_reaper(&template) && !has_reaper(wanted) =>
            {
                return Ok(template);
            }
            Deployed::Present { .. } => ChangeSetKind::Update,
            Deployed::Absent => ChangeSetKind::Create,
            Deployed::Blocked(blocked)
                if blocked.is_being_made()
                    && blocked
                        .template
                        .as_ref()
                        .is_some_and(|making| has_reaper(making) || *making == bucket) =>
            {
                settle(cloud, &blocked.stack.id, &Started::Earlier, pace).await?;
                continue;
            }
            Deployed::Blocked(blocked) => {
                return Err(refusal.unwrap_or_else(|| own(blocked.failure("bootstrap"))));
            }
        };
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        match make(cloud, wanted, kind, pace, ui).await {
            Ok(()) => return Ok(wanted.clone()),
            // Somebody else may have been quicker; a second look tells.
            Err(failure) => refusal = Some(failure),
        }
    }
    Err(refusal.unwrap_or_else(|| {
        Failure::new(
            Exit::Busy,
            "bootstrap.busy",
            format!("{BOOTSTRAP_STACK} is being changed by others again and again"),
        )
        .on(BOOTSTRAP_STACK)
        .help("Run again when nobody else deploys.")
    }))
}

/// How often others' operations on the bootstrap stack are waited for.
const OTHERS: u32 = 8;

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
        mode: Mode::Standard,
        tags: BTreeMap::new(),
        description: "provision: what environments need before they are".to_owned(),
    };
    match prepare(cloud, &request, pace, ui).await? {
        Prepared::NoChanges => Ok(()),
        Prepared::Running(id) => settle(cloud, &id.stack_id, &Started::Earlier, pace).await,
        Prepared::Ready(view) => {
            let started = execute(cloud, &view).await?;
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
