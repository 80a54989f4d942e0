//! The bootstrap stack: one an account and region, made by the first `up`. It holds what exists before any environment:
//! the bucket of the handlers' archives.

use crate::artifacts::Artifacts;
use crate::constructs::policies::tls_only;
use crate::shared::documents::{private_bucket, unfinished_uploads};
use cfn::s3::{
    BucketLifecycleConfiguration, BucketNoncurrentVersionExpiration, BucketPolicy, BucketRule,
    BucketRuleStatus, BucketSSEAlgorithm, BucketServerSideEncryptionByDefault,
};
use cfn::{PolicyDocument, Stack, Template, sub};

/// Name of the bootstrap stack.
pub const BOOTSTRAP_STACK: &str = "provision-bootstrap";

/// Days until a replaced or deleted archive is gone: long enough to roll an environment back.
const NONCURRENT_DAYS: u32 = 90;

/// The bootstrap stack of an account and region.
///
/// The bucket is encrypted by S3's own key: Lambda reads archives from it for every environment, and what rests there
/// is code, no business data. It is retained: environments depend on it.
#[must_use]
pub fn bootstrap(account: &str, region: &str) -> Template {
    let mut stack = Stack::new("What provision needs before any environment: the artifacts bucket");
    let bucket = stack.add(
        "Artifacts",
        private_bucket(BucketServerSideEncryptionByDefault::new(
            BucketSSEAlgorithm::Aes256,
        ))
        .bucket_name(Artifacts::bucket_name(account, region))
        .lifecycle_configuration(BucketLifecycleConfiguration::new([
            BucketRule::new(BucketRuleStatus::Enabled)
                .id("old-archives")
                .noncurrent_version_expiration(BucketNoncurrentVersionExpiration::new(
                    NONCURRENT_DAYS,
                )),
            unfinished_uploads(),
        ])),
    );
    stack.options(&bucket).retain();
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
