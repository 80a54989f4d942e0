//! From CloudFormation's names to Rust's.

const KEYWORDS: [&str; 12] = [
    "type", "match", "ref", "move", "use", "in", "loop", "where", "enum", "fn", "static", "const",
];

/// `KmsMasterKeyId` to `kms_master_key_id`, `SSESpecification` to `sse_specification`, `OKActions` to `ok_actions`.
pub fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().filter(|c| *c != '.').collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        if c.is_ascii_uppercase() {
            let before = i.checked_sub(1).and_then(|at| chars.get(at));
            let starts_word = before.is_some_and(|b| !b.is_ascii_uppercase())
                || (before.is_some() && chars.get(i + 1).is_some_and(char::is_ascii_lowercase));
            if starts_word {
                out.push('_');
            }
        }
        out.push(c.to_ascii_lowercase());
    }
    if KEYWORDS.contains(&out.as_str()) {
        format!("r#{out}")
    } else {
        out
    }
}

/// An enum's variant: `PAY_PER_REQUEST` to `PayPerRequest`, `aws:kms` to `AwsKms`, `GreaterThanThreshold` as it is.
pub fn variant(value: &str) -> String {
    let mut out = String::new();
    for word in value
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let shouts = !word.chars().any(|c| c.is_ascii_lowercase());
        let mut chars = word.chars();
        if let Some(first) = chars.next() {
            out.push(first.to_ascii_uppercase());
        }
        out.extend(chars.map(|c| if shouts { c.to_ascii_lowercase() } else { c }));
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, 'V');
    }
    out
}

/// `AWS::SQS::Queue` to `("sqs", "Queue")`.
pub fn module_and_type(name: &str) -> Option<(String, String)> {
    let mut parts = name.split("::");
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("AWS"), Some(service), Some(kind), None) => {
            Some((service.to_ascii_lowercase(), kind.to_owned()))
        }
        _ => None,
    }
}

/// A nested definition's Rust name: the resource's name in front, unless it is there already.
pub fn nested(resource: &str, definition: &str) -> String {
    if definition.starts_with(resource) && definition != resource {
        definition.to_owned()
    } else {
        format!("{resource}{definition}")
    }
}

/// `EVENT_BUS` of `EventBus`.
pub fn screaming(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setters_read_like_rust() {
        let pairs = [
            ("KmsMasterKeyId", "kms_master_key_id"),
            ("SSESpecification", "sse_specification"),
            ("KMSMasterKeyId", "kms_master_key_id"),
            ("OKActions", "ok_actions"),
            ("S3Bucket", "s3_bucket"),
            ("WebsiteURL", "website_url"),
            ("Type", "r#type"),
            ("SnapStartResponse.ApplyOn", "snap_start_response_apply_on"),
        ];
        for (name, expected) in pairs {
            assert_eq!(snake(name), expected);
        }
    }

    #[test]
    fn variants_read_like_rust() {
        let pairs = [
            ("PAY_PER_REQUEST", "PayPerRequest"),
            ("aws:kms", "AwsKms"),
            ("SSE-C", "SseC"),
            ("GreaterThanThreshold", "GreaterThanThreshold"),
            ("provided.al2023", "ProvidedAl2023"),
            ("x86_64", "X8664"),
            ("http/s", "HttpS"),
            ("Bytes/Second", "BytesSecond"),
        ];
        for (value, expected) in pairs {
            assert_eq!(variant(value), expected);
        }
    }

    #[test]
    fn definitions_carry_their_resource_once() {
        assert_eq!(nested("Rule", "Target"), "RuleTarget");
        assert_eq!(nested("Bucket", "BucketEncryption"), "BucketEncryption");
        assert_eq!(nested("Topic", "Subscription"), "TopicSubscription");
    }
}
