//! The portal's API over HTTPS (plain HTTP to a local cloud), each request signed with SigV4 as `execute-api`.

use super::{Remote, chain};
use crate::ports::{ApiRequest, ApiResponse, NoAnswer, PortalApi};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use std::error::Error;
use std::io::ErrorKind;
use std::time::{Duration, SystemTime};

/// Longer than API Gateway waits for the function behind it (30 s).
const TIMEOUT: Duration = Duration::from_secs(35);

impl PortalApi for Remote {
    fn base_url(&self) -> &str {
        &self.endpoints.api_url
    }

    async fn call(&self, request: &ApiRequest) -> Result<ApiResponse, NoAnswer> {
        let url = format!("{}{}", self.endpoints.api_url, request.path);
        let signed = self.signed(request, &url).await?;
        let connector = self.api.get_or_init(|| connector(&url));
        match tokio::time::timeout(TIMEOUT, exchange(connector, signed)).await {
            Ok(answer) => answer,
            Err(_) => Err(NoAnswer::Lost {
                reason: format!("no answer from {url} in {} s", TIMEOUT.as_secs()),
            }),
        }
    }
}

fn connector(url: &str) -> Connector {
    let builder = Connector::builder();
    if url.starts_with("http://") {
        // Only a local cloud is reached so; it needs no trust store, and loading one takes longer than the call.
        return builder.build_http();
    }
    builder
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build()
}

impl Remote {
    async fn signed(&self, request: &ApiRequest, url: &str) -> Result<HttpRequest, NoAnswer> {
        let credentials = self.credentials().await?;
        let mut http = HttpRequest::new(SdkBody::from(request.body.clone()));
        let invalid = |what: &str, why: &dyn Error| NoAnswer::NotSent {
            reason: format!("{what} is not valid: {}", chain(why)),
        };
        http.set_uri(url.to_owned())
            .map_err(|why| invalid("the API's URL", &why))?;
        http.set_method(request.method.name())
            .map_err(|why| invalid("the method", &why))?;
        for (name, value) in &request.headers {
            http.headers_mut()
                .try_insert(*name, value.clone())
                .map_err(|why| invalid("a header", &why))?;
        }
        let headers = request.headers.iter();
        let signable = SignableRequest::new(
            request.method.name(),
            url,
            headers.map(|(name, value)| (*name, value.as_str())),
            SignableBody::Bytes(&request.body),
        )
        .map_err(|why| invalid("the request", &why))?;
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.endpoints.region)
            .name("execute-api")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|why| invalid("the signature", &why))?
            .into();
        let signature = sign(signable, &params).map_err(|why| invalid("the signature", &why))?;
        for (name, value) in signature.output().headers() {
            http.headers_mut()
                .try_insert(name.to_owned(), value.to_owned())
                .map_err(|why| invalid("a header", &why))?;
        }
        Ok(http)
    }

    async fn credentials(&self) -> Result<Credentials, NoAnswer> {
        let not_sent = |reason| NoAnswer::NotSent { reason };
        let provider = self
            .person
            .clone()
            .or_else(|| self.config.credentials_provider())
            .ok_or_else(|| not_sent("there are no credentials".to_owned()))?;
        provider
            .provide_credentials()
            .await
            .map_err(|why| not_sent(format!("no credentials: {}", chain(&why))))
    }
}

async fn exchange(connector: &Connector, request: HttpRequest) -> Result<ApiResponse, NoAnswer> {
    let response = connector.call(request).await.map_err(|why| {
        let reason = chain(&why);
        if never_connected(&why) {
            NoAnswer::NotSent { reason }
        } else {
            NoAnswer::Lost { reason }
        }
    })?;
    let status = response.status().as_u16();
    let headers = response.headers().iter();
    let headers = headers
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let body = ByteStream::new(response.into_body()).collect().await;
    let body = body.map_err(|why| NoAnswer::Lost {
        reason: format!("the answer was cut off: {}", chain(&why)),
    })?;
    Ok(ApiResponse {
        status,
        headers,
        body: body.to_vec(),
    })
}

fn never_connected(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        if text.contains("dns error") || text.contains("tcp connect error") {
            return true;
        }
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            let refused = [
                ErrorKind::ConnectionRefused,
                ErrorKind::HostUnreachable,
                ErrorKind::NetworkUnreachable,
                ErrorKind::AddrNotAvailable,
            ];
            return refused.contains(&io.kind());
        }
        next = cause.source();
    }
    false
}
