//! The bootstrap stack: one an account and region, made by the first `up`. It holds what exists before any environment and
//! outlives them: the bucket of the archives, and where there are ephemeral environments the reaper.

mod deletion;
pub(crate) mod reaper;

pub use deletion::DELETIONS;
pub use reaper::DELETION_ROLE_VARIABLE;

use crate::artifacts::Artifacts;
use crate::constructs::policies::tls_only;
use crate::environment::Environment;
use crate::shared::documents::{private_bucket, unfinished_uploads};
use cfn::lambda::FunctionCode;
use cfn::s3::{
    BucketLifecycleConfiguration, BucketNoncurrentVersionExpiration, BucketPolicy, BucketRule,
    BucketRuleStatus, BucketSSEAlgorithm, BucketServerSideEncryptionByDefault,
};
use cfn::{DeletionPolicy, PolicyDocument, Stack, Template, sub};

/// Name of the bootstrap stack.
pub const BOOTSTRAP_STACK: &str = "provision-bootstrap";

/// Days until what was deleted or replaced by hand is gone. Nothing else becomes noncurrent: keys name their content.
const NONCURRENT_DAYS: u32 = 90;

/// Days until a template is deleted. CloudFormation keeps its own copy: one here serves only the deployment it was made
/// for, and is published again where that comes later.
const TEMPLATE_DAYS: u32 = 30;

/// The bootstrap stack of an account and region, without the reaper: accounts without ephemeral environments have nobody who
/// may delete stacks.
///
/// The bucket is encrypted by S3's own key: Lambda reads archives from it for every environment, and what rests there
/// is code, no business data. It is retained: environments depend on it.
///
/// Handlers' archives never expire. Lambda keeps a copy of the code that runs, but a rollback, ours or CloudFormation's
/// own, reads the archive of the version before, and no age says whether an environment still needs that one. Those that
/// no stack uses any more go with the last environment that did; the rest are a few megabytes a release.
#[must_use]
pub fn bootstrap(account: &str, region: &str) -> Template {
    stack(account, region).synth().template
}

/// The bootstrap stack of an ephemeral environment's account and region, with the reaper whose archive has this key. The
/// bucket must be there before an archive is, and so before the reaper.
#[must_use]
pub fn bootstrap_with_reaper(environment: &Environment, key: &str) -> Template {
    let mut stack = stack(&environment.account, &environment.region);
    let bucket = Artifacts::bucket_name(&environment.account, &environment.region);
    let code = FunctionCode::new().s3_bucket(bucket).s3_key(key);
    reaper::reaper(&mut stack, environment, code);
    stack.synth().template
}

fn stack(account: &str, region: &str) -> Stack {
    let mut stack = Stack::new("What provision needs before any environment: the artifacts bucket");
    stack.tag("managed-by", "provision");
    stack.tag("stack", BOOTSTRAP_STACK);
    let bucket = stack.add(
        "Artifacts",
        private_bucket(BucketServerSideEncryptionByDefault::new(
            BucketSSEAlgorithm::Aes256,
        ))
        .bucket_name(Artifacts::bucket_name(account, region))
        .lifecycle_configuration(BucketLifecycleConfiguration::new([
            BucketRule::new(BucketRuleStatus::Enabled)
                .id("replaced")
                .noncurrent_version_expiration(BucketNoncurrentVersionExpiration::new(
                    NONCURRENT_DAYS,
                )),
            BucketRule::new(BucketRuleStatus::Enabled)
                .id("old-templates")
                .prefix("templates/")
                .expiration_in_days(TEMPLATE_DAYS),
            unfinished_uploads(),
        ])),
    );
    // But not by a first deployment that fails: the name is taken then.
    stack
        .options(&bucket)
        .deletion_policy(DeletionPolicy::RetainExceptOnCreate)
        .update_replace_policy(DeletionPolicy::Retain);
    stack.add(
        "ArtifactsPolicy",
        BucketPolicy::new(
            bucket.name(),
            PolicyDocument::of([tls_only("s3:*", [bucket.arn(), sub!(bucket.arn(), "/*")])]),
        ),
    );
    stack
        .output("ArtifactsBucketName", bucket.name())
        .description("Name of the bucket of the handlers' archives");
    stack
}
