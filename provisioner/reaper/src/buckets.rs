//! Emptying buckets, page by page: versions and delete markers. AWS refuses to delete a bucket that holds anything.

use crate::reap::Fault;
use crate::stack::{Resource, list};
use requests::{Api, Call, Service, Trouble, encode};
use serde_json::{Value, json};
use std::fmt::Write;

/// The buckets that go with the stack: those that are there and that its template doesn't retain. Without a template nobody
/// knows which of them are to be kept.
pub fn going<'r>(
    resources: &'r [Resource],
    template: Option<&Value>,
) -> Result<Vec<&'r str>, Fault> {
    let buckets = resources
        .iter()
        .filter(|resource| resource.type_name == "AWS::S3::Bucket")
        .filter(|resource| resource.status != "DELETE_COMPLETE");
    let mut going = Vec::new();
    for bucket in buckets {
        let template = template.ok_or(Fault::NoTemplate)?;
        let policy = template["Resources"][&bucket.logical_id]["DeletionPolicy"].as_str();
        if !matches!(policy, Some("Retain" | "RetainExceptOnCreate")) {
            going.push(bucket.physical_id.as_str());
        }
    }
    Ok(going)
}

/// Deletes a page of a bucket; how many versions and markers it held. Zero: it is empty, or gone.
pub async fn empty_page(api: &impl Api, bucket: &str) -> Result<usize, Fault> {
    let path = format!("/{bucket}?versions&max-keys=1000");
    let listed = match api
        .call(&Call::get(Service::S3, "ListObjectVersions", path))
        .await
    {
        Ok(listed) => listed,
        Err(trouble) if trouble.is_absence() => return Ok(0),
        Err(trouble) => return Err(trouble.into()),
    };
    let versions = list(&listed["Version"]).chain(list(&listed["DeleteMarker"]));
    let mut body = String::from(
        "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>",
    );
    let mut count = 0;
    for version in versions {
        let text = |name: &str| escaped(version[name].as_str().unwrap_or_default());
        let _ = write!(
            body,
            "<Object><Key>{}</Key><VersionId>{}</VersionId></Object>",
            text("Key"),
            text("VersionId")
        );
        count += 1;
    }
    if count == 0 {
        return Ok(0);
    }
    body.push_str("</Delete>");
    let call = Call::at(
        Service::S3,
        "DeleteObjects",
        "POST",
        format!("/{}?delete", encode(bucket)),
        json!(body),
    );
    let answer = api.call(&call).await?;
    match list(&answer["Error"]).next() {
        None => Ok(count),
        // Tried again, it would be refused again.
        Some(error) => Err(Fault::Refused(Trouble::Refused {
            call: format!("{call} on {bucket}"),
            code: error["Code"].as_str().unwrap_or_default().to_owned(),
            message: error["Message"].as_str().unwrap_or_default().to_owned(),
        })),
    }
}

/// A text within XML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            other => out.push(other),
        }
    }
    out
}
