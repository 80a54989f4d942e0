//! Who calls the API: who submits and who decides.
//!
//! On AWS it is whoever the usual credentials stand for. The local cloud's administrator acts there unless other credentials
//! are named: a `--profile`, or an access key of a user or a session in the environment's variables. Everything else of the
//! user's AWS configuration stays away from the local cloud.

use crate::session::Session;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use stack::{Environment, Target};

/// How access keys of users and of sessions begin; whoever else has one is an account's administrator on the local cloud.
const OF_PEOPLE: [&str; 2] = ["AKIA", "ASIA"];

/// Who calls the API of an environment.
#[derive(Debug, Clone)]
pub enum Person {
    /// Whoever the session is.
    Session(Option<SharedCredentialsProvider>),
    /// Whoever a `--profile` names.
    Profile(String),
    /// Whose access key the variables hold.
    Variables(Credentials),
}

impl Person {
    /// Who it is. `profile` is the one that was named on the command line, `variable` reads the environment's variables.
    pub fn of(
        environment: &Environment,
        session: &Session,
        profile: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        if environment.target == Target::Aws {
            return Self::Session(session.person());
        }
        if let Some(profile) = profile {
            return Self::Profile(profile.to_owned());
        }
        let given = |name| variable(name).filter(|value| !value.is_empty());
        match (given("AWS_ACCESS_KEY_ID"), given("AWS_SECRET_ACCESS_KEY")) {
            (Some(key), Some(secret)) if OF_PEOPLE.iter().any(|start| key.starts_with(start)) => {
                let token = given("AWS_SESSION_TOKEN");
                Self::Variables(Credentials::new(key, secret, token, None, "variables"))
            }
            _ => Self::Session(session.person()),
        }
    }

    /// The credentials that calls are signed with; none where nobody has any.
    pub fn credentials(self) -> Option<SharedCredentialsProvider> {
        match self {
            Self::Session(provider) => provider,
            Self::Profile(name) => {
                let provider = ProfileFileCredentialsProvider::builder().profile_name(name);
                Some(SharedCredentialsProvider::new(provider.build()))
            }
            Self::Variables(credentials) => Some(SharedCredentialsProvider::new(credentials)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use crate::session::LocalAccess;
    use aws_credential_types::provider::ProvideCredentials;

    fn environment(target: Target) -> Environment {
        let text = include_str!("../../environments/dev.yaml");
        let mut environment = crate::environment::parse("dev.yaml", text).unwrap();
        environment.target = target;
        environment
    }

    async fn signs(
        environment: &Environment,
        profile: Option<&str>,
        key: &str,
    ) -> (Person, String) {
        let access = LocalAccess {
            endpoint: "http://127.0.0.1:1".to_owned(),
            access_key_id: "111111111111".to_owned(),
            secret_access_key: "test".to_owned(),
        };
        let session = Session::local(environment, &access);
        let person = Person::of(environment, &session, profile, |name| match name {
            "AWS_ACCESS_KEY_ID" => Some(key.to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some("secret".to_owned()),
            _ => None,
        });
        let provider = match &person {
            Person::Profile(_) => return (person, String::new()),
            _ => person.clone().credentials().unwrap(),
        };
        let key = provider.provide_credentials().await.unwrap();
        (person, key.access_key_id().to_owned())
    }

    #[tokio::test]
    async fn r27_the_local_administrator_acts_unless_a_person_is_named() {
        let local = environment(Target::Local);
        for administrators in ["", "test", "000000000000"] {
            assert_eq!(signs(&local, None, administrators).await.1, "111111111111");
        }
        let user = "AKIAIOSFODNN7EXAMPLE";
        assert_eq!(signs(&local, None, user).await.1, user);
        let (named, _) = signs(&local, Some("ann"), user).await;
        assert!(matches!(named, Person::Profile(name) if name == "ann"));
    }

    #[tokio::test]
    async fn r27_on_aws_the_usual_credentials_act() {
        let aws = environment(Target::Aws);
        let (person, key) = signs(&aws, Some("ann"), "AKIAIOSFODNN7EXAMPLE").await;
        // The session has read variables and profile already.
        assert!(matches!(person, Person::Session(_)) && key == "111111111111");
    }
}
