//! The port to AWS over signed HTTPS (plain HTTP to a local cloud). The protocols are here, the meaning of answers is not.

mod form;
mod http;
mod xml;

pub use http::Signed;
