//! States: what a machine is made of. This file has those that do nothing outside; tasks and the states that branch
//! stand beside it.

use serde_json::{Map, Value};

use super::payload::{Payload, Place};
use crate::property::{Json, Property};
use crate::val::Val;

/// A state, complete with where it leads.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub(super) members: Map<String, Value>,
    pub(super) invokes: Vec<Val<String>>,
}

impl State {
    /// A state of this type, which nothing leads out of yet.
    pub(super) fn of(kind: &str) -> Self {
        Self {
            members: Map::from_iter([("Type".to_owned(), kind.into())]),
            invokes: Vec::new(),
        }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds to a list.
    pub(super) fn push(mut self, name: &str, value: Value) -> Self {
        let list = self
            .members
            .entry(name)
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(value);
        }
        self
    }

    pub(super) fn keep(self, keep: Keep) -> Self {
        match keep.path() {
            Some(path) => self.with("ResultPath", path),
            None => self,
        }
    }
}

/// Where a state's result, or a caught error, goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It takes the place of the data.
    Instead,
    /// It goes to a place in the data, the rest of which stays.
    At(Place),
    /// It is dropped: the data stays as it was.
    Nothing,
}

impl Keep {
    /// `ResultPath`; `$` is what is meant by none.
    pub(super) fn path(&self) -> Option<Value> {
        match self {
            Self::Instead => None,
            Self::At(place) => Some(place.as_str().into()),
            Self::Nothing => Some(Value::Null),
        }
    }
}

/// What states that lead somewhere have in common.
macro_rules! leads {
    ($($name:ident),+) => {$(
        impl $name {
            /// What it is for.
            pub fn comment(self, text: &str) -> Self {
                Self(self.0.with("Comment", text))
            }

            /// The data that it sees: a place in what it was given.
            pub fn input(self, place: &$crate::asl::Place) -> Self {
                Self(self.0.with("InputPath", place.as_str()))
            }

            /// That state goes on.
            pub fn then(self, next: impl Into<String>) -> State {
                self.0.with("Next", next.into())
            }

            /// The flow ends here. Only within a Parallel or a Map: a machine itself ends in [`Succeed`] and [`Fail`].
            pub fn end(self) -> State {
                self.0.with("End", true)
            }
        }
    )+};
}
pub(super) use leads;

/// A state that hands its data on, changed or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass(State);

impl Pass {
    /// Hands on what it was given.
    pub fn new() -> Self {
        Self(State::of("Pass"))
    }

    /// Hands on a constant.
    pub fn constant(value: impl Into<Json>) -> Self {
        Self(State::of("Pass").with("Result", value.into().into_value()))
    }

    /// Hands on what the payload is filled with.
    pub fn filled(payload: Payload) -> Self {
        Self(State::of("Pass").with("Parameters", payload.into_value()))
    }

    /// To a place in the data, the rest of which stays.
    pub fn at(self, place: Place) -> Self {
        Self(self.0.keep(Keep::At(place)))
    }
}

impl Default for Pass {
    fn default() -> Self {
        Self::new()
    }
}

/// A state that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait(State);

impl Wait {
    /// For so many seconds: up to 99,999,999.
    pub fn seconds(seconds: u32) -> Self {
        Self(State::of("Wait").with("Seconds", seconds))
    }

    /// For as many seconds as the data says.
    pub fn seconds_at(place: &Place) -> Self {
        Self(State::of("Wait").with("SecondsPath", place.as_str()))
    }

    /// Until a moment in RFC 3339's format: `2026-01-31T00:00:00Z`.
    pub fn until(moment: &str) -> Self {
        Self(State::of("Wait").with("Timestamp", moment))
    }

    /// Until the moment that the data says.
    pub fn until_at(place: &Place) -> Self {
        Self(State::of("Wait").with("TimestampPath", place.as_str()))
    }
}

leads!(Pass, Wait);

/// A good end. Its name is the machine's outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Succeed(State);

impl Succeed {
    /// The data is what the execution gives.
    pub fn new() -> Self {
        Self(State::of("Succeed"))
    }
}

impl Default for Succeed {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Succeed> for State {
    fn from(state: Succeed) -> Self {
        state.0
    }
}

/// A bad end: the execution fails. Its name is the machine's outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Fail(State);

impl Fail {
    /// With an error's name and what it means, for people.
    pub fn new(error: &str, cause: &str) -> Self {
        Self(State::of("Fail").with("Error", error).with("Cause", cause))
    }
}

impl From<Fail> for State {
    fn from(state: Fail) -> Self {
        state.0
    }
}
