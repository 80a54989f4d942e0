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

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $code:literal,)+) => {
        /// What kind of fault it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        pub enum Code {
            $($(#[doc = $meaning])+ #[serde(rename = $code)] $name,)+
        }

        impl Code {
            /// Every one, in order.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable code.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }

            /// What is wrong, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($meaning),+).trim_ascii(),)+
                }
            }
        }
    };
}

codes! {
    /// A logical id isn't 1 to 255 letters and digits.
    InvalidLogicalId = "CFN001",
    /// A logical id or an output's name is given twice.
    DuplicateLogicalId = "CFN002",
    /// A literal lies outside the bounds of AWS's schema.
    OutOfBounds = "CFN003",
    /// More than 500 resources.
    TooManyResources = "CFN004",
    /// The template is larger than 1 MB (error) or than 51,200 bytes (note: it goes through S3).
    TemplateTooLarge = "CFN005",
    /// More than 200 outputs.
    TooManyOutputs = "CFN006",
    /// A reference to a logical id that the stack doesn't have.
    DanglingReference = "CFN007",
    /// `Fn::GetAtt` of an attribute that the type doesn't have.
    UnknownAttribute = "CFN008",
    /// Resources that wait for each other.
    DependencyCycle = "CFN009",
    /// A role's inline policies exceed 10,240 characters together.
    RolePolicyTooLong = "CFN010",
    /// A function's environment exceeds 4 KB.
    EnvironmentTooLarge = "CFN011",
    /// An event pattern exceeds 4,096 characters.
    PatternTooLong = "CFN012",
    /// More than 5 targets on a rule.
    TooManyTargets = "CFN013",
    /// A physical name is longer than its service allows.
    NameTooLong = "CFN014",
    /// A composite alarm watches more than 100 alarms.
    TooManyChildren = "CFN015",
    /// `StartAt`, `Next`, `Default` or a choice of a state machine names a state that its flow doesn't have.
    UndefinedState = "CFN016",
    /// No path from `StartAt` leads to a state.
    UnreachableState = "CFN017",
    /// No path from a state leads to an end.
    EndlessState = "CFN018",
    /// A path of a state machine ends in what isn't one of its declared outcomes, or an outcome is never reached.
    UndeclaredOutcome = "CFN019",
    /// A task of a state machine has no `Retry` or no `Catch`.
    UnguardedTask = "CFN020",
    /// A callback has no token or no timeout, retries what a person's answer may still follow, or drops its timeout.
    UnsafeCallback = "CFN021",
    /// A choice of a state machine has no `Default`, or nothing to choose.
    ChoiceWithoutDefault = "CFN022",
    /// Two states of a state machine have one name.
    DuplicateState = "CFN023",
    /// A state's name isn't 1 to 80 printable ASCII characters.
    InvalidStateName = "CFN024",
    /// `States.ALL` isn't alone and last in its `Retry` or `Catch`.
    MisplacedCatchAll = "CFN025",
    /// A wait hasn't exactly one of its four forms.
    AmbiguousWait = "CFN026",
    /// A state machine's definition exceeds 1 MB.
    DefinitionTooLarge = "CFN027",
    /// A state of no known type, with no way or two ways out, or with a number that Step Functions refuses.
    InvalidState = "CFN028",
    /// A value is `null`, which CloudFormation refuses wherever it stands.
    NullValue = "CFN029",
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
