//! Buckets as a port: what publishing artifacts and emptying buckets need. It decides nothing about keys.

use crate::cloudformation::{CallError, Kind, call_error};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use std::path::Path;
use std::time::Duration;
use time::OffsetDateTime;

/// What the program needs of S3.
pub trait Objects {
    /// Whether an object is there.
    async fn exists(&self, bucket: &str, key: &str) -> Result<bool, CallError>;
    /// When an object was uploaded last; none where there is none.
    async fn uploaded(&self, bucket: &str, key: &str) -> Result<Option<OffsetDateTime>, CallError>;
    /// Deletes every version of an object.
    async fn delete_key(&self, bucket: &str, key: &str) -> Result<(), CallError>;
    /// Uploads a file whose sha256 is known; S3 compares.
    async fn upload(
        &self,
        bucket: &str,
        key: &str,
        file: &Path,
        sha256: &str,
    ) -> Result<(), CallError>;
    /// Writes a small object.
    async fn write(&self, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), CallError>;
    /// What is in a bucket under a prefix and when it was uploaded last, by key; nothing where there is no bucket.
    async fn list(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<Vec<(String, OffsetDateTime)>, CallError>;
    /// Deletes up to 1,000 object versions and delete markers after a place in the bucket. One that is gone is empty.
    async fn delete_some(&self, bucket: &str, after: Option<&After>) -> Result<Swept, CallError>;
    /// Gives up uploads in parts that were never finished; how many.
    async fn abort_uploads(&self, bucket: &str) -> Result<usize, CallError>;
}

/// A place in the list of a bucket's versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// The key before it.
    pub key: String,
    /// And its version, where it has several.
    pub version: Option<String>,
}

/// What one sweep through a part of a bucket did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many versions and markers went.
    pub deleted: usize,
    /// What S3 kept.
    pub refused: Vec<Refusal>,
    /// Where the next part begins.
    pub next: Option<After>,
}

/// A version that S3 doesn't delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its key.
    pub key: String,
    /// S3's code, e.g. `AccessDenied` for one that is locked.
    pub code: String,
    /// Its words.
    pub message: String,
}

/// S3 through the AWS SDK. Every call says whose buckets are meant, so that nobody else's is ever used.
#[derive(Debug, Clone)]
pub struct SdkObjects {
    client: Client,
    owner: String,
}

impl SdkObjects {
    /// With the session's configuration, for buckets of one account. The local cloud serves buckets by path.
    pub fn new(config: &aws_config::SdkConfig, owner: &str) -> Self {
        let local = config.endpoint_url().is_some();
        let config = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(local)
            .build();
        Self {
            client: Client::from_conf(config),
            owner: owner.to_owned(),
        }
    }
}

fn absent(error: CallError) -> Result<bool, CallError> {
    if error.kind == Kind::NotFound || error.code.as_deref() == Some("404") {
        Ok(false)
    } else {
        Err(error)
    }
}

impl Objects for SdkObjects {
    async fn exists(&self, bucket: &str, key: &str) -> Result<bool, CallError> {
        Ok(self.uploaded(bucket, key).await?.is_some())
    }

    async fn uploaded(&self, bucket: &str, key: &str) -> Result<Option<OffsetDateTime>, CallError> {
        match self
            .client
            .head_object()
            .bucket(bucket)
            .key(key)
            .expected_bucket_owner(&self.owner)
            .send()
            .await
        {
            // One that doesn't say when counts as just uploaded.
            Ok(found) => Ok(Some(
                found
                    .last_modified()
                    .and_then(|at| OffsetDateTime::from_unix_timestamp(at.secs()).ok())
                    .unwrap_or_else(OffsetDateTime::now_utc),
            )),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => absent(call_error("HeadObject", key, error)).map(|_| None),
        }
    }

    async fn delete_key(&self, bucket: &str, key: &str) -> Result<(), CallError> {
        let page = self
            .client
            .list_object_versions()
            .bucket(bucket)
            .prefix(key)
            .expected_bucket_owner(&self.owner)
            .send()
            .await
            .map_err(|error| call_error("ListObjectVersions", key, error))?;
        let versions = page
            .versions()
            .iter()
            .map(|version| (version.key(), version.version_id()));
        let markers = page
            .delete_markers()
            .iter()
            .map(|marker| (marker.key(), marker.version_id()));
        for (_, version) in versions.chain(markers).filter(|(of, _)| *of == Some(key)) {
            self.client
                .delete_object()
                .bucket(bucket)
                .key(key)
                .set_version_id(version.map(str::to_owned))
                .expected_bucket_owner(&self.owner)
                .send()
                .await
                .map_err(|error| call_error("DeleteObject", key, error))?;
        }
        Ok(())
    }

    async fn upload(
        &self,
        bucket: &str,
        key: &str,
        file: &Path,
        sha256: &str,
    ) -> Result<(), CallError> {
        let unreadable = |message: String| CallError {
            action: "PutObject",
            subject: file.display().to_string(),
            kind: Kind::Refused,
            code: None,
            message,
        };
        let body = ByteStream::from_path(file)
            .await
            .map_err(|error| unreadable(format!("the archive can't be read: {error}")))?;
        let sum =
            base64_of_hex(sha256).ok_or_else(|| unreadable(format!("`{sha256}` is no sha256")))?;
        self.client
            .put_object()
            .bucket(bucket)
            .key(key)
            .expected_bucket_owner(&self.owner)
            .checksum_sha256(sum)
            .body(body)
            .customize()
            .disable_payload_signing()
            .send()
            .await
            .map(|_| ())
            .map_err(|error| call_error("PutObject", key, error))
    }

    async fn write(&self, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), CallError> {
        self.client
            .put_object()
            .bucket(bucket)
            .key(key)
            .expected_bucket_owner(&self.owner)
            .body(body.into())
            .send()
            .await
            .map(|_| ())
            .map_err(|error| call_error("PutObject", key, error))
    }

    async fn list(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<Vec<(String, OffsetDateTime)>, CallError> {
        let mut all = Vec::new();
        let mut next = None;
        loop {
            let page = match self
                .client
                .list_objects_v2()
                .bucket(bucket)
                .prefix(prefix)
                .set_continuation_token(next)
                .expected_bucket_owner(&self.owner)
                .send()
                .await
            {
                Ok(page) => page,
                Err(error) => {
                    let error = call_error("ListObjectsV2", bucket, error);
                    return absent(error).map(|_| Vec::new());
                }
            };
            for object in page.contents() {
                // One that doesn't say when counts as just uploaded.
                let at = object
                    .last_modified()
                    .and_then(|at| OffsetDateTime::from_unix_timestamp(at.secs()).ok())
                    .unwrap_or_else(OffsetDateTime::now_utc);
                all.extend(object.key().map(|key| (key.to_owned(), at)));
            }
            next = page.next_continuation_token().map(str::to_owned);
            if next.is_none() {
                return Ok(all);
            }
        }
    }

    async fn abort_uploads(&self, bucket: &str) -> Result<usize, CallError> {
        let mut count = 0;
        loop {
            let page = match self
                .client
                .list_multipart_uploads()
                .bucket(bucket)
                .expected_bucket_owner(&self.owner)
                .send()
                .await
            {
                Ok(page) => page,
                Err(error) => {
                    let error = call_error("ListMultipartUploads", bucket, error);
                    return absent(error).map(|_| count);
                }
            };
            for upload in page.uploads() {
                self.client
                    .abort_multipart_upload()
                    .bucket(bucket)
                    .set_key(upload.key().map(str::to_owned))
                    .set_upload_id(upload.upload_id().map(str::to_owned))
                    .expected_bucket_owner(&self.owner)
                    .send()
                    .await
                    .map_err(|error| call_error("AbortMultipartUpload", bucket, error))?;
                count += 1;
            }
            // What is aborted is no longer listed: the next page is the first again.
            if page.is_truncated() != Some(true) || page.uploads().is_empty() {
                return Ok(count);
            }
        }
    }

    async fn delete_some(&self, bucket: &str, after: Option<&After>) -> Result<Swept, CallError> {
        let page = match self
            .client
            .list_object_versions()
            .bucket(bucket)
            .expected_bucket_owner(&self.owner)
            .set_key_marker(after.map(|after| after.key.clone()))
            .set_version_id_marker(after.and_then(|after| after.version.clone()))
            .max_keys(1000)
            .send()
            .await
        {
            Ok(page) => page,
            Err(error) => {
                let error = call_error("ListObjectVersions", bucket, error);
                return absent(error).map(|_| Swept::default());
            }
        };
        let versions = page
            .versions()
            .iter()
            .map(|version| (version.key(), version.version_id()));
        let markers = page
            .delete_markers()
            .iter()
            .map(|marker| (marker.key(), marker.version_id()));
        let objects: Vec<ObjectIdentifier> = versions
            .chain(markers)
            .filter_map(|(key, version)| {
                ObjectIdentifier::builder()
                    .key(key?)
                    .set_version_id(version.map(str::to_owned))
                    .build()
                    .ok()
            })
            .collect();
        let next = page.next_key_marker().map(|key| After {
            key: key.to_owned(),
            version: page.next_version_id_marker().map(str::to_owned),
        });
        let next = next.filter(|_| page.is_truncated() == Some(true));
        let count = objects.len();
        if count == 0 {
            return Ok(Swept {
                next,
                ..Swept::default()
            });
        }
        let delete = Delete::builder()
            .set_objects(Some(objects))
            .quiet(true)
            .build()
            .map_err(|_| CallError::odd("ListObjectVersions", bucket, "Key"))?;
        let reply = self
            .client
            .delete_objects()
            .bucket(bucket)
            .expected_bucket_owner(&self.owner)
            .delete(delete)
            .send()
            .await
            .map_err(|error| call_error("DeleteObjects", bucket, error))?;
        let refused: Vec<Refusal> = reply
            .errors()
            .iter()
            .map(|error| Refusal {
                key: error.key().unwrap_or_default().to_owned(),
                code: error.code().unwrap_or_default().to_owned(),
                message: error.message().unwrap_or("no message").to_owned(),
            })
            .collect();
        Ok(Swept {
            deleted: count.saturating_sub(refused.len()),
            refused,
            next,
        })
    }
}

/// The HTTP status of a failed call. HEAD answers carry no code.
fn status<E>(
    error: &aws_sdk_s3::error::SdkError<E, aws_smithy_runtime_api::http::Response>,
) -> Option<u16> {
    error.raw_response().map(|reply| reply.status().as_u16())
}

/// From hexadecimal, as we write digests, to base64, as S3 does.
fn base64_of_hex(hex: &str) -> Option<String> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let bytes: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok())
        .collect::<Option<_>>()?;
    Some(aws_smithy_types::base64::encode(bytes))
}

/// What became of a bucket that was to be emptied.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Emptied {
    /// How many versions, markers and unfinished uploads went.
    pub deleted: usize,
    /// What S3 keeps, e.g. because it is locked.
    pub refused: Vec<Refusal>,
}

/// How often what S3 had no time for is tried again.
const PATIENCE: u32 = 6;

/// Empties a bucket: every version, delete marker and unfinished upload. What S3 refuses to delete stops nothing else.
///
/// # Errors
/// When a call fails.
pub async fn empty(objects: &impl Objects, bucket: &str) -> Result<Emptied, CallError> {
    let uploads = match objects.abort_uploads(bucket).await {
        // They hold no bucket up.
        Err(error) if error.kind == Kind::Denied => 0,
        aborted => aborted?,
    };
    let mut emptied = Emptied {
        deleted: uploads,
        ..Emptied::default()
    };
    let mut tries = 0;
    loop {
        let mut swept = objects.delete_some(bucket, None).await?;
        while let Some(after) = swept.next.take() {
            let more = objects.delete_some(bucket, Some(&after)).await?;
            swept.deleted += more.deleted;
            swept.refused.extend(more.refused);
            swept.next = more.next;
        }
        emptied.deleted += swept.deleted;
        let later =
            |refusal: &Refusal| CallError::kind_of(&refusal.code, &refusal.message) == Kind::Lost;
        if swept.deleted == 0 && (tries == PATIENCE || !swept.refused.iter().any(later)) {
            emptied.refused = swept.refused;
            return Ok(emptied);
        }
        if swept.deleted == 0 {
            tries += 1;
            tokio::time::sleep(Duration::from_millis(200) * 2_u32.pow(tries)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_reach_s3_in_base64() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(
            base64_of_hex(hex).as_deref(),
            Some("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
        );
        assert_eq!(base64_of_hex("xyz"), None);
    }
}
