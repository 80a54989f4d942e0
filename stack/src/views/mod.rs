//! Views of the graph and the template for people and goldens: plain text, one fact a line.

mod grants;
mod routes;

pub(crate) use grants::{grants, list, statements, text};
pub(crate) use routes::routes;
