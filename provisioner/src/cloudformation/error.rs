//! Why a call failed, in the kinds that the program acts on. How it ends the program is said here once.

use crate::exit::{Exit, Failure};

/// A call that failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{action} {subject}: {message}")]
pub struct CallError {
    /// The operation, e.g. `CreateChangeSet`.
    pub action: &'static str,
    /// On what.
    pub subject: String,
    /// What kind of failure it is.
    pub kind: Kind,
    /// The service's own code, e.g. `ValidationError`.
    pub code: Option<String>,
    /// The service's own words, or what happened on the way.
    pub message: String,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No such thing.
    NotFound,
    /// It is there already: maybe the answer to an earlier try was lost.
    AlreadyExists,
    /// There is nothing to change.
    NoChanges,
    /// Another operation is running on the stack.
    Busy,
    /// The credentials don't allow it.
    Denied,
    /// There are no usable credentials.
    Credentials,
    /// The service refused it for another reason.
    Refused,
    /// No answer came: it may or may not have happened.
    Lost,
    /// An answer came that lacks what it must have.
    Odd,
}

impl CallError {
    /// An answer that lacks a field.
    pub fn odd(action: &'static str, subject: &str, field: &str) -> Self {
        Self {
            action,
            subject: subject.to_owned(),
            kind: Kind::Odd,
            code: None,
            message: format!("the answer has no usable `{field}`"),
        }
    }

    /// The kind that a service's code and words mean.
    pub fn kind_of(code: &str, message: &str) -> Kind {
        match code {
            "AlreadyExistsException"
            | "BucketAlreadyOwnedByYou"
            | "ResourceAlreadyExistsException" => Kind::AlreadyExists,
            "ChangeSetNotFound"
            | "ChangeSetNotFoundException"
            | "NoSuchBucket"
            | "NoSuchKey"
            | "NotFound"
            | "ResourceNotFoundException" => Kind::NotFound,
            "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => Kind::Denied,
            "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "SignatureDoesNotMatch"
            | "MissingAuthenticationToken" => Kind::Credentials,
            "OperationInProgressException" => Kind::Busy,
            "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "ServiceUnavailable"
            | "InternalFailure"
            | "InternalError"
            | "SlowDown" => Kind::Lost,
            _ if message.contains("does not exist") => Kind::NotFound,
            _ if message.contains("No updates are to be performed")
                || message.contains("didn't contain changes") =>
            {
                Kind::NoChanges
            }
            _ if message.contains("_IN_PROGRESS state and can not be")
                || message.contains("_IN_PROGRESS state and cannot be") =>
            {
                Kind::Busy
            }
            _ => Kind::Refused,
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let (exit, code, help) = match error.kind {
            Kind::Busy => (
                Exit::Busy,
                "aws.busy",
                "Another operation is running on this stack: run again when it is over.".to_owned(),
            ),
            Kind::Denied => (
                Exit::Failed,
                "aws.denied",
                format!("The credentials in use may not call {}: ask for that permission, or use another --profile.", error.action),
            ),
            Kind::Credentials => (
                Exit::Refused,
                "aws.credentials",
                "Log in again, or name another profile with --profile or in the environment file.".to_owned(),
            ),
            Kind::Lost => (
                Exit::LostContact,
                "aws.lost-contact",
                "Nothing is known to be broken: run the same command again; it goes on where this one ended.".to_owned(),
            ),
            Kind::Odd => (
                Exit::Failed,
                "aws.odd-answer",
                "Run again; if it stays, the service answers in a way that this version doesn't know.".to_owned(),
            ),
            Kind::NotFound | Kind::AlreadyExists | Kind::NoChanges | Kind::Refused => (
                Exit::Failed,
                "aws.refused",
                "The service's own words are above; nothing further was tried.".to_owned(),
            ),
        };
        let said = match &error.code {
            Some(service) if error.kind != Kind::Lost => format!("{service}: {}", error.message),
            _ => error.message.clone(),
        };
        Self::new(exit, code, format!("{} failed: {said}", error.action))
            .on(error.subject)
            .help(help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_texts_of_no_changes_are_understood() {
        for text in [
            "No updates are to be performed.",
            "The submitted information didn't contain changes. Submit different information to create a change set.",
        ] {
            assert_eq!(CallError::kind_of("ValidationError", text), Kind::NoChanges);
        }
    }

    #[test]
    fn a_stack_in_an_operation_is_busy_and_an_absent_one_not_found() {
        let text = "Stack:arn:aws:cloudformation:eu-central-1:1:stack/a/b is in UPDATE_IN_PROGRESS state and can not be updated.";
        assert_eq!(CallError::kind_of("ValidationError", text), Kind::Busy);
        let text = "Stack with id invoicing-dev does not exist";
        assert_eq!(CallError::kind_of("ValidationError", text), Kind::NotFound);
        assert_eq!(
            CallError::kind_of("ValidationError", "Template format error"),
            Kind::Refused
        );
    }
}
