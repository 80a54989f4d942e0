//! The S3 beside the scripted CloudFormation.

use super::Scripted;
use crate::cloudformation::CallError;
use crate::objects::{After, Objects, Refusal, Swept};
use std::collections::BTreeMap;
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

    async fn list(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<Vec<(String, OffsetDateTime)>, CallError> {
        self.call("ListObjectsV2")?;
        let now = OffsetDateTime::now_utc();
        let state = self.state();
        let keys = state
            .buckets
            .get(bucket)
            .into_iter()
            .flat_map(BTreeMap::keys)
            .filter(|key| key.starts_with(prefix));
        let at = |key: &String| match state.aged.contains(key) {
            true => now - Duration::days(2),
            false => now,
        };
        Ok(keys.map(|key| (key.clone(), at(key))).collect())
    }

    async fn delete_some(&self, bucket: &str, after: Option<&After>) -> Result<Swept, CallError> {
        self.call("DeleteObjects")?;
        let mut state = self.state();
        let state = &mut *state;
        let objects = state.buckets.entry(bucket.to_owned()).or_default();
        let mut keys = objects
            .keys()
            .filter(|key| after.is_none_or(|after| **key > after.key))
            .cloned();
        let page: Vec<String> = keys.by_ref().take(1000).collect();
        let more = keys.next().is_some();
        let mut swept = Swept {
            next: page.last().filter(|_| more).map(|key| After {
                key: key.clone(),
                version: None,
            }),
            ..Swept::default()
        };
        for key in page {
            match state.locked.get(&key) {
                Some(code) if state.relents_after != Some(0) => {
                    state.relents_after = state.relents_after.map(|left| left - 1);
                    swept.refused.push(Refusal {
                        key,
                        code: (*code).to_owned(),
                        message: "not now".to_owned(),
                    });
                }
                _ => {
                    objects.remove(&key);
                    swept.deleted += 1;
                }
            }
        }
        Ok(swept)
    }

    async fn abort_uploads(&self, _: &str) -> Result<usize, CallError> {
        self.call("ListMultipartUploads")?;
        Ok(0)
    }
}
