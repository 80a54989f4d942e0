//! Flows: states by name, one of which is the first; and the states that branch: into one of several states, or into whole
//! flows within the flow.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::condition::Condition;
use super::faults::{Catch, Retry};
use super::payload::{Payload, Place};
use super::state::{Keep, State, leads};
use super::task::works;
use crate::property::Property;
use crate::val::Val;

/// States by name, one of which is the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    start: String,
    states: BTreeMap<String, Vec<State>>,
}

impl Flow {
    /// Begins with this state. Names have 1 to 80 characters and are unique in the whole machine.
    pub fn start(name: impl Into<String>, state: impl Into<State>) -> Self {
        let name = name.into();
        let empty = Self {
            start: name.clone(),
            states: BTreeMap::new(),
        };
        empty.state(name, state)
    }

    /// Adds a state. A name that is taken is found by [`crate::check`]; AWS would refuse it as well.
    pub fn state(mut self, name: impl Into<String>, state: impl Into<State>) -> Self {
        self.states
            .entry(name.into())
            .or_default()
            .push(state.into());
        self
    }

    /// The functions that tasks invoke, each once.
    pub(super) fn invokes(&self) -> Vec<Val<String>> {
        let mut found: Vec<Val<String>> = Vec::new();
        for function in self.states.values().flatten().flat_map(|s| &s.invokes) {
            if !found.contains(function) {
                found.push(function.clone());
            }
        }
        found
    }

    /// Two states of one name are a list in its place: to be found, not to be deployed.
    pub(super) fn into_value(self) -> Value {
        let states: serde_json::Map<String, Value> = self
            .states
            .into_iter()
            .map(|(name, states)| {
                let mut states: Vec<Value> = states
                    .into_iter()
                    .map(|state| Value::Object(state.members))
                    .collect();
                let state = match states.len() {
                    1 => states.remove(0),
                    _ => Value::Array(states),
                };
                (name, state)
            })
            .collect();
        json!({ "StartAt": self.start, "States": states })
    }
}

/// A state that chooses where to go on: the first condition that holds decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice(State);

impl Choice {
    /// When this holds, that state goes on.
    pub fn when(condition: Condition, next: impl Into<String>) -> Self {
        Self(State::of("Choice")).or_when(condition, next)
    }

    /// When none before it held and this does, that state goes on.
    pub fn or_when(self, condition: Condition, next: impl Into<String>) -> Self {
        let mut rule = condition.into_value();
        rule["Next"] = next.into().into();
        Self(self.0.push("Choices", rule))
    }

    /// What it is for.
    pub fn comment(self, text: &str) -> Self {
        Self(self.0.with("Comment", text))
    }

    /// When nothing held, that state goes on.
    pub fn otherwise(self, next: impl Into<String>) -> State {
        self.0.with("Default", next.into())
    }
}

/// A state that runs several flows at once, each with the same data. The result is the list of their results.
#[derive(Clone, Debug, PartialEq)]
pub struct Parallel(State);

impl Parallel {
    /// These flows.
    pub fn of(flows: impl IntoIterator<Item = Flow>) -> Self {
        let mut state = State::of("Parallel");
        for flow in flows {
            state.invokes.extend(flow.invokes());
            state = state.push("Branches", flow.into_value());
        }
        Self(state)
    }
}

/// A state that runs a flow for each element of a list. The result is the list of the results.
#[derive(Clone, Debug, PartialEq)]
pub struct Map(State);

impl Map {
    /// For each element at this place; as many at once as `most` says, without a bound for 0.
    pub fn over(list: &Place, most: u32, flow: Flow) -> Self {
        let mut state = State::of("Map")
            .with("ItemsPath", list.as_str())
            .with("MaxConcurrency", most);
        state.invokes.extend(flow.invokes());
        let mut processor = flow.into_value();
        processor["ProcessorConfig"] = json!({ "Mode": "INLINE" });
        Self(state.with("ItemProcessor", processor))
    }

    /// What the flow gets instead of the bare element ([`super::Context::MapItem`]).
    pub fn item(self, payload: Payload) -> Self {
        Self(self.0.with("ItemSelector", payload.into_value()))
    }
}

leads!(Parallel, Map);
works!(Parallel, Map);
