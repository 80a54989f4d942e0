//! The S3 beside the scripted CloudFormation.

use super::Scripted;
use crate::cloudformation::CallError;
use crate::objects::Objects;
use std::path::Path;
use time::{Duration, OffsetDateTime};

impl Objects for Scripted {
    async fn exists(&self, bucket: &str, key: &str) -> Result<bool, CallError> {
        self.call("HeadObject")?;
        let state = self.state();
        Ok(state
            .buckets
            .get(bucket)
            .is_some_and(|b| b.contains_key(key)))
    }

    async fn uploaded(&self, bucket: &str, key: &str) -> Result<Option<OffsetDateTime>, CallError> {
        let there = self.exists(bucket, key).await?;
        let now = OffsetDateTime::now_utc();
        let at = match self.state().aged.contains(key) {
            true => now - Duration::days(2),
            false => now,
        };
        Ok(there.then_some(at))
    }

    async fn delete_key(&self, bucket: &str, key: &str) -> Result<(), CallError> {
        self.call("DeleteObject")?;
        if let Some(objects) = self.state().buckets.get_mut(bucket) {
            objects.remove(key);
        }
        Ok(())
    }

    async fn upload(&self, bucket: &str, key: &str, _: &Path, _: &str) -> Result<(), CallError> {
        self.call("PutObject")?;
        let mut state = self.state();
        state.aged.remove(key);
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
