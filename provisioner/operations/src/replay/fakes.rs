//! A bus with rules, an archive and replays in memory.
#![allow(clippy::unwrap_used, clippy::expect_used)] // test code

use super::ports::{Archive, Archives, LiveRule, ReplayOrder, ReplayState, Start};
use crate::ports::{Pace, ServiceError};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

#[derive(Default)]
pub(crate) struct FakeBus {
    pub rules: Vec<LiveRule>,
    pub archive: Option<Archive>,
    /// What `start` answers; started when empty.
    pub starts: Mutex<VecDeque<Start>>,
    /// Orders that were given.
    pub orders: Mutex<Vec<ReplayOrder>>,
    /// How the replay stands at each look; the last one stays.
    pub states: Mutex<VecDeque<Result<ReplayState, ServiceError>>>,
    pub clock: Mutex<Duration>,
}

impl Archives for FakeBus {
    async fn rules(&self) -> Result<Vec<LiveRule>, ServiceError> {
        Ok(self.rules.clone())
    }

    async fn archive(&self, _: &str) -> Result<Option<Archive>, ServiceError> {
        Ok(self.archive.clone())
    }

    async fn start(&self, order: &ReplayOrder) -> Result<Start, ServiceError> {
        self.orders.lock().unwrap().push(order.clone());
        let scripted = self.starts.lock().unwrap().pop_front();
        Ok(scripted.unwrap_or(Start::Started))
    }

    async fn state(&self, _: &str) -> Result<ReplayState, ServiceError> {
        let mut states = self.states.lock().unwrap();
        if states.len() > 1 {
            return states.pop_front().unwrap();
        }
        states[0].clone()
    }
}

impl Pace for FakeBus {
    fn now(&self) -> Duration {
        *self.clock.lock().unwrap()
    }

    async fn pause(&self, pause: Duration) {
        *self.clock.lock().unwrap() += pause;
    }
}
