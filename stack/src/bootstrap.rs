//! The bootstrap stack: one an account and region, made by the first `up`. It holds what exists before any environment:
//! the bucket of the handlers' archives.

use crate::artifacts::Artifacts;
use crate::constructs::policies::tls_only;
use crate::shared::documents::{private_bucket, unfinished_uploads};
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

/// The bootstrap stack of an account and region.
///
/// The bucket is encrypted by S3's own key: Lambda reads archives from it for every environment, and what rests there
/// is code, no business data. It is retained: environments depend on it.
///
/// Handlers' archives never expire. Lambda keeps a copy of the code that runs, but a rollback, ours or CloudFormation's
/// own, reads the archive of the version before, and no age says whether an environment still needs that one. Those that
/// no stack uses any more go with the last environment that did; the rest are a few megabytes a release.
#[must_use]
pub fn bootstrap(account: &str, region: &str) -> Template {
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
    stack.synth().template
}
