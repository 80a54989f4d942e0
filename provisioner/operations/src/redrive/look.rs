//! Looking without taking: messages are received, held while the look lasts and given back. And the plan that follows
//! from a look.

use super::letter::Letter;
use super::ports::{DeadLetters, Depth, StreamRecords};
use super::put_back::put_back;
use super::run::{Failed, MessageLine};
use super::way::{DeadLetterQueue, Place, Way, dead_letter_queues};
use super::{RedriveFailure, Unreturnable, records};
use crate::deployed::{Deployed, Queue};
use crate::ports::ServiceError;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long a received message is hidden from others: longer than a look or a redrive of [`MOST`] messages takes.
pub(super) const HOLD: Duration = Duration::from_secs(120);
/// How long a receive waits for messages that the queue says it has.
pub(super) const WAIT: Duration = Duration::from_secs(1);
/// How many receives without a message end the search.
pub(super) const EMPTY_RECEIVES: u32 = 3;
/// How many messages are looked at, at most. What lies behind them is seen by the next look.
const MOST: usize = 2_000;
/// As many messages as a batch call takes.
const BATCH: usize = 10;

/// What a look saw.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// The messages, oldest first.
    pub letters: Vec<Letter>,
    /// How many the queue holds, as far as the service knows.
    pub held: u64,
}

/// Why several messages lie in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The cause.
    pub cause: String,
    /// How many messages have it.
    pub messages: usize,
}

/// Which messages are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// All of them.
    All,
    /// The oldest so many.
    AtMost(usize),
    /// The one with this message id or event id.
    One(String),
}

/// What a redrive will do: shown, and agreed to, before anything is taken.
#[derive(Debug, Clone)]
pub struct RedrivePlan {
    /// The queue and its way back.
    pub dlq: DeadLetterQueue,
    /// Whether the service is asked to move all of the queue's messages.
    pub(super) whole: bool,
    /// Messages that are put back.
    pub chosen: Vec<MessageLine>,
    /// Messages that can't be, and why.
    pub stay: Vec<Failed>,
    /// Messages that were not asked for.
    pub others: u64,
    /// What was seen, by cause.
    pub causes: Vec<Cause>,
}

/// One queue of the overview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueLine {
    /// Logical id.
    pub queue: String,
    /// The queue's name.
    pub name: String,
    /// Kind of its way back.
    pub kind: String,
    /// Where messages go back to.
    pub to: Option<String>,
    /// Messages that lie there: its alarm rings at one.
    pub messages: u64,
    /// Messages that somebody holds just now.
    pub held: u64,
}

/// Every dead-letter queue of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// The environment.
    pub environment: String,
    /// The queues, those whose alarm rings first.
    pub queues: Vec<QueueLine>,
}

/// How full every dead-letter queue is; the fullest first.
///
/// # Errors
/// When a queue can't be asked.
pub async fn overview(
    world: &(impl DeadLetters + StreamRecords),
    environment: &str,
    deployed: &Deployed,
) -> Result<Overview, RedriveFailure> {
    let mut queues = Vec::new();
    for dlq in dead_letter_queues(deployed) {
        let Depth { visible, held } = match &dlq.place {
            Place::Queue(queue) => world.depth(queue).await?,
            Place::Bucket(bucket) => records::depth(world, bucket).await?,
        };
        queues.push(QueueLine {
            kind: dlq.way.kind().to_owned(),
            to: dlq.way.to().map(str::to_owned),
            queue: dlq.id().to_owned(),
            name: dlq.name().to_owned(),
            messages: visible,
            held,
        });
    }
    queues.sort_by(|a, b| {
        let fullness = |line: &QueueLine| (line.messages, line.held);
        fullness(b).cmp(&fullness(a)).then(a.queue.cmp(&b.queue))
    });
    Ok(Overview {
        environment: environment.to_owned(),
        queues,
    })
}

/// Reads what lies there and leaves it there: a queue's messages are received and given back.
///
/// # Errors
/// When the place can't be read. What was received by then is given back.
pub async fn look(
    world: &(impl DeadLetters + StreamRecords),
    dlq: &DeadLetterQueue,
) -> Result<Looked, RedriveFailure> {
    match &dlq.place {
        Place::Queue(queue) => look_into(world, queue).await,
        Place::Bucket(bucket) => Ok(records::look(world, bucket).await?),
    }
}

async fn look_into(world: &impl DeadLetters, queue: &Queue) -> Result<Looked, RedriveFailure> {
    let depth = world.depth(queue).await?;
    let mut letters: BTreeMap<String, Letter> = BTreeMap::new();
    let received = receive_all(world, queue, depth.visible, &mut letters).await;
    let receipts: Vec<_> = letters
        .values()
        .map(|letter| letter.receipt.clone())
        .collect();
    give_back(world, queue, &receipts).await;
    received?;
    let mut letters: Vec<_> = letters.into_values().collect();
    letters.sort_by(|a, b| (a.sent_ms, &a.id).cmp(&(b.sent_ms, &b.id)));
    let seen = letters.len() as u64;
    Ok(Looked {
        letters,
        held: seen.max(depth.visible),
    })
}

async fn receive_all(
    world: &impl DeadLetters,
    queue: &Queue,
    expected: u64,
    letters: &mut BTreeMap<String, Letter>,
) -> Result<(), ServiceError> {
    let mut empty = 0;
    while letters.len() < MOST {
        let complete = letters.len() as u64 >= expected;
        let wait = if complete { Duration::ZERO } else { WAIT };
        let batch = world.receive(queue, HOLD, wait).await?;
        if batch.is_empty() {
            empty += 1;
            if complete || empty >= EMPTY_RECEIVES {
                return Ok(());
            }
        }
        letters.extend(batch.into_iter().map(|letter| (letter.id.clone(), letter)));
    }
    Ok(())
}

/// Shows messages again. What can't be shown now comes back when its hold is over, so this does not fail.
pub(super) async fn give_back(world: &impl DeadLetters, queue: &Queue, receipts: &[String]) {
    for batch in receipts.chunks(BATCH) {
        let _ = world.give_back(queue, batch).await;
    }
}

/// What is to be done with what a look saw.
///
/// # Errors
/// When the way back can't be followed, or no message has the id that was asked for.
pub fn plan(
    deployed: &Deployed,
    dlq: &DeadLetterQueue,
    looked: &Looked,
    pick: &Pick,
) -> Result<RedrivePlan, RedriveFailure> {
    dlq.open()?;
    let (mut chosen, mut stay) = (Vec::new(), Vec::new());
    for letter in &looked.letters {
        let line = MessageLine::of(letter);
        let wanted = match pick {
            Pick::All => true,
            Pick::AtMost(most) => chosen.len() < *most,
            Pick::One(id) => line.is(id),
        };
        if !wanted {
            continue;
        }
        match put_back(letter, dlq, deployed) {
            Ok(_) => chosen.push(line),
            Err(reason) => stay.push(failed(&line, &reason)),
        }
    }
    if let Pick::One(id) = pick
        && chosen.is_empty()
        && stay.is_empty()
    {
        return Err(RedriveFailure::NoSuchMessage {
            queue: dlq.id().to_owned(),
            id: id.clone(),
        });
    }
    let concerned = (chosen.len() + stay.len()) as u64;
    Ok(RedrivePlan {
        whole: matches!((&dlq.way, pick), (Way::Move(_), Pick::All)),
        others: looked.held.saturating_sub(concerned),
        causes: causes(looked),
        dlq: dlq.clone(),
        chosen,
        stay,
    })
}

impl RedrivePlan {
    /// Whether there is anything to put back.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.size() == 0
    }

    /// How many messages will be put back, as far as is known.
    #[must_use]
    pub fn size(&self) -> u64 {
        if self.whole {
            self.total()
        } else {
            self.chosen.len() as u64
        }
    }

    /// How many messages the place holds, as far as is known.
    pub(super) fn total(&self) -> u64 {
        (self.chosen.len() + self.stay.len()) as u64 + self.others
    }

    pub(super) fn ids(&self) -> BTreeSet<String> {
        self.chosen.iter().map(|line| line.id.clone()).collect()
    }
}

impl Looked {
    /// The messages as they are shown.
    #[must_use]
    pub fn lines(&self) -> Vec<MessageLine> {
        self.letters.iter().map(MessageLine::of).collect()
    }
}

fn failed(line: &MessageLine, reason: &Unreturnable) -> Failed {
    Failed {
        id: line.id.clone(),
        reason: reason.to_string(),
    }
}

/// By cause, the most frequent first.
fn causes(looked: &Looked) -> Vec<Cause> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for letter in &looked.letters {
        *counts.entry(letter.cause()).or_default() += 1;
    }
    let mut causes: Vec<_> = counts
        .into_iter()
        .map(|(cause, messages)| Cause { cause, messages })
        .collect();
    causes.sort_by(|a, b| b.messages.cmp(&a.messages).then(a.cause.cmp(&b.cause)));
    causes
}
