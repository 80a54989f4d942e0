//! The S3 beside the scripted CloudFormation.

use super::Scripted;
use crate::cloudformation::CallError;
use crate::objects::Objects;
use std::path::Path;

impl Objects for Scripted {
    async fn exists(&self, bucket: &str, key: &str) -> Result<bool, CallError> {
        self.call("HeadObject")?;
        let state = self.state();
        Ok(state
            .buckets
            .get(bucket)
            .is_some_and(|b| b.contains_key(key)))
    }

    async fn upload(&self, bucket: &str, key: &str, _: &Path, _: &str) -> Result<(), CallError> {
        self.call("PutObject")?;
        let mut state = self.state();
        let objects = state.buckets.entry(bucket.to_owned()).or_default();
        objects.insert(key.to_owned(), Vec::new());
        Ok(())
    }

    async fn write(&self, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), CallError> {
        self.call("PutObject")?;
        let mut state = self.state();
        let objects = state.buckets.entry(bucket.to_owned()).or_default();
        objects.insert(key.to_owned(), body);
        Ok(())
    }

    async fn delete_some(&self, bucket: &str) -> Result<usize, CallError> {
        self.call("DeleteObjects")?;
        let mut state = self.state();
        let objects = state.buckets.entry(bucket.to_owned()).or_default();
        Ok(std::mem::take(objects).len())
    }
}
