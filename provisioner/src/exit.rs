//! How the program ends: the exit codes and the one error type of its edge. It prints nothing; `ui` does.

use serde::Serialize;
use std::fmt;

/// The exit codes. They are an interface: scripts read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or no difference.
    Done,
    /// Failed, and rolled back where something had begun; errors found by `check`.
    Failed,
    /// A difference or violations were found.
    Different,
    /// Refused before any write.
    Refused,
    /// Stuck: a person must decide.
    Stuck,
    /// Lost contact; the operation goes on without us.
    LostContact,
    /// Another operation is running.
    Busy,
    /// Interrupted by the user.
    Interrupted,
}

impl Exit {
    /// The number that the process returns.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Different => 2,
            Self::Refused => 3,
            Self::Stuck => 4,
            Self::LostContact => 5,
            Self::Busy => 6,
            Self::Interrupted => 130,
        }
    }
}

/// Why the program ends without having done what was asked.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What the process returns.
    pub exit: Exit,
    /// A stable code, e.g. `environment.unknown-key`.
    pub code: &'static str,
    /// What was attempted, and why it failed.
    pub message: String,
    /// On what: a file, a stack, an id.
    pub subject: Option<String>,
    /// What to do next.
    pub help: Option<String>,
    /// The place in a file, where the fault lies in one.
    pub place: Option<Box<Place>>,
    /// Further faults of the same kind, each with its place.
    pub faults: Box<[Failure]>,
}

/// Places in a text file that a failure points at.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file's name, as the user knows it.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Byte offset of the place.
    pub offset: usize,
    /// Length of the place in bytes.
    pub length: usize,
    /// What stands there.
    pub label: String,
}

impl Place {
    /// Line and column, both from 1.
    pub fn line_column(&self) -> (usize, usize) {
        let before = self.text.get(..self.offset).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        (line, before[start..].chars().count() + 1)
    }
}

impl Failure {
    /// The refusal of what needs a deployed environment.
    #[cfg(feature = "aws")]
    pub fn absent(environment: &str) -> Self {
        Self::refused(
            "environment.absent",
            format!("{environment} is not deployed"),
        )
        .on(environment)
        .help(format!("Run `provision up --env {environment}` first."))
    }

    /// A failure with a stable code and a message.
    pub fn new(exit: Exit, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            exit,
            code,
            message: message.into(),
            subject: None,
            help: None,
            place: None,
            faults: Box::default(),
        }
    }

    /// Refused before any write.
    pub fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Exit::Refused, code, message)
    }

    /// On what it failed.
    pub fn on(self, subject: impl Into<String>) -> Self {
        Self {
            subject: Some(subject.into()),
            ..self
        }
    }

    /// What to do next.
    pub fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// Where in a file.
    pub fn at(self, place: Place) -> Self {
        Self {
            place: Some(Box::new(place)),
            ..self
        }
    }

    /// With every command that it names completed.
    pub fn completed(self, complete: fn(&str) -> String) -> Self {
        Self {
            message: complete(&self.message),
            help: self.help.as_deref().map(complete),
            faults: self
                .faults
                .into_iter()
                .map(|fault| fault.completed(complete))
                .collect(),
            ..self
        }
    }

    /// The document that `--output json` prints.
    pub fn document(&self) -> Document<'_> {
        let mut message = self.located();
        for fault in &*self.faults {
            message.push('\n');
            message.push_str(&fault.located());
        }
        Document {
            error: ErrorBody {
                code: self.code,
                message,
                subject: self.subject.as_deref(),
                help: self.help.as_deref(),
            },
            exit: self.exit.code(),
        }
    }

    fn located(&self) -> String {
        self.place.as_ref().map_or_else(
            || self.message.clone(),
            |place| {
                let (line, column) = place.line_column();
                format!("{}:{line}:{column}: {}", place.file, self.message)
            },
        )
    }
}

/// `{"error":{...},"exit":N}`.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    error: ErrorBody<'a>,
    exit: u8,
}

#[derive(Debug, Serialize)]
struct ErrorBody<'a> {
    code: &'a str,
    message: String,
    subject: Option<&'a str>,
    help: Option<&'a str>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(subject) = self.subject.as_deref().filter(|_| self.place.is_none())
            && !self.message.contains(subject)
        {
            write!(f, " ({subject})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

impl miette::Diagnostic for Failure {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.place
            .as_ref()
            .map(|place| &**place as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        Some(Box::new(std::iter::once(miette::LabeledSpan::new(
            Some(place.label.clone()),
            place.offset,
            place.length,
        ))))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        (!self.faults.is_empty()).then(|| {
            Box::new(
                self.faults
                    .iter()
                    .map(|fault| fault as &dyn miette::Diagnostic),
            ) as _
        })
    }
}

impl miette::SourceCode for Place {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let contents = self.text.read_span(span, before, after)?;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.file.clone(),
            contents.data(),
            *contents.span(),
            contents.line(),
            contents.column(),
            contents.line_count(),
        )))
    }
}
