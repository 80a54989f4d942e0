//! Signed requests. Throttling and the service's own faults are tried again with a growing pause; nothing else is.

use crate::call::{Api, Call, Protocol, Service, Trouble, Unreachable};
use crate::{form, sent, xml};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::error::Error;
use std::time::{Duration, SystemTime};

/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Pauses before each further attempt.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(900),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// A cloud, reached with one set of credentials.
#[derive(Debug)]
pub struct Signed {
    connector: Connector,
    credentials: Credentials,
    region: String,
    suffix: &'static str,
    /// A local cloud's address, for every service.
    endpoint: Option<String>,
    calls: Cell<usize>,
}

impl Signed {
    /// With these credentials, to a region's services, or to a local cloud's address.
    pub fn of(credentials: Credentials, region: &str, endpoint: Option<&str>) -> Self {
        let connector = match endpoint {
            // Only a local cloud is reached so; it needs no trust store.
            Some(url) if url.starts_with("http://") => Connector::builder().build_http(),
            _ => Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build(),
        };
        Self {
            connector,
            credentials,
            suffix: if region.starts_with("cn-") {
                "amazonaws.com.cn"
            } else {
                "amazonaws.com"
            },
            region: region.to_owned(),
            endpoint: endpoint.map(str::to_owned),
            calls: Cell::new(0),
        }
    }

    /// From the configuration of the program's clients.
    ///
    /// # Errors
    /// Without usable credentials.
    #[cfg(feature = "config")]
    pub async fn new(config: &aws_config::SdkConfig) -> Result<Self, Unreachable> {
        use aws_credential_types::provider::ProvideCredentials;
        let unusable = |why: String| Unreachable {
            what: "the chain of credentials".to_owned(),
            why,
        };
        let provider = config
            .credentials_provider()
            .ok_or_else(|| unusable("there is none".to_owned()))?;
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(|error| unusable(chain(&error)))?;
        let region = config.region().map_or("", |region| region.as_ref());
        Ok(Self::of(credentials, region, config.endpoint_url()))
    }

    /// How many requests were sent.
    pub fn calls(&self) -> usize {
        self.calls.get()
    }

    fn base(&self, service: Service) -> String {
        if let Some(endpoint) = &self.endpoint {
            return endpoint.clone();
        }
        match service {
            Service::Iam if self.suffix == "amazonaws.com" => {
                "https://iam.amazonaws.com".to_owned()
            }
            Service::Iam => format!("https://iam.{}.{}", self.region, self.suffix),
            _ => format!(
                "https://{}.{}.{}",
                service.signing_name(),
                self.region,
                self.suffix
            ),
        }
    }

    /// IAM is one for all regions, and signed for its home's.
    fn region(&self, service: Service) -> &str {
        match service {
            Service::Iam if self.endpoint.is_none() && self.suffix == "amazonaws.com" => {
                "us-east-1"
            }
            _ => &self.region,
        }
    }

    fn request(&self, call: &Call) -> Result<HttpRequest, Unreachable> {
        let broken = |why: &dyn Error| Unreachable {
            what: call.to_string(),
            why: chain(why),
        };
        let (method, path) = match &call.route {
            Some((method, path)) => (*method, path.as_str()),
            None => ("POST", "/"),
        };
        let url = format!("{}{path}", self.base(call.service));
        let mut headers: Vec<(&'static str, String)> = Vec::new();
        let body = match call.service.protocol() {
            Protocol::Json { prefix, version } => {
                headers.push(("x-amz-target", format!("{prefix}.{}", call.operation)));
                headers.push(("content-type", format!("application/x-amz-json-{version}")));
                call.input.to_string()
            }
            Protocol::Query { version } => {
                headers.push((
                    "content-type",
                    "application/x-www-form-urlencoded".to_owned(),
                ));
                form::form(call.operation, version, &call.input)
            }
            Protocol::RestJson | Protocol::RestXml => match &call.input {
                Value::Null => String::new(),
                Value::String(text) => {
                    headers.push(("content-type", "application/xml".to_owned()));
                    text.clone()
                }
                input => {
                    headers.push(("content-type", "application/json".to_owned()));
                    input.to_string()
                }
            },
        };
        let mut settings = SigningSettings::default();
        if call.service == Service::S3 {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            // S3 wants a checksum of every setting that is put.
            if !body.is_empty() {
                let digest = Sha256::digest(body.as_bytes());
                headers.push(("x-amz-checksum-sha256", BASE64.encode(digest)));
            }
        }
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region(call.service))
            .name(call.service.signing_name())
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|why| broken(&why))?
            .into();
        let signable = SignableRequest::new(
            method,
            url.as_str(),
            headers.iter().map(|(name, value)| (*name, value.as_str())),
            SignableBody::Bytes(body.as_bytes()),
        )
        .map_err(|why| broken(&why))?;
        let signature = sign(signable, &params).map_err(|why| broken(&why))?;
        let mut request = HttpRequest::new(SdkBody::from(body.clone()));
        request.set_uri(url).map_err(|why| broken(&why))?;
        request.set_method(method).map_err(|why| broken(&why))?;
        let signed = signature.output().headers();
        let signed = signed.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let own = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        for (name, value) in own.chain(signed) {
            request
                .headers_mut()
                .try_insert(name, value)
                .map_err(|why| broken(&why))?;
        }
        Ok(request)
    }

    async fn exchange(&self, call: &Call) -> Result<Answer, Unreachable> {
        let lost = |why: String| Unreachable {
            what: call.to_string(),
            why,
        };
        let request = self.request(call)?;
        self.calls.set(self.calls.get() + 1);
        sent::note();
        let exchange = async {
            let response = self.connector.call(request).await;
            let response = response.map_err(|why| lost(chain(&why)))?;
            let status = response.status().as_u16();
            let kind = response
                .headers()
                .get("x-amzn-errortype")
                .map(str::to_owned);
            let body = ByteStream::new(response.into_body()).collect().await;
            // Not `to_vec`, which goes byte by byte.
            let body = body.map_err(|why| lost(chain(&why)))?.into_bytes();
            Ok(Answer {
                status,
                kind,
                body: String::from_utf8_lossy(&body).into_owned(),
            })
        };
        match tokio::time::timeout(TIMEOUT, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(lost(format!("no answer in {} s", TIMEOUT.as_secs()))),
        }
    }
}

impl Api for Signed {
    async fn call(&self, call: &Call) -> Result<Value, Trouble> {
        let mut attempts = 0;
        loop {
            let outcome = self.exchange(call).await;
            let patience = match &outcome {
                Ok(answer) if answer.is_passing() => PAUSES.len(),
                Ok(_) => 0,
                Err(_) => 2,
            };
            if attempts < patience {
                tokio::time::sleep(PAUSES[attempts]).await;
                attempts += 1;
                continue;
            }
            return understood(call, &outcome?);
        }
    }
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    /// The error's code, where the protocol has it in a header.
    kind: Option<String>,
    body: String,
}

impl Answer {
    /// Whether it will be better after a while: throttled, or the service's own fault.
    fn is_passing(&self) -> bool {
        let words = [
            "Throttl",
            "TooManyRequests",
            "RequestLimitExceeded",
            "SlowDown",
            // Lambda, while an earlier update settles.
            "is in progress",
        ];
        self.status == 429
            || self.status >= 500
            || self.status >= 400 && words.iter().any(|word| self.body.contains(word))
    }
}

/// An answer as JSON, or the service's refusal.
fn understood(call: &Call, answer: &Answer) -> Result<Value, Trouble> {
    let (status, body) = (answer.status, answer.body.as_str());
    let is_xml = body.trim_start().starts_with('<');
    if status < 300 {
        let value = if body.trim().is_empty() {
            Some(Value::Null)
        } else if is_xml {
            xml::value(body)
        } else {
            serde_json::from_str(body).ok()
        };
        return value.ok_or_else(|| Trouble::Refused {
            call: call.to_string(),
            code: "OddAnswer".to_owned(),
            message: "the answer is neither JSON nor XML".to_owned(),
        });
    }
    let (code, message) = if is_xml {
        xml::error(body)
    } else {
        let error: Value = serde_json::from_str(body).unwrap_or_default();
        let text = |names: [&str; 3]| {
            let found = names.iter().find_map(|name| error[*name].as_str());
            found.map(str::to_owned)
        };
        let message = text(["message", "Message", "errorMessage"]).unwrap_or_default();
        let kind = answer.kind.as_deref().map(|kind| {
            let kind = kind.split(':').next().unwrap_or(kind);
            kind.to_owned()
        });
        text(["__type", "code", "Code"])
            .or(kind)
            .map(|code| (code, message))
    }
    .unwrap_or_else(|| (status.to_string(), body.chars().take(200).collect()));
    // `com.amazonaws.sqs#QueueDoesNotExist`
    let code = code.rsplit('#').next().unwrap_or(&code).to_owned();
    Err(Trouble::Refused {
        call: call.to_string(),
        code,
        message,
    })
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn refusals_of_every_protocol_have_a_code() {
        let call = Call::new(Service::Sqs, "GetQueueAttributes", json!({}));
        let code = |status: u16, body: &str| match understood(
            &call,
            &Answer {
                status,
                kind: None,
                body: body.to_owned(),
            },
        ) {
            Err(trouble) => trouble.code().to_owned(),
            Ok(_) => String::new(),
        };
        assert_eq!(
            code(
                400,
                r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no"}"#
            ),
            "QueueDoesNotExist"
        );
        assert_eq!(code(404, r#"{"message":"gone"}"#), "404");
        assert_eq!(
            code(
                404,
                "<Error><Code>NoSuchBucket</Code><Message>x</Message></Error>"
            ),
            "NoSuchBucket"
        );
        assert_eq!(code(200, ""), "");
    }
}
