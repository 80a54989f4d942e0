//! Logical ids and handles: how one resource refers to another.
//!
//! A handle knows the resource's type, so it offers only the attributes that this type has. It doesn't know the stack.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde_json::Value;

use crate::val::{Intrinsic, Val};

/// A resource's name inside its template: 1 to 255 letters and digits, chosen by people. [`crate::Stack::add`] judges it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogicalId(Arc<str>);

impl LogicalId {
    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for LogicalId {
    fn from(value: &str) -> Self {
        Self(value.into())
    }
}

impl fmt::Display for LogicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<LogicalId> for LogicalId {
    fn as_ref(&self) -> &LogicalId {
        self
    }
}

/// A resource type: its CloudFormation name and its properties.
pub trait Resource {
    /// The type's name, such as `AWS::SQS::Queue`.
    const TYPE: &'static str;

    /// The properties as template JSON.
    fn into_properties(self) -> Value;
}

/// A resource that was added to a stack.
pub struct Handle<R> {
    id: LogicalId,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> Handle<R> {
    /// A handle for a logical id. [`crate::Stack::add`] gives handles out; make one by hand only for an id that the
    /// same stack adds later (synth reports it if it doesn't).
    pub fn to(id: impl Into<LogicalId>) -> Self {
        Self {
            id: id.into(),
            resource: PhantomData,
        }
    }

    /// The resource's name inside its template.
    pub fn logical_id(&self) -> &LogicalId {
        &self.id
    }

    /// `Ref`: what it returns depends on the type (a name, a URL, an ARN).
    pub fn reference(&self) -> Val<String> {
        Val::Intrinsic(Intrinsic::Ref(self.id.clone()))
    }

    /// `Fn::GetAtt`. Generated methods such as `arn()` call this with the attributes that the type has.
    pub(crate) fn attribute(&self, name: &str) -> Val<String> {
        Val::Intrinsic(Intrinsic::GetAtt(self.id.clone(), name.to_owned()))
    }
}

impl<R> Clone for Handle<R> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            resource: PhantomData,
        }
    }
}

impl<R: Resource> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({} {})", R::TYPE, self.id)
    }
}

impl<R> AsRef<LogicalId> for Handle<R> {
    fn as_ref(&self) -> &LogicalId {
        &self.id
    }
}
