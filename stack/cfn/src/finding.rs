//! Findings: what synth has to say about a stack. Codes are stable, texts are not.

use std::fmt;
use std::panic::Location;

use serde::Serialize;

/// The place in our source where a resource was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The file, relative to the workspace.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
}

impl Source {
    #[track_caller]
    pub(crate) fn caller() -> Self {
        let location = Location::caller();
        Self {
            file: location.file(),
            line: location.line(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Serialize for Source {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not meant.
    Warning,
    /// AWS would refuse it.
    Error,
}

/// What kind of fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Code {
    /// A logical id isn't 1 to 255 letters and digits.
    #[serde(rename = "CFN001")]
    InvalidLogicalId,
    /// A logical id or an output's name is given twice.
    #[serde(rename = "CFN002")]
    DuplicateLogicalId,
    /// A literal lies outside the bounds of AWS's schema.
    #[serde(rename = "CFN003")]
    OutOfBounds,
    /// More than 500 resources.
    #[serde(rename = "CFN004")]
    TooManyResources,
    /// The template is larger than 1 MB (error) or than 51,200 bytes (note: it goes through S3).
    #[serde(rename = "CFN005")]
    TemplateTooLarge,
    /// More than 200 outputs.
    #[serde(rename = "CFN006")]
    TooManyOutputs,
    /// A reference to a logical id that the stack doesn't have.
    #[serde(rename = "CFN007")]
    DanglingReference,
    /// `Fn::GetAtt` of an attribute that the type doesn't have.
    #[serde(rename = "CFN008")]
    UnknownAttribute,
    /// Resources that wait for each other.
    #[serde(rename = "CFN009")]
    DependencyCycle,
    /// A role's inline policies exceed 10,240 characters together.
    #[serde(rename = "CFN010")]
    RolePolicyTooLong,
    /// A function's environment exceeds 4 KB.
    #[serde(rename = "CFN011")]
    EnvironmentTooLarge,
    /// An event pattern exceeds 4,096 characters.
    #[serde(rename = "CFN012")]
    PatternTooLong,
    /// More than 5 targets on a rule.
    #[serde(rename = "CFN013")]
    TooManyTargets,
    /// A physical name is longer than its service allows.
    #[serde(rename = "CFN014")]
    NameTooLong,
    /// A composite alarm watches more than 100 alarms.
    #[serde(rename = "CFN015")]
    TooManyChildren,
    /// `StartAt`, `Next`, `Default` or a choice of a state machine names a state that its flow doesn't have.
    #[serde(rename = "CFN016")]
    UndefinedState,
    /// No path from `StartAt` leads to a state.
    #[serde(rename = "CFN017")]
    UnreachableState,
    /// No path from a state leads to an end.
    #[serde(rename = "CFN018")]
    EndlessState,
    /// A path of a state machine ends in what isn't one of its declared outcomes, or an outcome is never reached.
    #[serde(rename = "CFN019")]
    UndeclaredOutcome,
    /// A task of a state machine has no `Retry` or no `Catch`.
    #[serde(rename = "CFN020")]
    UnguardedTask,
    /// A callback has no token or no timeout, retries what a person's answer may still follow, or drops its timeout.
    #[serde(rename = "CFN021")]
    UnsafeCallback,
    /// A choice of a state machine has no `Default`, or nothing to choose.
    #[serde(rename = "CFN022")]
    ChoiceWithoutDefault,
    /// Two states of a state machine have one name.
    #[serde(rename = "CFN023")]
    DuplicateState,
    /// A state's name isn't 1 to 80 printable ASCII characters.
    #[serde(rename = "CFN024")]
    InvalidStateName,
    /// `States.ALL` isn't alone and last in its `Retry` or `Catch`.
    #[serde(rename = "CFN025")]
    MisplacedCatchAll,
    /// A wait hasn't exactly one of its four forms.
    #[serde(rename = "CFN026")]
    AmbiguousWait,
    /// A state machine's definition exceeds 1 MB.
    #[serde(rename = "CFN027")]
    DefinitionTooLarge,
    /// A state of no known type, with no way or two ways out, or with a number that Step Functions refuses.
    #[serde(rename = "CFN028")]
    InvalidState,
}

impl Code {
    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidLogicalId => "CFN001",
            Self::DuplicateLogicalId => "CFN002",
            Self::OutOfBounds => "CFN003",
            Self::TooManyResources => "CFN004",
            Self::TemplateTooLarge => "CFN005",
            Self::TooManyOutputs => "CFN006",
            Self::DanglingReference => "CFN007",
            Self::UnknownAttribute => "CFN008",
            Self::DependencyCycle => "CFN009",
            Self::RolePolicyTooLong => "CFN010",
            Self::EnvironmentTooLarge => "CFN011",
            Self::PatternTooLong => "CFN012",
            Self::TooManyTargets => "CFN013",
            Self::NameTooLong => "CFN014",
            Self::TooManyChildren => "CFN015",
            Self::UndefinedState => "CFN016",
            Self::UnreachableState => "CFN017",
            Self::EndlessState => "CFN018",
            Self::UndeclaredOutcome => "CFN019",
            Self::UnguardedTask => "CFN020",
            Self::UnsafeCallback => "CFN021",
            Self::ChoiceWithoutDefault => "CFN022",
            Self::DuplicateState => "CFN023",
            Self::InvalidStateName => "CFN024",
            Self::MisplacedCatchAll => "CFN025",
            Self::AmbiguousWait => "CFN026",
            Self::DefinitionTooLarge => "CFN027",
            Self::InvalidState => "CFN028",
        }
    }
}

/// One thing found at synth.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The stable code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The resource or output; none when it is about the whole template.
    pub logical_id: Option<String>,
    /// The property's path, where there is one.
    pub path: Option<String>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where the resource was declared.
    pub source: Option<Source>,
}

impl Finding {
    pub(crate) fn error(code: Code, message: String) -> Self {
        Self {
            code,
            severity: Severity::Error,
            logical_id: None,
            path: None,
            message,
            source: None,
        }
    }

    pub(crate) fn at(self, id: &str) -> Self {
        Self {
            logical_id: Some(id.to_owned()),
            ..self
        }
    }

    pub(crate) fn path(self, path: impl Into<String>) -> Self {
        Self {
            path: Some(path.into()),
            ..self
        }
    }

    pub(crate) fn severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    pub(crate) fn source(self, source: Source) -> Self {
        Self {
            source: Some(source),
            ..self
        }
    }
}
