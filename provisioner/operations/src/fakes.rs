//! A deployed environment in memory: a portal that keeps its promises unless a script says otherwise, a table that shows
//! one snapshot after another, a bus, and a clock that only moves when somebody waits.
#![allow(clippy::unwrap_used, clippy::expect_used)] // test code

use crate::event::EventEntry;
use crate::ports::{
    ApiRequest, ApiResponse, Bus, BusAnswer, InvoiceItems, Method, NoAnswer, Pace, PortalApi,
    ServiceError,
};
use crate::trails::Trails;
use contracts::InvoiceId;
use contracts::items::Item;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

#[derive(Default)]
pub(crate) struct FakeEnvironment {
    /// Answered before the portal is asked.
    pub api_script: Mutex<VecDeque<Result<ApiResponse, NoAnswer>>>,
    /// Every request that was made.
    pub requests: Mutex<Vec<ApiRequest>>,
    /// Vendors as `GET` shows them, and how many looks it takes until they show.
    pub vendors: Mutex<BTreeMap<String, (u32, Value)>>,
    /// What a registration becomes.
    pub onboards: Mutex<Option<Value>>,
    /// What each look at the table shows; the last one stays.
    pub snapshots: Mutex<VecDeque<Result<Vec<Item>, ServiceError>>>,
    /// What the audit trail and the ledger hold.
    pub trails: Mutex<Trails>,
    /// What the bus says to each entry; taken when it is empty.
    pub bus_script: Mutex<VecDeque<BusAnswer>>,
    /// Entries that were put.
    pub put: Mutex<Vec<EventEntry>>,
    answers: Mutex<BTreeMap<String, ApiResponse>>,
    clock: Mutex<Duration>,
}

pub(crate) fn answer(status: u16, body: &Value) -> ApiResponse {
    ApiResponse {
        status,
        headers: BTreeMap::new(),
        body: body.to_string().into_bytes(),
    }
}

pub(crate) const VENDOR: &str = "11111111-1111-5111-8111-111111111111";

impl FakeEnvironment {
    pub fn waited(&self) -> Duration {
        *self.clock.lock().unwrap()
    }

    pub fn posts(&self) -> usize {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|r| r.method == Method::Post).count()
    }

    fn post(&self, request: &ApiRequest) -> ApiResponse {
        let key = request.headers["idempotency-key"].clone();
        let mut answers = self.answers.lock().unwrap();
        if let Some(known) = answers.get(&key) {
            let mut again = known.clone();
            let header = ("idempotency-replayed".to_owned(), "true".to_owned());
            again.headers.extend([header]);
            return again;
        }
        let fresh = if request.path == "/invoices" {
            let id = format!("{}-0000-5000-8000-000000000000", &key[..8]);
            answer(202, &json!({"invoiceId": id, "correlationId": "c"}))
        } else {
            let becomes = self.onboards.lock().unwrap().clone();
            let profile = becomes.unwrap_or_else(|| json!({"version": 1, "onboarded": true}));
            let mut vendors = self.vendors.lock().unwrap();
            vendors.insert(VENDOR.to_owned(), (2, profile));
            answer(202, &json!({"vendorId": VENDOR, "correlationId": "c"}))
        };
        answers.insert(key, fresh.clone());
        fresh
    }

    fn get(&self, path: &str) -> ApiResponse {
        let mut vendors = self.vendors.lock().unwrap();
        let known = path.strip_prefix("/vendors/");
        let absent = answer(404, &json!({"code": "no-such-vendor", "title": "No."}));
        // Whoever asks for another id than the fake's asks for the same vendor.
        let Some((looks, profile)) = known.and_then(|_| vendors.get_mut(VENDOR)) else {
            return absent;
        };
        if *looks > 0 {
            *looks -= 1;
            return absent;
        }
        answer(200, profile)
    }
}

impl PortalApi for FakeEnvironment {
    fn base_url(&self) -> &str {
        "https://api.example"
    }

    async fn call(&self, request: &ApiRequest) -> Result<ApiResponse, NoAnswer> {
        self.requests.lock().unwrap().push(request.clone());
        if let Some(scripted) = self.api_script.lock().unwrap().pop_front() {
            return scripted;
        }
        Ok(match request.method {
            Method::Post => self.post(request),
            Method::Get => self.get(&request.path),
        })
    }
}

impl InvoiceItems for FakeEnvironment {
    async fn items(&self, _: InvoiceId) -> Result<Vec<Item>, ServiceError> {
        let mut snapshots = self.snapshots.lock().unwrap();
        match snapshots.len() {
            0 => Ok(Vec::new()),
            1 => snapshots[0].clone(),
            _ => snapshots.pop_front().unwrap(),
        }
    }

    async fn trails(&self, _: InvoiceId) -> Trails {
        self.trails.lock().unwrap().clone()
    }
}

impl Bus for FakeEnvironment {
    async fn put(&self, entry: &EventEntry) -> Result<BusAnswer, ServiceError> {
        self.put.lock().unwrap().push(entry.clone());
        let scripted = self.bus_script.lock().unwrap().pop_front();
        Ok(scripted.unwrap_or(BusAnswer::Taken {
            event_id: "bus-id".to_owned(),
        }))
    }
}

impl Pace for FakeEnvironment {
    fn now(&self) -> Duration {
        *self.clock.lock().unwrap()
    }

    async fn pause(&self, pause: Duration) {
        *self.clock.lock().unwrap() += pause;
    }
}
