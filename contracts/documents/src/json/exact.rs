//! JSON text into values without ever making a float: integers stay as their digits, anything else that is a number is an
//! error that says where.

use crate::Unreadable;
use crate::safety::Census;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// What a visitor found that the parser's own errors can't say.
enum Found {
    Float(String),
    Other(Unreadable),
}

/// Parses; numbers become strings.
pub(super) fn parse(text: &str) -> Result<Value, Unreadable> {
    let mut state = State {
        path: Vec::new(),
        census: Census::default(),
        found: None,
    };
    let mut parser = serde_json::Deserializer::from_str(text);
    let parsed = Seed(&mut state)
        .deserialize(&mut parser)
        .and_then(|value| parser.end().map(|()| value));
    parsed.map_err(|error| {
        let (line, column) = (error.line().max(1), error.column().max(1));
        match state.found {
            Some(Found::Float(pointer)) => Unreadable::FloatMoney {
                pointer,
                line,
                column,
            },
            Some(Found::Other(refused)) => refused,
            None => {
                let words = error.to_string();
                let end = words.rfind(" at line ").unwrap_or(words.len());
                Unreadable::Json {
                    line,
                    column,
                    message: crate::required::cut(&words[..end], 200),
                }
            }
        }
    })
}

struct State {
    path: Vec<String>,
    census: Census,
    found: Option<Found>,
}

impl State {
    fn pointer(&self) -> String {
        let mut out = String::new();
        for part in &self.path {
            out.push('/');
            out.push_str(&part.replace('~', "~0").replace('/', "~1"));
        }
        crate::required::cut(&out, 256)
    }
}

struct Seed<'a>(&'a mut State);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Value, D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without floating-point numbers")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::String(value.to_string()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::String(value.to_string()))
    }
    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Value, E> {
        self.0.found = Some(Found::Float(self.0.pointer()));
        Err(E::custom("a floating-point number"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        open(self.0).map_err(A::Error::custom)?;
        loop {
            enter(self.0, out.len().to_string()).map_err(A::Error::custom)?;
            let Some(value) = seq.next_element_seed(Seed(self.0))? else {
                break;
            };
            self.0.path.pop();
            out.push(value);
        }
        self.0.path.pop();
        self.0.census.close();
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        open(self.0).map_err(A::Error::custom)?;
        while let Some(key) = map.next_key::<String>()? {
            if out.contains_key(&key) {
                return Err(A::Error::custom("a key occurs twice in one object"));
            }
            enter(self.0, key.clone()).map_err(A::Error::custom)?;
            let value = map.next_value_seed(Seed(self.0))?;
            self.0.path.pop();
            out.insert(key, value);
        }
        self.0.census.close();
        Ok(Value::Object(out))
    }
}

fn enter(state: &mut State, step: String) -> Result<(), &'static str> {
    state.path.push(step);
    let counted = state.census.count();
    noted(state, counted)
}

fn open(state: &mut State) -> Result<(), &'static str> {
    let opened = state.census.open();
    noted(state, opened)
}

fn noted(state: &mut State, result: Result<(), Unreadable>) -> Result<(), &'static str> {
    result.map_err(|refused| {
        state.found = Some(Found::Other(refused));
        "beyond a limit"
    })
}
