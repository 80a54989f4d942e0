//! Deployed environments for tests, and what tests do with them.

use contracts::items::attributes;
use contracts::tables::keys;
use e2e::{Clients, Program, Run, account_of};
use ports::idempotency::ClaimKey;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

/// The program with a local cloud that was begun afresh for this run.
static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let program = Program::of_this_workspace("e2e").unwrap();
    let run = |args: &[&str]| {
        program
            .run(args)
            .unwrap()
            .expect(&[0])
            .unwrap_or_else(|error| panic!("{error}"))
    };
    run(&["local", "start"]);
    run(&["local", "reset", "--yes"]);
    program
});

/// Environments that are up already, by name.
static DEPLOYED: LazyLock<Mutex<BTreeMap<&'static str, Deployed>>> = LazyLock::new(Mutex::default);

/// The program, on the tests' own local cloud.
pub fn program() -> Program {
    PROGRAM.clone()
}

/// An environment that is up.
#[derive(Clone)]
pub struct Deployed {
    pub program: Program,
    pub name: &'static str,
    pub account: String,
    pub outputs: BTreeMap<String, String>,
    pub(crate) _environments: Option<Arc<tempfile::TempDir>>,
}

/// The environment that tests share; nobody breaks anything in it.
pub fn shared() -> Deployed {
    up("local")
}

/// An environment, brought up once.
pub fn up(name: &'static str) -> Deployed {
    let mut deployed = DEPLOYED
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(found) = deployed.get(name) {
        return found.clone();
    }
    let program = program();
    let answer = program
        .json(&["up", "--env", name, "--target", "local", "--yes"], &[0])
        .unwrap_or_else(|e| panic!("{e}"));
    let outputs = serde_json::from_value(answer["outputs"].clone()).unwrap();
    let account = account_of(&program, name).unwrap();
    let up = Deployed {
        program,
        name,
        account,
        outputs,
        _environments: None,
    };
    deployed.insert(name, up.clone());
    up
}

/// The program with the environment file of dev under another name, in an account that nobody else uses.
pub fn renamed(name: &str, account: &str) -> (Program, tempfile::TempDir) {
    let program = program();
    let folder = tempfile::tempdir().unwrap();
    let dev = std::fs::read_to_string(program.project().join("environments/dev.yaml")).unwrap();
    let file = dev.replace(&account_of(&program, "dev").unwrap(), account);
    assert_ne!(file, dev);
    std::fs::write(folder.path().join(format!("{name}.yaml")), file).unwrap();
    (program.with_environments(folder.path()), folder)
}

/// An environment of its own, up, in an account that nobody else uses.
pub fn apart(name: &'static str, account: &str) -> Deployed {
    tailored(name, account, &[])
}

/// As [`apart`], with some of its numbers changed: keys of the file, wherever they stand.
pub fn tailored(name: &'static str, account: &str, numbers: &[(&str, u32)]) -> Deployed {
    let (program, folder) = renamed(name, account);
    let path = folder.path().join(format!("{name}.yaml"));
    let mut file = std::fs::read_to_string(&path).unwrap();
    for (key, number) in numbers {
        let line = file
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("{key}:")))
            .unwrap_or_else(|| panic!("no {key}"))
            .to_owned();
        let (indented, _) = line.split_once(':').unwrap();
        file = file.replace(&line, &format!("{indented}: {number}"));
    }
    std::fs::write(&path, file).unwrap();
    let up = ["up", "--env", name, "--target", "local", "--yes"];
    let answer = program
        .json(&up, &[0])
        .unwrap_or_else(|error| panic!("{error}"));
    Deployed {
        program,
        name,
        account: account.to_owned(),
        outputs: serde_json::from_value(answer["outputs"].clone()).unwrap(),
        _environments: Some(Arc::new(folder)),
    }
}

impl Deployed {
    /// Clients of its account.
    pub fn clients(&self) -> Clients {
        Clients::of(&self.program, &self.account).unwrap()
    }

    /// Runs a verb on it.
    pub fn run(&self, args: &[&str]) -> Run {
        self.program.run(&self.on(args)).unwrap()
    }

    /// Runs a verb on it that must exit with one of `codes`, and reads its document.
    pub fn json(&self, args: &[&str], codes: &[i32]) -> Value {
        self.program
            .json(&self.on(args), codes)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    fn on<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        let mut args = args.to_vec();
        args.extend(["--env", self.name, "--target", "local"]);
        args
    }

    /// The file of its accepted drift.
    pub fn accepted_drift(&self) -> PathBuf {
        let folder = self
            ._environments
            .as_ref()
            .map(|folder| folder.path().to_owned());
        folder.unwrap().join(format!("drift/{}.yaml", self.name))
    }

    /// Submits a document after registering its seller; its id.
    pub fn submit(&self, document: &Document) -> String {
        let sent = self.json(&["send", document.path(), "--register-vendor"], &[0]);
        sent["id"].as_str().unwrap().to_owned()
    }

    /// Submits a document and waits until it rests; its trace.
    pub fn settle(&self, document: &Document) -> Value {
        let id = self.submit(document);
        self.resting(&id)
    }

    /// Waits until an invoice rests in a terminal state or before a person; its trace. Long enough for what only the clock
    /// brings forward: what rests for a minute, at its next tick.
    pub fn resting(&self, id: &str) -> Value {
        self.json(&["trace", id, "--follow", "--timeout", "180"], &[0, 1])
    }

    /// An invoice's trace now; `null` while it is on its way into the tables.
    pub fn trace(&self, id: &str) -> Value {
        let trace = self.json(&["trace", id], &[0, 3]);
        if trace["exit"] == 3 {
            Value::Null
        } else {
            trace
        }
    }

    /// The physical id of a resource.
    pub async fn physical_id(&self, logical_id: &str) -> String {
        let stack = format!("invoicing-{}", self.name);
        let answer = self
            .clients()
            .cloudformation
            .describe_stack_resource()
            .stack_name(stack)
            .logical_resource_id(logical_id)
            .send()
            .await
            .unwrap_or_else(|error| panic!("{logical_id}: {error:?}"));
        answer
            .stack_resource_detail()
            .and_then(|r| r.physical_resource_id())
            .unwrap()
            .to_owned()
    }

    /// Every item of an invoice's partition, by sort key, each with its record as JSON.
    pub async fn items(
        &self,
        id: &str,
    ) -> BTreeMap<String, aws_sdk_dynamodb::types::AttributeValue> {
        let pk = keys::invoice(id.parse().unwrap());
        let answer = self
            .clients()
            .dynamodb
            .query()
            .table_name(&self.outputs[contracts::wiring::outputs::INVOICES_TABLE])
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", aws_sdk_dynamodb::types::AttributeValue::S(pk))
            .send()
            .await
            .unwrap();
        answer
            .items()
            .iter()
            .map(|item| {
                (
                    item[attributes::SK].as_s().unwrap().clone(),
                    item[attributes::RECORD].clone(),
                )
            })
            .collect()
    }

    /// A recorded event of an invoice, as `send` takes it: what a second delivery would carry.
    pub async fn recorded_event(&self, id: &str, event_type: &str) -> Value {
        let items = self.items(id).await;
        let (_, record) = items
            .iter()
            .find(|(sk, _)| sk.starts_with(keys::OUTBOX) && sk.ends_with(event_type))
            .unwrap_or_else(|| panic!("no {event_type} in {:?}", items.keys()));
        let field = |name: &str| record.as_m().unwrap()[name].as_s().unwrap().clone();
        serde_json::json!({
            "source": field("source"),
            "detail-type": field("eventType"),
            "detail": serde_json::from_str::<Value>(&field("detail")).unwrap(),
        })
    }

    /// Whether a consumer has ever claimed an event.
    pub async fn is_claimed(&self, consumer: &str, event_id: &str) -> bool {
        let key = ClaimKey::consumer(consumer, event_id.parse().unwrap());
        let answer = self
            .clients()
            .dynamodb
            .get_item()
            .table_name(&self.outputs[contracts::wiring::outputs::IDEMPOTENCY_TABLE])
            .key(
                attributes::PK,
                aws_sdk_dynamodb::types::AttributeValue::S(key.as_str().to_owned()),
            )
            .consistent_read(true)
            .send()
            .await
            .unwrap();
        answer.item().is_some()
    }

    /// Whether a line of the handlers' logs holds all of these words.
    pub fn logged(&self, words: &[&str]) -> bool {
        let log = std::fs::read(self.program.state().join("local/log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        log.lines()
            .any(|line| words.iter().all(|word| line.contains(word)))
    }

    /// Publishes an event on the environment's bus.
    pub fn publish(&self, event: &Value) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("event.json");
        std::fs::write(&path, event.to_string()).unwrap();
        self.json(&["send", path.to_str().unwrap()], &[0]);
    }
}

/// A document made from a sample.
pub struct Document {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Document {
    /// A sample under a number of its own, so that tests do not meet each other's invoices.
    pub fn numbered(sample: &str, number: &str) -> Self {
        Self::changed(sample, number, &[])
    }

    /// A sample under a number of its own, with texts replaced. A text that does not occur fails the test.
    pub fn changed(sample: &str, number: &str, changes: &[(&str, &str)]) -> Self {
        let mut text = std::fs::read_to_string(program().sample(sample)).unwrap();
        let begin = text.find("<cbc:ID>").unwrap() + "<cbc:ID>".len();
        let end = begin + text[begin..].find('<').unwrap();
        text.replace_range(begin..end, number);
        for (from, to) in changes {
            assert!(text.contains(from), "{sample} has no `{from}`");
            text = text.replace(from, to);
        }
        Self::of(sample, text.as_bytes())
    }

    /// A document of these bytes.
    pub fn of(name: &str, bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Self {
            path,
            _folder: folder,
        }
    }

    /// An invoice over an amount that the sandbox gives no answer to until it is asked: 666.14 EUR.
    pub fn unanswered(number: &str) -> Self {
        Self::costing(number, 55_978, &[])
    }

    /// An invoice over a net amount in cents, with 19 % VAT on top, and other values at these JSON pointers.
    pub fn costing(number: &str, net: u64, values: &[(&str, &str)]) -> Self {
        let text = std::fs::read_to_string(program().sample("invoice.json")).unwrap();
        let vat = (net * 19 + 50) / 100;
        let decimal = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        let text = text
            .replace("\"187.50\"", &format!("\"{}\"", decimal(net)))
            .replace("\"62.50\"", &format!("\"{}\"", decimal(net)))
            .replace("\"3\"", "\"1\"")
            .replace("\"35.63\"", &format!("\"{}\"", decimal(vat)))
            .replace("\"223.13\"", &format!("\"{}\"", decimal(net + vat)));
        let mut document: Value = serde_json::from_str(&text).unwrap();
        document["invoice"]["number"] = number.into();
        for (pointer, value) in values {
            let at = document["invoice"].pointer_mut(pointer);
            *at.unwrap_or_else(|| panic!("{pointer}")) = (*value).into();
        }
        Self::of("costing.json", document.to_string().as_bytes())
    }

    pub fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }
}

/// The states that a trace goes through, in order.
pub fn states(trace: &Value) -> Vec<String> {
    trace["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| entry["to"].as_str().map(str::to_owned))
        .collect()
}

/// How many entries of a trace's timeline are of a kind.
pub fn count(trace: &Value, kind: &str) -> usize {
    trace["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["kind"] == kind)
        .count()
}

/// How long anything may take on a slow machine with much else to do. Nothing waits for its end but what fails.
const PATIENCE: Duration = Duration::from_secs(180);

/// Looks until something is there.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{what} did not come about in {} s",
            PATIENCE.as_secs()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
