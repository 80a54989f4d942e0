//! Putting messages back: take, put back, delete, in this order, one by one; or all at once where the service moves them.

use super::RedriveFailure;
use super::letter::Letter;
use super::look::{EMPTY_RECEIVES, HOLD, Looked, RedrivePlan, WAIT, give_back};
use super::ports::{Answer, DeadLetters, Move, MoveState, Outgoing, StreamRecords};
use super::put_back::{Delivery, put_back};
use super::records;
use super::way::{DeadLetterQueue, Place, Way};
use crate::deployed::{Deployed, Queue};
use crate::ports::{Pace, ServiceError, Trouble};
use contracts::{CorrelationId, EventId, InvoiceId};
use serde::Serialize;
use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often in a row a running move may be asked in vain.
const PATIENCE: u32 = 5;

/// A message as it is shown: which event it is and why it lies there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageLine {
    /// The queue's id for it.
    pub id: String,
    /// The event's type, if it is one of ours.
    pub event_type: Option<&'static str>,
    /// The event's id.
    pub event_id: Option<EventId>,
    /// The invoice that it is about.
    pub invoice_id: Option<InvoiceId>,
    /// The chain that it belongs to.
    pub correlation_id: Option<CorrelationId>,
    /// Why it lies there.
    pub cause: String,
    /// How often it was received, looks included.
    pub receive_count: u32,
}

impl MessageLine {
    pub(super) fn of(letter: &Letter) -> Self {
        let carried = letter.carried();
        Self {
            id: letter.id.clone(),
            event_type: carried.event_type,
            event_id: carried.event_id,
            invoice_id: carried.invoice_id,
            correlation_id: carried.correlation_id,
            cause: letter.cause(),
            receive_count: letter.receives,
        }
    }

    /// Whether a user who names this id means this message.
    pub(super) fn is(&self, id: &str) -> bool {
        self.id == id || self.event_id.is_some_and(|event| event.to_string() == id)
    }
}

/// A message that was not put back, or not only put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// The queue's id for it.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// What a look or a redrive came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Redriven {
    /// The environment.
    pub environment: String,
    /// Logical id of the queue.
    pub queue: String,
    /// Kind of its way back.
    pub kind: String,
    /// Where messages go back to.
    pub to: Option<String>,
    /// The messages that were looked at, or that were to be put back.
    pub messages: Vec<MessageLine>,
    /// How many were put back.
    pub moved: u64,
    /// How many are left in the queue, as far as is known.
    pub left: u64,
    /// Messages that stayed, and why.
    pub failed: Vec<Failed>,
}

/// What happens meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redriving<'a> {
    /// The service has moved so many messages.
    Moved(u64),
    /// This message was put back.
    PutBack(&'a MessageLine),
    /// This message stays.
    Stays(&'a Failed),
}

impl Redriven {
    /// A plan that was not carried out.
    #[must_use]
    pub fn planned(environment: &str, plan: &RedrivePlan) -> Self {
        Self {
            messages: plan.chosen.clone(),
            left: plan.total(),
            failed: plan.stay.clone(),
            ..Self::of(environment, &plan.dlq)
        }
    }

    /// A look that took nothing.
    #[must_use]
    pub fn looked(environment: &str, dlq: &DeadLetterQueue, looked: &Looked) -> Self {
        Self {
            messages: looked.lines(),
            left: looked.held,
            ..Self::of(environment, dlq)
        }
    }

    fn of(environment: &str, dlq: &DeadLetterQueue) -> Self {
        Self {
            environment: environment.to_owned(),
            queue: dlq.id().to_owned(),
            kind: dlq.way.kind().to_owned(),
            to: dlq.way.to().map(str::to_owned),
            messages: Vec::new(),
            moved: 0,
            left: 0,
            failed: Vec::new(),
        }
    }

    /// Notes how putting a message back ended.
    pub(super) fn note(
        &mut self,
        line: &MessageLine,
        returned: Result<(), Failed>,
        tell: &mut dyn FnMut(Redriving<'_>),
    ) -> Result<(), ()> {
        match returned {
            Ok(()) => {
                self.moved += 1;
                tell(Redriving::PutBack(line));
                Ok(())
            }
            Err(why) => {
                tell(Redriving::Stays(&why));
                self.failed.push(why);
                Err(())
            }
        }
    }

    /// The program's exit code: 1 if a message could not be put back.
    #[must_use]
    pub fn exit(&self) -> u8 {
        u8::from(!self.failed.is_empty())
    }
}

/// Carries out a plan.
///
/// # Errors
/// When the queue can't be read or the service's own move fails. A single message that can't be put back is no error: it
/// stays and is listed.
pub async fn redrive(
    world: &(impl DeadLetters + StreamRecords + Pace),
    environment: &str,
    deployed: &Deployed,
    plan: &RedrivePlan,
    tell: &mut dyn FnMut(Redriving<'_>),
) -> Result<Redriven, RedriveFailure> {
    let mut done = Redriven::planned(environment, plan);
    match (&plan.dlq.place, &plan.dlq.way) {
        (Place::Queue(queue), Way::Move(to)) if plan.whole => {
            match world.start_move(queue, to).await? {
                Move::Started => {
                    done.moved = follow_move(world, queue, tell).await?;
                    done.left = world.depth(queue).await?.visible;
                    return Ok(done);
                }
                Move::Running => {
                    return Err(RedriveFailure::Busy {
                        queue: queue.id.clone(),
                    });
                }
                Move::Unknown => one_by_one(world, queue, deployed, plan, &mut done, tell).await,
            }
        }
        (Place::Queue(queue), _) => {
            one_by_one(world, queue, deployed, plan, &mut done, tell).await;
        }
        (Place::Bucket(bucket), _) => {
            records::put_back_all(world, bucket, deployed, plan, &mut done, tell).await;
        }
    }
    done.left = plan.total().saturating_sub(done.moved);
    Ok(done)
}

async fn follow_move(
    world: &(impl DeadLetters + Pace),
    queue: &Queue,
    tell: &mut dyn FnMut(Redriving<'_>),
) -> Result<u64, RedriveFailure> {
    let (mut pause, mut in_vain) = (FIRST_PAUSE, 0);
    loop {
        world.pause(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        let state = match world.move_state(queue).await {
            Ok(state) => state,
            Err(error) if error.trouble == Trouble::Unavailable && in_vain < PATIENCE => {
                in_vain += 1;
                continue;
            }
            Err(error) => return Err(lost(queue, error.to_string())),
        };
        in_vain = 0;
        let Some(MoveState {
            state,
            moved,
            reason,
        }) = state
        else {
            return Err(lost(queue, "the service does not know the move".to_owned()));
        };
        match state.as_str() {
            "COMPLETED" => return Ok(moved),
            "RUNNING" | "CANCELLING" => tell(Redriving::Moved(moved)),
            _ => {
                return Err(RedriveFailure::MoveFailed {
                    queue: queue.id.clone(),
                    reason: reason.unwrap_or_else(|| "no reason given".to_owned()),
                    state,
                    moved,
                });
            }
        }
    }
}

fn lost(queue: &Queue, reason: String) -> RedriveFailure {
    RedriveFailure::LostContact {
        queue: queue.id.clone(),
        reason,
    }
}

/// Takes what the plan names, wherever it comes up; everything else is given back at the end.
async fn one_by_one(
    world: &(impl DeadLetters + StreamRecords),
    queue: &Queue,
    deployed: &Deployed,
    plan: &RedrivePlan,
    done: &mut Redriven,
    tell: &mut dyn FnMut(Redriving<'_>),
) {
    let mut wanted = plan.ids();
    let (mut keep, mut empty) = (Vec::new(), 0);
    let mut trouble = None;
    while !wanted.is_empty() && empty < EMPTY_RECEIVES {
        let batch = match world.receive(queue, HOLD, WAIT).await {
            Ok(batch) => batch,
            Err(error) => {
                trouble = Some(error);
                break;
            }
        };
        empty = if batch.is_empty() { empty + 1 } else { 0 };
        for letter in batch {
            if !wanted.remove(&letter.id) {
                keep.push(letter.receipt);
                continue;
            }
            let line = MessageLine::of(&letter);
            let returned = async {
                deliver(world, deployed, &plan.dlq, &letter).await?;
                let deleted = world.delete(queue, &letter.receipt).await;
                deleted.map_err(|error| still_here(&letter.id, &error))
            };
            if done.note(&line, returned.await, tell).is_err() {
                keep.push(letter.receipt);
            }
        }
    }
    give_back(world, queue, &keep).await;
    let reason = trouble.map_or_else(
        || "it did not show again: another run has it, or has put it back".to_owned(),
        |error| format!("it was not reached: {error}"),
    );
    done.failed.extend(wanted.into_iter().map(|id| Failed {
        id,
        reason: reason.clone(),
    }));
}

/// Delivers a message to where it goes back to.
pub(super) async fn deliver(
    world: &(impl DeadLetters + StreamRecords),
    deployed: &Deployed,
    dlq: &DeadLetterQueue,
    letter: &Letter,
) -> Result<(), Failed> {
    let stays = |reason: String| Failed {
        id: letter.id.clone(),
        reason,
    };
    let delivery = put_back(letter, dlq, deployed).map_err(|reason| stays(reason.to_string()))?;
    let delivered = match &delivery {
        Delivery::Queues(queues, message) => send(world, queues, message).await,
        Delivery::Function(name, payload) => world.invoke(name, payload).await,
        Delivery::Stream(name, payload) => match world.ask(name, payload).await {
            Ok(Answer::Done) => Ok(()),
            Ok(Answer::FailedOn(records)) => {
                return Err(stays(format!(
                    "{name} failed again on {records} of its records"
                )));
            }
            Ok(Answer::Failed(kind)) => return Err(stays(format!("{name} failed again: {kind}"))),
            Err(error) => Err(error),
        },
    };
    delivered.map_err(|error| stays(format!("it was not put back: {error}")))
}

async fn send(
    world: &impl DeadLetters,
    queues: &[Queue],
    message: &Outgoing,
) -> Result<(), ServiceError> {
    for queue in queues {
        world.send(queue, message).await?;
    }
    Ok(())
}

/// Put back, and not deleted.
pub(super) fn still_here(id: &str, error: &ServiceError) -> Failed {
    Failed {
        id: id.to_owned(),
        reason: format!(
            "it was put back and is still here, since {error}: a second delivery is suppressed by its consumer"
        ),
    }
}
