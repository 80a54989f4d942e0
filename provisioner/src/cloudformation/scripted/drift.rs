//! The scripted CloudFormation's own drift detection: what the tests say that somebody changed.

use super::{Scripted, absent};
use crate::cloudformation::{CallError, Detection, Page, ResourceDrift};

impl Scripted {
    pub(super) fn detection_begun(&self, name_or_id: &str) -> Result<String, CallError> {
        const ACTION: &str = "DetectStackDrift";
        self.call(ACTION)?;
        match self.state().find(name_or_id) {
            Some(_) => Ok("detection-1".to_owned()),
            None => Err(absent(ACTION, name_or_id)),
        }
    }

    pub(super) fn detection_now(&self) -> Result<Detection, CallError> {
        self.call("DescribeStackDriftDetectionStatus")?;
        let mut state = self.state();
        if state.detection_takes > 0 {
            state.detection_takes -= 1;
            return Ok(Detection::Running);
        }
        Ok(Detection::Complete)
    }

    pub(super) fn drift_found(&self, name_or_id: &str) -> Result<Page<ResourceDrift>, CallError> {
        const ACTION: &str = "DescribeStackResourceDrifts";
        self.call(ACTION)?;
        let mut state = self.state();
        let drifted = state.drifted.clone();
        let Some(stack) = state.find(name_or_id) else {
            return Err(absent(ACTION, name_or_id));
        };
        let of = |(id, (type_name, _)): (&String, &(String, &'static str))| {
            let properties = drifted.get(id.as_str());
            ResourceDrift {
                logical_id: id.clone(),
                physical_id: Some(id.to_lowercase()),
                type_name: type_name.clone(),
                status: match properties {
                    None => "IN_SYNC",
                    Some(properties) if properties.is_empty() => "DELETED",
                    Some(_) => "MODIFIED",
                }
                .to_owned(),
                expected: None,
                actual: None,
                differing: properties
                    .into_iter()
                    .flatten()
                    .map(|name| format!("/{name}"))
                    .collect(),
            }
        };
        Ok(Page {
            items: stack.resources.iter().map(of).collect(),
            next: None,
        })
    }
}
