//! What AWS would refuse, found before it is asked: limits, schema bounds, references and cycles; and of state machines
//! whether they come to their declared ends. Judges the template alone; rules about our own topology belong to the stack.

mod bounds;
mod graph;
mod limits;

use crate::finding::Finding;
use crate::template::Template;

/// Everything found, unsorted and without source locations ([`crate::Stack::synth`] adds those).
pub fn template(template: &Template) -> Vec<Finding> {
    let mut findings = limits::judge(template);
    findings.extend(bounds::judge(template));
    findings.extend(graph::judge(template));
    findings.extend(crate::asl::check::judge(template));
    findings
}
