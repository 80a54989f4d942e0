//! Several deliveries at once, one turn at a time, in an order that the test chooses.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Suspends once: the point where another delivery may run, or this one may die.
pub(super) async fn turn() {
    let mut taken = false;
    std::future::poll_fn(move |_| {
        if std::mem::replace(&mut taken, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// Deliveries under way. Dropping one at a turn is a crash: what it wrote stays, what it meant to do next never happens.
pub struct Schedule<'a, T> {
    running: Vec<Pin<Box<dyn Future<Output = T> + 'a>>>,
}

impl<T> Default for Schedule<'_, T> {
    fn default() -> Self {
        Self {
            running: Vec::new(),
        }
    }
}

impl<'a, T> Schedule<'a, T> {
    /// Adds a delivery; nothing of it runs yet.
    pub fn start(&mut self, delivery: impl Future<Output = T> + 'a) {
        self.running.push(Box::pin(delivery));
    }

    /// How many are under way.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Gives one delivery, chosen by `pick` modulo their number, its next turn; its output when it is done.
    pub fn turn(&mut self, pick: usize) -> Option<T> {
        let index = pick.checked_rem(self.running.len())?;
        let mut context = Context::from_waker(Waker::noop());
        match self.running[index].as_mut().poll(&mut context) {
            Poll::Ready(output) => {
                drop(self.running.remove(index));
                Some(output)
            }
            Poll::Pending => None,
        }
    }

    /// Kills one delivery, chosen like in [`Schedule::turn`].
    pub fn crash(&mut self, pick: usize) {
        if let Some(index) = pick.checked_rem(self.running.len()) {
            drop(self.running.remove(index));
        }
    }

    /// Runs what is under way to its end, in turn.
    pub fn finish(mut self) -> Vec<T> {
        let mut outputs = Vec::new();
        let mut pick = 0;
        while self.running() > 0 {
            outputs.extend(self.turn(pick));
            pick += 1;
        }
        outputs
    }
}
