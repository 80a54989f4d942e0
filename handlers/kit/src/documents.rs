//! Documents in the bucket, under their digests. A digest is checked by the store on the way in and here on the way out.

use crate::store::unavailable;
use crate::world::World;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use contracts::events::{DocumentFormat, DocumentRef};
use contracts::ids::Sha256Hex;
use contracts::needs::{self, Prefix};
use contracts::{Handler, Needs};
use ports::{
    Answer, PortError, ReadInvoiceDocuments, ReadRegistrations, Stored, WriteInvoiceDocuments,
    WriteRegistrations,
};

/// An object to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewObject<'a> {
    pub(crate) key: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) sha256: &'a Sha256Hex,
    pub(crate) content_type: &'a str,
    /// Names and values that rest beside the bytes.
    pub(crate) metadata: &'a [(&'a str, &'a str)],
}

/// What became of a conditional write.
pub(crate) enum Written {
    /// The object is new, in this version where the bucket keeps versions.
    New(Option<String>),
    /// There was one under the key; it is untouched.
    Already,
}

impl<H: Handler> World<H> {
    /// Writes an object unless there is one. The store checks the digest.
    pub(crate) async fn write_object(&self, object: NewObject<'_>) -> Answer<Written> {
        let metadata: std::collections::HashMap<String, String> = object
            .metadata
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut pause = std::time::Duration::from_millis(50);
        loop {
            let sent = self
                .shared
                .objects
                .put_object()
                .bucket(&self.shared.settings.bucket)
                .key(object.key)
                .if_none_match("*")
                .content_type(object.content_type)
                .set_metadata(Some(metadata.clone()))
                .checksum_sha256(base64_of(object.sha256))
                .body(ByteStream::from(object.bytes.to_vec()))
                .send()
                .await;
            match sent {
                Ok(output) => return Ok(Written::New(output.version_id)),
                Err(error) => match error.code() {
                    Some("PreconditionFailed") => return Ok(Written::Already),
                    // Somebody writes the same key right now: whoever comes second finds it there.
                    Some("ConditionalRequestConflict") if pause.as_secs() < 1 => {
                        tokio::time::sleep(pause).await;
                        pause *= 2;
                    }
                    _ => return Err(unavailable("storing", object.key, &error)),
                },
            }
        }
    }

    async fn store(&self, prefix: Prefix, document: Stored<'_>) -> Answer<DocumentRef> {
        let key = format!("{}{}", prefix.as_str(), document.sha256);
        let content_type = match document.format {
            DocumentFormat::Ubl | DocumentFormat::Cii => "application/xml",
            DocumentFormat::Json | DocumentFormat::Registration => "application/json",
        };
        let written = self
            .write_object(NewObject {
                key: &key,
                bytes: document.bytes,
                sha256: document.sha256,
                content_type,
                metadata: &[],
            })
            .await?;
        let version = match written {
            Written::New(version) => version,
            // A repeated request must announce the very same fact: the version that is there, not a new one.
            Written::Already => self.version(&key).await?,
        };
        Ok(DocumentRef {
            key,
            version,
            sha256: document.sha256.clone(),
            bytes: document.bytes.len() as u64,
            format: document.format,
        })
    }

    async fn version(&self, key: &str) -> Answer<Option<String>> {
        let found = self.look_up(key).await?;
        Ok(found.and_then(|head| head.version_id))
    }

    /// What the store knows of an object, or nothing where there is none.
    pub(crate) async fn look_up(&self, key: &str) -> Answer<Option<HeadObjectOutput>> {
        let head = self
            .shared
            .objects
            .head_object()
            .bucket(&self.shared.settings.bucket)
            .key(key)
            .send()
            .await;
        match head {
            Ok(head) => Ok(Some(head)),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_not_found()) => Ok(None),
            Err(error) => Err(unavailable("looking up", key, &error)),
        }
    }

    async fn object(&self, reference: &DocumentRef) -> Answer<Vec<u8>> {
        let key = reference.key.as_str();
        let found = self
            .shared
            .objects
            .get_object()
            .bucket(&self.shared.settings.bucket)
            .key(key)
            .set_version_id(reference.version.clone())
            .send()
            .await
            .map_err(|error| match error.code() {
                Some("NoSuchKey" | "NoSuchVersion") => {
                    corrupt(reference, "there is no such object")
                }
                _ => unavailable("reading", key, &error),
            })?;
        let bytes = found
            .body
            .collect()
            .await
            .map_err(|_| PortError::Unavailable {
                action: "reading",
                subject: key.to_owned(),
                reason: "the transfer broke off".into(),
            })?;
        Ok(bytes.to_vec())
    }

    async fn document(&self, reference: &DocumentRef) -> Answer<Vec<u8>> {
        let bytes = self.object(reference).await?;
        if Sha256Hex::of(&bytes) != reference.sha256 {
            return Err(corrupt(reference, "its digest is not the promised one"));
        }
        Ok(bytes)
    }
}

fn corrupt(reference: &DocumentRef, reason: &str) -> PortError {
    PortError::Corrupt {
        subject: format!("document {}", reference.key),
        reason: reason.to_owned(),
    }
}

/// A digest as S3 takes it.
fn base64_of(digest: &Sha256Hex) -> String {
    let nibble = |byte: u8| match byte {
        b'0'..=b'9' => byte - b'0',
        _ => byte - b'a' + 10,
    };
    let bytes: Vec<u8> = digest
        .as_str()
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| (nibble(pair[0]) << 4) | nibble(pair[1]))
        .collect();
    aws_smithy_types::base64::encode(bytes)
}

impl<H: Needs<needs::ReadInvoiceDocuments>> ReadInvoiceDocuments for World<H> {
    async fn invoice_document(&self, reference: &DocumentRef) -> Answer<Vec<u8>> {
        self.document(reference).await
    }
}

impl<H: Needs<needs::WriteInvoiceDocuments>> WriteInvoiceDocuments for World<H> {
    async fn store_invoice(&self, document: Stored<'_>) -> Answer<DocumentRef> {
        self.store(Prefix::Invoices, document).await
    }
}

impl<H: Needs<needs::ReadRegistrations>> ReadRegistrations for World<H> {
    async fn registration(&self, reference: &DocumentRef) -> Answer<Vec<u8>> {
        self.document(reference).await
    }
}

impl<H: Needs<needs::WriteRegistrations>> WriteRegistrations for World<H> {
    async fn store_registration(&self, document: Stored<'_>) -> Answer<DocumentRef> {
        self.store(Prefix::Registrations, document).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_as_s3_takes_it() {
        // SHA-256 of nothing, as S3's documentation and `openssl dgst -binary | base64` give it.
        assert_eq!(
            base64_of(&Sha256Hex::of(b"")),
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        );
    }
}
