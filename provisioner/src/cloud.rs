//! Reaching an environment's cloud: AWS, or the local cloud, which is started when a verb needs it to run.

use crate::commands::local_status;
use crate::deploy::Pace;
use crate::exit::Failure;
use crate::project::Project;
use crate::session::{LocalAccess, Session};
use crate::ui::Ui;
use contracts::wiring::outputs as names;
use stack::{Artifacts, Environment, Target};
use std::collections::BTreeMap;

/// An environment's cloud, reached.
#[derive(Debug)]
pub struct Cloud {
    /// What clients are made from.
    pub session: Session,
    /// How often to look at operations.
    pub pace: Pace,
    /// Address of the artifacts bucket, for CloudFormation.
    pub bucket_url: String,
    /// Address of the local cloud.
    endpoint: Option<String>,
}

impl Cloud {
    /// A stack's outputs, with the addresses that work here: the local cloud serves HTTP APIs below its own.
    pub fn outputs(&self, outputs: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut outputs = outputs.clone();
        if let (Some(endpoint), Some(api)) = (&self.endpoint, outputs.get(names::API_ID)) {
            let url = format!("{endpoint}/_aws/execute-api/{api}/$default");
            outputs.insert(names::API_URL.to_owned(), url);
        }
        outputs
    }
}

/// What to do when the local cloud isn't running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenStopped {
    /// Start it.
    Start,
    /// Start it if it holds something: what was deployed is still there when it is stopped.
    Resume,
    /// There is nothing to reach then.
    Leave,
}

/// Reaches it. None: the local cloud isn't running and was left so; with [`WhenStopped::Resume`], it holds nothing.
///
/// # Errors
/// When the local cloud can't be started.
pub async fn reach(
    project: &Project,
    environment: &Environment,
    when_stopped: WhenStopped,
    ui: &Ui,
) -> Result<Option<Cloud>, Failure> {
    let bucket = Artifacts::bucket_name(&environment.account, &environment.region);
    if environment.target == Target::Aws {
        let domain = if environment.region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        return Ok(Some(Cloud {
            session: Session::aws(environment).await,
            pace: Pace::CLOUD,
            bucket_url: format!("https://{bucket}.s3.{}.{domain}", environment.region),
            endpoint: None,
        }));
    }
    let Some(endpoint) = local_status(project, when_stopped, ui).await?.endpoint else {
        return Ok(None);
    };
    let keys = local_cloud::credentials(&environment.account);
    let access = LocalAccess {
        endpoint: endpoint.clone(),
        access_key_id: keys.access_key_id,
        secret_access_key: keys.secret_access_key,
    };
    Ok(Some(Cloud {
        session: Session::local(environment, &access),
        pace: Pace::LOCAL,
        bucket_url: format!("{endpoint}/{bucket}"),
        endpoint: Some(endpoint),
    }))
}
