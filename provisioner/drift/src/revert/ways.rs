//! What to do about a difference that no call of ours puts back: said with the finding, in the words of somebody who has to
//! do it now.

use super::knows_all;
use crate::finding::{Finding, Kind};
use crate::live::THEIRS_TOO;
use crate::resolve::Stack;

/// The way out of a finding that can't be reverted; none where it can.
pub fn way_out(stack: &Stack, finding: &Finding) -> Option<String> {
    if finding.revertible {
        return None;
    }
    let added = finding.actual.as_ref();
    if let Some(why) = added.and_then(|added| added.get(THEIRS_TOO)?.as_str()) {
        return Some(why.to_owned());
    }
    let mut all = stack.resources.iter();
    let resource = all.find(|resource| resource.logical_id == finding.owner());
    if resource.is_some_and(|resource| !knows_all(resource)) {
        return Some(
            "the template says something of it that could not be resolved here: put back what it refers to first, then look again"
                .into(),
        );
    }
    let way = match (finding.kind, finding.type_name.as_str()) {
        (Kind::Deleted, "AWS::DynamoDB::Table") => {
            "restore it under its name, from a backup or to a point in time (`aws dynamodb restore-table-to-point-in-time`), \
             then `provision drift --revert` sets the rest; an empty one would be in the way"
        }
        (Kind::Deleted, "AWS::S3::Bucket") => {
            "make a bucket of its name and copy its objects back from where you keep copies, then `provision drift --revert` \
             sets the rest"
        }
        (Kind::Deleted, "AWS::KMS::Key") => {
            "a key whose waiting time is over does not come back, and what it encrypted can't be read: deploy the \
             environment again (`provision down`, `provision up`) and restore from copies that another key protects"
        }
        (Kind::Deleted, "AWS::ApiGatewayV2::Api") => {
            "it would come back under another id, which only CloudFormation can record: let it make the API again by a \
             change set with the deployment mode REVERT_DRIFT, or deploy the environment again (`provision down`, `provision up`)"
        }
        (Kind::Deleted, _) => {
            "deploy the environment again (`provision down`, `provision up`), or let CloudFormation make it again by a change \
             set with the deployment mode REVERT_DRIFT"
        }
        (Kind::Added, _) => "remove it by hand, with the service that it belongs to",
        (_, "AWS::S3::Bucket") if finding.path.starts_with("ObjectLock") => {
            "S3 can't switch locking off again: what was locked stays so until its time is over. Copy the objects into a \
             bucket without it, or declare it in the sources"
        }
        (_, "AWS::DynamoDB::Table") if finding.path.starts_with("KeySchema") => {
            "a table's key can't be changed: this is another table under the same name. Restore the right one"
        }
        _ => "set it back by hand, or change the sources and run `provision up`",
    };
    Some(way.to_owned())
}
