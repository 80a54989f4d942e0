//! `Val<T>`: a property's value, known now or only once CloudFormation has resolved it.
//!
//! Deliberately without `Display`: a value that CloudFormation will fill in can't be printed as if it were known.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::handle::LogicalId;
use crate::property::Property;

/// A literal, or an intrinsic that CloudFormation resolves while it deploys.
///
/// ```compile_fail
/// let region: cfn::Val<String> = cfn::Pseudo::Region.into();
/// println!("deploying to {region}"); // nobody knows that yet
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Val<T> {
    /// Known at synth.
    Literal(T),
    /// Known only to CloudFormation.
    Intrinsic(Intrinsic),
}

/// An intrinsic function, with typed arguments.
#[derive(Clone, Debug, PartialEq)]
pub enum Intrinsic {
    /// `Ref` of a resource.
    Ref(LogicalId),
    /// `Fn::GetAtt` of a resource's attribute.
    GetAtt(LogicalId, String),
    /// `Ref` of a pseudo parameter.
    Pseudo(Pseudo),
    /// `Fn::Sub`: text with references in it.
    Sub(Vec<Part>),
    /// `Fn::Join`: values with a delimiter between them.
    Join(String, Vec<Val<String>>),
    /// `Fn::ImportValue`: another stack's export, by name.
    ImportValue(String),
    /// `Fn::Select` of a `Fn::Split`: a piece of a value.
    Piece {
        /// What stands between the pieces.
        delimiter: String,
        /// Which piece, from 0.
        index: u8,
        /// The value.
        of: Box<Val<String>>,
    },
}

/// One piece of a `Fn::Sub` text.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text as it stands.
    Text(String),
    /// `${LogicalId}`
    Ref(LogicalId),
    /// `${LogicalId.Attribute}`
    GetAtt(LogicalId, String),
    /// `${AWS::Region}` and the like.
    Pseudo(Pseudo),
}

/// A parameter that CloudFormation itself provides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pseudo {
    /// The account's 12 digits.
    AccountId,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    Partition,
    /// The region that the stack is in.
    Region,
    /// The stack's ARN.
    StackId,
    /// The stack's name.
    StackName,
    /// The domain suffix, mostly `amazonaws.com`.
    UrlSuffix,
}

impl Pseudo {
    /// The parameter's name in a template.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccountId => "AWS::AccountId",
            Self::Partition => "AWS::Partition",
            Self::Region => "AWS::Region",
            Self::StackId => "AWS::StackId",
            Self::StackName => "AWS::StackName",
            Self::UrlSuffix => "AWS::URLSuffix",
        }
    }
}

impl<T> Val<T> {
    /// The value, if it is known at synth.
    pub fn as_literal(&self) -> Option<&T> {
        match self {
            Self::Literal(value) => Some(value),
            Self::Intrinsic(_) => None,
        }
    }
}

impl Val<String> {
    /// One text out of several, mostly an ARN. Literals stay literal; references become one `Fn::Sub`. A part that
    /// `Fn::Sub` can't hold (a join, an import) makes it a `Fn::Join` instead.
    pub fn concat(values: impl IntoIterator<Item = Val<String>>) -> Self {
        let values: Vec<_> = values.into_iter().collect();
        let mut parts = Vec::new();
        for value in &values {
            match value {
                Val::Literal(text) => push_text(&mut parts, text),
                Val::Intrinsic(Intrinsic::Ref(id)) => parts.push(Part::Ref(id.clone())),
                Val::Intrinsic(Intrinsic::GetAtt(id, name)) => {
                    parts.push(Part::GetAtt(id.clone(), name.clone()));
                }
                Val::Intrinsic(Intrinsic::Pseudo(pseudo)) => parts.push(Part::Pseudo(*pseudo)),
                Val::Intrinsic(Intrinsic::Sub(inner)) => {
                    for part in inner {
                        match part {
                            Part::Text(text) => push_text(&mut parts, text),
                            other => parts.push(other.clone()),
                        }
                    }
                }
                Val::Intrinsic(
                    Intrinsic::Join(..) | Intrinsic::ImportValue(_) | Intrinsic::Piece { .. },
                ) => {
                    return Val::Intrinsic(Intrinsic::Join(String::new(), values));
                }
            }
        }
        match parts.as_slice() {
            [] => Val::Literal(String::new()),
            [Part::Text(text)] => Val::Literal(text.clone()),
            [Part::Ref(id)] => Val::Intrinsic(Intrinsic::Ref(id.clone())),
            [Part::GetAtt(id, name)] => Val::Intrinsic(Intrinsic::GetAtt(id.clone(), name.clone())),
            [Part::Pseudo(pseudo)] => Val::Intrinsic(Intrinsic::Pseudo(*pseudo)),
            _ => Val::Intrinsic(Intrinsic::Sub(parts)),
        }
    }

    /// The values with `delimiter` between them.
    pub fn join(delimiter: &str, values: impl IntoIterator<Item = Val<String>>) -> Self {
        Val::Intrinsic(Intrinsic::Join(
            delimiter.to_owned(),
            values.into_iter().collect(),
        ))
    }

    /// A piece of the value, from 0, where `delimiter` parts it.
    pub fn piece(self, delimiter: &str, index: u8) -> Self {
        Val::Intrinsic(Intrinsic::Piece {
            delimiter: delimiter.to_owned(),
            index,
            of: Box::new(self),
        })
    }

    /// Another stack's exported output.
    pub fn import(name: impl Into<String>) -> Self {
        Val::Intrinsic(Intrinsic::ImportValue(name.into()))
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(Part::Text(last)) = parts.last_mut() {
        last.push_str(text);
    } else {
        parts.push(Part::Text(text.to_owned()));
    }
}

/// An ARN in this partition, region and account: `arn:${AWS::Partition}:<service>:${AWS::Region}:${AWS::AccountId}:<resource>`.
pub fn arn(service: &str, resource: impl Into<Val<String>>) -> Val<String> {
    crate::sub!(
        "arn:",
        Pseudo::Partition,
        ":",
        service,
        ":",
        Pseudo::Region,
        ":",
        Pseudo::AccountId,
        ":",
        resource.into()
    )
}

/// An ARN in this partition and account without a region, as IAM's are.
pub fn global_arn(service: &str, resource: impl Into<Val<String>>) -> Val<String> {
    crate::sub!(
        "arn:",
        Pseudo::Partition,
        ":",
        service,
        "::",
        Pseudo::AccountId,
        ":",
        resource.into()
    )
}

/// One text out of literals, pseudo parameters and values: `sub!("arn:", Pseudo::Partition, ":s3:::", bucket.name(), "/*")`.
#[macro_export]
macro_rules! sub {
    ($($part:expr),+ $(,)?) => {
        $crate::Val::<String>::concat([$($crate::Val::<String>::from($part)),+])
    };
}

impl Intrinsic {
    fn to_value(&self) -> Value {
        match self {
            Self::Ref(id) => json!({ "Ref": id.as_str() }),
            Self::GetAtt(id, attribute) => json!({ "Fn::GetAtt": [id.as_str(), attribute] }),
            Self::Pseudo(pseudo) => json!({ "Ref": pseudo.name() }),
            Self::Sub(parts) => {
                json!({ "Fn::Sub": parts.iter().map(Part::render).collect::<String>() })
            }
            Self::Join(delimiter, values) => {
                let values: Vec<Value> = values.iter().cloned().map(Property::into_value).collect();
                json!({ "Fn::Join": [delimiter, values] })
            }
            Self::ImportValue(name) => json!({ "Fn::ImportValue": name }),
            Self::Piece {
                delimiter,
                index,
                of,
            } => {
                let of = Val::clone(of).into_value();
                json!({ "Fn::Select": [index.to_string(), { "Fn::Split": [delimiter, of] }] })
            }
        }
    }
}

impl Part {
    fn render(&self) -> String {
        match self {
            // `${!x}` is how Fn::Sub writes a literal `${x}`.
            Self::Text(text) => text.replace("${", "${!"),
            Self::Ref(id) => format!("${{{}}}", id.as_str()),
            Self::GetAtt(id, attribute) => format!("${{{}.{attribute}}}", id.as_str()),
            Self::Pseudo(pseudo) => format!("${{{}}}", pseudo.name()),
        }
    }
}

impl<T: Property> Property for Val<T> {
    fn into_value(self) -> Value {
        match self {
            Self::Literal(value) => value.into_value(),
            Self::Intrinsic(intrinsic) => intrinsic.to_value(),
        }
    }
}

impl<T: Property + Clone> Serialize for Val<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.clone().into_value().serialize(serializer)
    }
}

impl<T: Property> From<Val<T>> for Value {
    fn from(value: Val<T>) -> Self {
        value.into_value()
    }
}

impl<T> From<T> for Val<T> {
    fn from(value: T) -> Self {
        Self::Literal(value)
    }
}

impl From<&str> for Val<String> {
    fn from(value: &str) -> Self {
        Self::Literal(value.to_owned())
    }
}

impl From<&String> for Val<String> {
    fn from(value: &String) -> Self {
        Self::Literal(value.clone())
    }
}

impl From<Pseudo> for Val<String> {
    fn from(value: Pseudo) -> Self {
        Self::Intrinsic(Intrinsic::Pseudo(value))
    }
}

impl From<&Val<String>> for Val<String> {
    fn from(value: &Val<String>) -> Self {
        value.clone()
    }
}

macro_rules! widen {
    ($($from:ty => $to:ty),+) => {$(
        impl From<$from> for Val<$to> {
            fn from(value: $from) -> Self {
                Self::Literal(<$to>::from(value))
            }
        }
    )+};
}
widen!(u8 => i64, u16 => i64, i32 => i64, u32 => i64, u8 => f64, u16 => f64, i32 => f64, u32 => f64);

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> LogicalId {
        LogicalId::from(text)
    }

    fn attribute(of: &str, name: &str) -> Val<String> {
        Val::Intrinsic(Intrinsic::GetAtt(id(of), name.to_owned()))
    }

    #[test]
    fn an_arn_of_parts_is_one_sub() {
        let value = sub!(
            "arn:",
            Pseudo::Partition,
            ":sqs:",
            Pseudo::Region,
            ":",
            Pseudo::AccountId,
            ":",
            "jobs"
        );
        assert_eq!(
            value.into_value(),
            json!({"Fn::Sub": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:jobs"})
        );
        assert_eq!(
            arn("events", sub!("rule/", attribute("Bus", "Name"), "/*")).into_value(),
            json!({"Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${Bus.Name}/*"})
        );
    }

    #[test]
    fn a_piece_of_a_value_is_selected_from_its_split() {
        let id = Val::from(Pseudo::StackId).piece("/", 2);
        let selected = json!({"Fn::Select": ["2", {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]});
        assert_eq!(id.clone().into_value(), selected);
        assert_eq!(
            sub!("a-", id).into_value(),
            json!({"Fn::Join": ["", ["a-", selected]]})
        );
    }

    #[test]
    fn literals_stay_literal_and_a_single_reference_stays_itself() {
        assert_eq!(sub!("a", "b"), Val::Literal("ab".to_owned()));
        assert_eq!(
            sub!("", attribute("Q", "Arn")).into_value(),
            json!({"Fn::GetAtt": ["Q", "Arn"]})
        );
    }

    #[test]
    fn text_that_looks_like_a_reference_is_escaped_in_a_sub() {
        let value = sub!("${not}", Pseudo::Region);
        assert_eq!(
            value.into_value(),
            json!({"Fn::Sub": "${!not}${AWS::Region}"})
        );
    }

    #[test]
    fn what_sub_cannot_hold_becomes_a_join() {
        let value = sub!("arn:", Val::import("Bootstrap"), "/*");
        assert_eq!(
            value.into_value(),
            json!({"Fn::Join": ["", ["arn:", {"Fn::ImportValue": "Bootstrap"}, "/*"]]})
        );
    }
}
