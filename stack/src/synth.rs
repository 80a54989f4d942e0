//! `synth`: environment, artifacts and graph in, template and everything that there is to say about it out.
//!
//! A function: the same input gives the same bytes.

use crate::artifacts::Artifacts;
use crate::capability::{self, Omitted, Parity};
use crate::checks::{self, Finding};
use crate::environment::{Environment, Target};
use crate::graph::Graph;
use crate::{topology, views};
use cfn::{Code, Template};

/// A template and what there is to say about it.
#[derive(Debug)]
pub struct Synthesised {
    /// The template for the environment's target.
    pub template: Template,
    /// What the target can't take and was left out; empty on AWS.
    pub omitted: Vec<Omitted>,
    /// Every fault at once, errors first.
    pub findings: Vec<Finding>,
    /// `event -> rule -> inbox -> handler -> emits`, a line a lane.
    pub routes: String,
    /// What each role may do on what, when and why, a line a statement.
    pub grants: String,
    /// What is to be made good by direct calls after a local deploy; empty on AWS.
    pub parity: Vec<Parity>,
}

impl Synthesised {
    /// Whether a finding forbids to deploy.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == cfn::Severity::Error)
    }
}

/// Synthesises an environment's template from the graph.
#[must_use]
pub fn synth(environment: &Environment, artifacts: &Artifacts, graph: &Graph) -> Synthesised {
    let stack = topology::build(environment, artifacts, graph);
    let synthesis = stack.synth();
    let mut findings: Vec<Finding> = synthesis.findings.into_iter().map(Finding::from).collect();
    findings.extend(checks::judge(environment, graph, &synthesis.template));
    for finding in &mut findings {
        if finding.source.is_none() {
            let id = finding.logical_id.as_deref();
            finding.source = id.and_then(|id| graph.declared_at(id).or_else(|| stack.source(id)));
        }
    }
    let routes = views::routes(graph);
    let grants = views::grants(&synthesis.template);
    let (template, omitted, parity) = match environment.target {
        Target::Aws => (synthesis.template, Vec::new(), Vec::new()),
        Target::Local => {
            let (template, omitted) = capability::omit(synthesis.template);
            if !omitted.is_empty() {
                // Whoever refers to what was left out must be left out too.
                let dangling = cfn::check::template(&template).into_iter();
                let dangling = dangling.filter(|finding| finding.code == Code::DanglingReference);
                findings.extend(dangling.map(Finding::from));
            }
            (template, omitted, capability::parity(environment, graph))
        }
    };
    checks::sort(&mut findings);
    Synthesised {
        template,
        omitted,
        findings,
        routes,
        grants,
        parity,
    }
}
