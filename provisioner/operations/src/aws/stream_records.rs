//! A stream's given-up batches on S3, and the function that must take them again.

use super::{WaysBack, service_error};
use crate::deployed::Bucket;
use crate::ports::{ServiceError, Trouble};
use crate::redrive::{Answer, Letter, StreamRecords};
use aws_sdk_lambda::types::InvocationType;
use aws_smithy_types::Blob;
use serde_json::Value;
use std::collections::BTreeMap;

impl StreamRecords for WaysBack {
    async fn keys(&self, bucket: &Bucket, most: usize) -> Result<Vec<String>, ServiceError> {
        let (mut keys, mut next) = (Vec::new(), None);
        while keys.len() < most {
            let page = self
                .objects()
                .list_objects_v2()
                .bucket(&bucket.name)
                .set_continuation_token(next)
                .send()
                .await
                .map_err(|why| service_error("looking into", bucket.id.clone(), &why))?;
            let contents = page.contents.unwrap_or_default().into_iter();
            keys.extend(contents.filter_map(|object| object.key));
            next = page.next_continuation_token;
            if next.is_none() {
                break;
            }
        }
        keys.truncate(most);
        Ok(keys)
    }

    async fn read(&self, bucket: &Bucket, key: &str) -> Result<Option<Letter>, ServiceError> {
        let subject = || format!("{key} in {}", bucket.id);
        let request = self.objects().get_object().bucket(&bucket.name).key(key);
        let object = match request.send().await {
            Ok(object) => object,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_no_such_key()) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(service_error("reading", subject(), &error)),
        };
        let modified = object.last_modified.and_then(|at| at.to_millis().ok());
        let cut = |reason: String, trouble| ServiceError {
            action: "reading",
            subject: subject(),
            reason,
            trouble,
        };
        let bytes = object
            .body
            .collect()
            .await
            .map_err(|why| cut(why.to_string(), Trouble::Unavailable))?;
        let body = String::from_utf8(bytes.to_vec())
            .map_err(|_| cut("it is no text".to_owned(), Trouble::Other))?;
        Ok(Some(Letter {
            id: key.to_owned(),
            receipt: key.to_owned(),
            body,
            attributes: BTreeMap::new(),
            trace: None,
            receives: 0,
            sent_ms: modified
                .and_then(|at| u64::try_from(at).ok())
                .unwrap_or_default(),
        }))
    }

    async fn ask(&self, function: &str, payload: &str) -> Result<Answer, ServiceError> {
        let answer = self
            .functions()
            .invoke()
            .function_name(function)
            .invocation_type(InvocationType::RequestResponse)
            .payload(Blob::new(payload.as_bytes()))
            .send()
            .await
            .map_err(|why| service_error("invoking", function.to_owned(), &why))?;
        let said = answer.payload.map(Blob::into_inner).unwrap_or_default();
        let said: Value = serde_json::from_slice(&said).unwrap_or_default();
        if let Some(error) = answer.function_error {
            let kind = said["errorType"].as_str().unwrap_or(&error);
            return Ok(Answer::Failed(kind.to_owned()));
        }
        Ok(match said["batchItemFailures"].as_array().map(Vec::len) {
            None | Some(0) => Answer::Done,
            Some(records) => Answer::FailedOn(records),
        })
    }

    async fn remove(&self, bucket: &Bucket, key: &str) -> Result<(), ServiceError> {
        self.objects()
            .delete_object()
            .bucket(&bucket.name)
            .key(key)
            .send()
            .await
            .map(|_| ())
            .map_err(|why| service_error("deleting", format!("{key} in {}", bucket.id), &why))
    }
}
