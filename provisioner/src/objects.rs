//! Buckets as a port: what publishing artifacts and emptying buckets need. It decides nothing about keys.

use crate::cloudformation::{CallError, Kind, call_error};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use std::path::Path;
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
    /// Deletes up to 1,000 object versions and delete markers, and says how many: 0 when it is empty or gone.
    async fn delete_some(&self, bucket: &str) -> Result<usize, CallError>;
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

    async fn delete_some(&self, bucket: &str) -> Result<usize, CallError> {
        let page = match self
            .client
            .list_object_versions()
            .bucket(bucket)
            .expected_bucket_owner(&self.owner)
            .max_keys(1000)
            .send()
            .await
        {
            Ok(page) => page,
            Err(error) => {
                let error = call_error("ListObjectVersions", bucket, error);
                return absent(error).map(|_| 0);
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
        let count = objects.len();
        if count == 0 {
            return Ok(0);
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
        if let Some(error) = reply.errors().first() {
            let code = error.code().unwrap_or_default();
            let message = error.message().unwrap_or("no message");
            return Err(CallError {
                action: "DeleteObjects",
                subject: format!("{bucket}/{}", error.key().unwrap_or_default()),
                kind: CallError::kind_of(code, message),
                code: Some(code.to_owned()),
                message: message.to_owned(),
            });
        }
        Ok(count)
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

/// Empties a bucket: every version and delete marker.
///
/// # Errors
/// When a call fails.
pub async fn empty(objects: &impl Objects, bucket: &str) -> Result<usize, CallError> {
    let mut total = 0;
    loop {
        let count = objects.delete_some(bucket).await?;
        if count == 0 {
            return Ok(total);
        }
        total += count;
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
