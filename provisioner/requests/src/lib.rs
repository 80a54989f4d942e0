//! Requests to AWS services as plain data, the port that makes them, and a client over signed HTTPS (plain HTTP to a local
//! cloud).
//!
//! The protocols are here; what an answer means, its caller knows. Whoever decides with these requests is tested with
//! scripted answers and needs no feature; only `signed` performs anything.

mod call;
#[cfg(feature = "signed")]
mod form;
#[cfg(feature = "signed")]
mod http;
pub mod sent;
#[cfg(feature = "signed")]
mod xml;

pub use call::{Api, Call, Protocol, Service, Trouble, Unreachable, encode};
#[cfg(feature = "signed")]
pub use http::Signed;
