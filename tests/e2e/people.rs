//! People and their credentials on the local cloud, and what they decide.

use crate::environment::{Deployed, eventually};
use serde_json::{Value, json};

/// A user whose signatures the API checks.
#[derive(Clone)]
pub struct Person {
    key: String,
    secret: String,
}

impl Person {
    /// A new user who may call the API and nothing else. Users called `finance-...` are staff on the local cloud.
    pub async fn named(deployed: &Deployed, name: &str) -> Self {
        let iam = deployed.clients().iam;
        iam.create_user().user_name(name).send().await.unwrap();
        let allowed = json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*" }],
        });
        iam.put_user_policy()
            .user_name(name)
            .policy_name("Api")
            .policy_document(allowed.to_string())
            .send()
            .await
            .unwrap();
        let created = iam
            .create_access_key()
            .user_name(name)
            .send()
            .await
            .unwrap();
        let key = created.access_key().unwrap();
        Self {
            key: key.access_key_id().to_owned(),
            secret: key.secret_access_key().to_owned(),
        }
    }
}

impl Deployed {
    /// The same environment, in this person's hands.
    pub fn by(&self, person: &Person) -> Deployed {
        let program = self.program.with_variables(&[
            ("AWS_ACCESS_KEY_ID", &person.key),
            ("AWS_SECRET_ACCESS_KEY", &person.secret),
        ]);
        Deployed {
            program,
            ..self.clone()
        }
    }

    /// Decides on something that waits; the answer, which must have come with one of `codes`.
    pub fn decide(&self, id: &str, decision: &[&str], codes: &[i32]) -> Value {
        let mut args = vec!["decide", id];
        args.extend(decision);
        args.extend(["--reason", "because the test says so"]);
        self.json(&args, codes)
    }

    /// Waits until an invoice is in a state; its trace.
    pub async fn reaches(&self, id: &str, state: &str) -> Value {
        eventually(&format!("{state} of {id}"), || async {
            let trace = self.trace(id);
            (trace["status"] == state).then_some(trace)
        })
        .await
    }
}
