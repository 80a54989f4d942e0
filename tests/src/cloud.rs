//! The local cloud as an outsider sees it: SDK clients with an administrator's credentials.

use crate::{Failure, Program};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;

/// Clients of every service that the tests look at or break.
#[derive(Debug, Clone)]
pub struct Clients {
    /// The account that they work in.
    pub account: String,
    /// The local cloud's region.
    pub region: String,
    /// Where the local cloud listens.
    pub endpoint: String,
    /// What clients are made from.
    pub config: SdkConfig,
    /// CloudFormation.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// EventBridge.
    pub eventbridge: aws_sdk_eventbridge::Client,
    /// IAM.
    pub iam: aws_sdk_iam::Client,
    /// Lambda.
    pub lambda: aws_sdk_lambda::Client,
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// SNS.
    pub sns: aws_sdk_sns::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
}

impl Clients {
    /// Clients of the local cloud that `program` runs, in an account.
    ///
    /// # Errors
    /// When it is not running.
    pub fn of(program: &Program, account: &str) -> Result<Self, Failure> {
        let status = program.json(&["local", "status"], &[0])?;
        let text = |key: &str| -> Result<String, Failure> {
            status[key]
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| format!("local status has no `{key}`: {status}").into())
        };
        // An access key id of twelve digits chooses the account.
        let credentials = Credentials::new(
            account,
            text("secret_access_key")?,
            None,
            None,
            "local cloud",
        );
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(text("region")?))
            .endpoint_url(text("endpoint")?)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(Builder::new().build_http())
            .build();
        let s3 = aws_sdk_s3::config::Builder::from(&config)
            .force_path_style(true)
            .build();
        Ok(Self {
            account: account.to_owned(),
            region: text("region")?,
            endpoint: text("endpoint")?,
            cloudformation: aws_sdk_cloudformation::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            eventbridge: aws_sdk_eventbridge::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sns: aws_sdk_sns::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            config,
        })
    }
}

/// The account of an environment file.
///
/// # Errors
/// When the file is missing or names none.
pub fn account_of(program: &Program, environment: &str) -> Result<String, Failure> {
    let path = program
        .project()
        .join("environments")
        .join(format!("{environment}.yaml"));
    let text = std::fs::read_to_string(&path)?;
    text.lines()
        .find_map(|line| line.strip_prefix("account:"))
        .map(|value| value.trim().trim_matches('"').to_owned())
        .ok_or_else(|| format!("{} names no account", path.display()).into())
}
