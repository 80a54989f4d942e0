//! The document bucket: originals, registrations, payment instructions (R15). Claim checks name object versions, so
//! versions live as long as the records do.

use crate::constructs::Site;
use crate::constructs::policies::tls_only;
use crate::environment::Retention;
use crate::ids;
use cfn::s3::{
    Bucket, BucketAbortIncompleteMultipartUpload, BucketDefaultRetention, BucketEncryption,
    BucketLifecycleConfiguration, BucketNoncurrentVersionExpiration, BucketObjectLockConfiguration,
    BucketObjectLockEnabled, BucketObjectLockRule, BucketObjectOwnership, BucketOwnershipControls,
    BucketOwnershipControlsRule, BucketPolicy, BucketPublicAccessBlockConfiguration, BucketRule,
    BucketRuleStatus, BucketSSEAlgorithm, BucketServerSideEncryptionByDefault,
    BucketServerSideEncryptionRule, BucketVersioningConfiguration,
    BucketVersioningConfigurationStatus,
};
use cfn::{PolicyDocument, Val, sub};
use contracts::wiring::outputs;

/// A year with its leap day, so that nothing is deleted a day early.
const DAYS_A_YEAR: u32 = 366;

pub(super) fn documents(site: &mut Site<'_>) {
    let bucket = private_bucket(encryption(ids::data_key().arn())).lifecycle_configuration(
        BucketLifecycleConfiguration::new([
            records_expire(&site.environment.retention),
            unfinished_uploads(),
        ]),
    );
    let bucket = site
        .stack
        .add(ids::DOCUMENTS, locked(bucket, &site.environment.retention));
    site.stateful(&bucket);
    site.stack.add(
        "DocumentsPolicy",
        BucketPolicy::new(
            bucket.name(),
            PolicyDocument::of([tls_only("s3:*", [bucket.arn(), sub!(bucket.arn(), "/*")])]),
        ),
    );
    site.stack
        .output(outputs::DOCUMENT_BUCKET, bucket.name())
        .description("Name of the document bucket");
}

/// Every version is locked from its first day, for as long as records are kept; the lifecycle comes after that.
fn locked(bucket: Bucket, retention: &Retention) -> Bucket {
    let Some(mode) = retention.object_lock.mode() else {
        return bucket;
    };
    bucket.object_lock_enabled(true).object_lock_configuration(
        BucketObjectLockConfiguration::new()
            .object_lock_enabled(BucketObjectLockEnabled::Enabled)
            .rule(
                BucketObjectLockRule::new().default_retention(
                    BucketDefaultRetention::new()
                        .mode(mode)
                        .years(retention.record_years),
                ),
            ),
    )
}

/// A bucket that nobody but the account reads: versioned, encrypted, no public access, no ACLs.
pub(crate) fn private_bucket(encryption: BucketServerSideEncryptionByDefault) -> Bucket {
    Bucket::new()
        .bucket_encryption(BucketEncryption::new([
            BucketServerSideEncryptionRule::new()
                .bucket_key_enabled(true)
                .server_side_encryption_by_default(encryption),
        ]))
        .versioning_configuration(BucketVersioningConfiguration::new(
            BucketVersioningConfigurationStatus::Enabled,
        ))
        .public_access_block_configuration(
            BucketPublicAccessBlockConfiguration::new()
                .block_public_acls(true)
                .block_public_policy(true)
                .ignore_public_acls(true)
                .restrict_public_buckets(true),
        )
        .ownership_controls(BucketOwnershipControls::new([
            BucketOwnershipControlsRule::new()
                .object_ownership(BucketObjectOwnership::BucketOwnerEnforced),
        ]))
}

/// What is kept as a record goes after its time, in every version.
pub(crate) fn records_expire(retention: &Retention) -> BucketRule {
    let days = retention.record_years * DAYS_A_YEAR;
    BucketRule::new(BucketRuleStatus::Enabled)
        .id("records")
        .expiration_in_days(days)
        .noncurrent_version_expiration(BucketNoncurrentVersionExpiration::new(days))
}

/// Encryption by a customer-managed key.
pub(crate) fn encryption(key: Val<String>) -> BucketServerSideEncryptionByDefault {
    BucketServerSideEncryptionByDefault::new(BucketSSEAlgorithm::AwsKms).kms_master_key_id(key)
}

/// Parts of uploads that nobody finished are deleted after a week.
pub(crate) fn unfinished_uploads() -> BucketRule {
    BucketRule::new(BucketRuleStatus::Enabled)
        .id("unfinished-uploads")
        .abort_incomplete_multipart_upload(BucketAbortIncompleteMultipartUpload::new(7))
}
