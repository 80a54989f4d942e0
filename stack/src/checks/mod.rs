//! Static checks with codes: what no schema and no other judge knows of our house rules. All faults at once.

mod finding;

pub use finding::Finding;
pub(crate) use finding::sort;

use crate::environment::Environment;
use crate::graph::Graph;
use cfn::Template;

/// Judges a template against the graph that it came from.
#[must_use]
pub fn judge(_environment: &Environment, _graph: &Graph, _template: &Template) -> Vec<Finding> {
    Vec::new()
}
