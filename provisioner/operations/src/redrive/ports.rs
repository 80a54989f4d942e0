//! What redriving needs from the world: queues to take from and put into, functions to invoke. No type of an SDK crosses
//! these, and nothing here waits or decides.

use super::letter::{Attribute, Letter};
use crate::deployed::{Bucket, Queue};
use crate::ports::ServiceError;
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

/// How full a queue is, as far as the service knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages that can be received.
    pub visible: u64,
    /// Messages that somebody holds just now.
    pub held: u64,
}

/// A message that goes into a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its body.
    pub body: String,
    /// Its attributes.
    pub attributes: BTreeMap<String, Attribute>,
    /// The trace that it belongs to.
    pub trace: Option<String>,
}

/// What the service said when it was asked to move all messages of a dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// It began.
    Started,
    /// Another move from this queue is running.
    Running,
    /// This service can't: the messages are moved one by one.
    Unknown,
}

/// How a move stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveState {
    /// The service's word: RUNNING, COMPLETED, CANCELLING, CANCELLED or FAILED.
    pub state: String,
    /// Messages moved so far.
    pub moved: u64,
    /// Why it failed.
    pub reason: Option<String>,
}

/// Dead-letter queues, and what their messages are put back into.
pub trait DeadLetters {
    /// How full a queue is.
    fn depth(&self, queue: &Queue) -> impl Future<Output = Result<Depth, ServiceError>> + Send;

    /// Receives up to ten messages and hides them from everybody else for `hold`. Waits up to `wait` for the first.
    fn receive(
        &self,
        queue: &Queue,
        hold: Duration,
        wait: Duration,
    ) -> impl Future<Output = Result<Vec<Letter>, ServiceError>> + Send;

    /// Shows up to ten received messages again. One that can't be shown comes back when its hold is over.
    fn give_back(
        &self,
        queue: &Queue,
        receipts: &[String],
    ) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// Deletes a received message.
    fn delete(
        &self,
        queue: &Queue,
        receipt: &str,
    ) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// Sends a message to a queue.
    fn send(
        &self,
        queue: &Queue,
        message: &Outgoing,
    ) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// Invokes a function asynchronously, as EventBridge does.
    fn invoke(
        &self,
        function: &str,
        payload: &str,
    ) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// Has the service move every message of one queue to another.
    fn start_move(
        &self,
        from: &Queue,
        to: &Queue,
    ) -> impl Future<Output = Result<Move, ServiceError>> + Send;

    /// How the newest move from a queue stands; none if there never was one.
    fn move_state(
        &self,
        from: &Queue,
    ) -> impl Future<Output = Result<Option<MoveState>, ServiceError>> + Send;
}

/// What a function answered to the records of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It worked them all off.
    Done,
    /// It failed on so many of them.
    FailedOn(usize),
    /// It failed as a whole: the kind of its error, never its message.
    Failed(String),
}

/// Batches of a stream that a function gave up, each an object of a bucket.
pub trait StreamRecords {
    /// Up to `most` keys of a bucket's objects, the first in their order.
    fn keys(
        &self,
        bucket: &Bucket,
        most: usize,
    ) -> impl Future<Output = Result<Vec<String>, ServiceError>> + Send;

    /// An object as a letter; none if it is gone.
    fn read(
        &self,
        bucket: &Bucket,
        key: &str,
    ) -> impl Future<Output = Result<Option<Letter>, ServiceError>> + Send;

    /// Invokes a function and waits for what it answers.
    fn ask(
        &self,
        function: &str,
        payload: &str,
    ) -> impl Future<Output = Result<Answer, ServiceError>> + Send;

    /// Removes an object. In a bucket that keeps versions, the object can be had again.
    fn remove(
        &self,
        bucket: &Bucket,
        key: &str,
    ) -> impl Future<Output = Result<(), ServiceError>> + Send;
}
