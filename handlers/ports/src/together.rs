//! Work side by side: a few at once, all in the task that waits for them. Starts no task and no thread, and knows no clock.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Works on one after the other, at most `at_once` at a time, and gives what came of each, in the order in which they ended.
/// What `work` declines with `None` is not begun, and nothing after it; what is under way comes to its end.
pub async fn together<T, F: Future>(
    all: impl IntoIterator<Item = T>,
    at_once: usize,
    work: impl Fn(T) -> Option<F>,
) -> Vec<F::Output> {
    let mut waiting = all.into_iter().map_while(work).fuse();
    let (mut running, mut done): (Vec<Pin<Box<F>>>, Vec<_>) = (Vec::new(), Vec::new());
    poll_fn(move |context| {
        loop {
            let before = done.len();
            while running.len() < at_once.max(1) {
                let Some(next) = waiting.next() else { break };
                running.push(Box::pin(next));
            }
            running.retain_mut(|one| match one.as_mut().poll(context) {
                Poll::Ready(output) => {
                    done.push(output);
                    false
                }
                Poll::Pending => true,
            });
            if running.is_empty() && done.len() == before {
                return Poll::Ready(std::mem::take(&mut done));
            }
            if done.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;
    use std::cell::Cell;

    #[test]
    fn r26_so_many_at_once_and_all_to_their_end_and_none_after_a_refusal() {
        let (running, most) = (Cell::new(0), Cell::new(0));
        let (running, most) = (&running, &most);
        let done = Memory::default().run(together(0..30, 8, |number: u32| {
            (number < 20).then_some(async move {
                running.set(running.get() + 1);
                most.set(most.get().max(running.get()));
                let mut waited = false;
                poll_fn(|_| match std::mem::replace(&mut waited, true) {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                })
                .await;
                running.set(running.get() - 1);
                number
            })
        }));
        assert_eq!((most.get(), running.get()), (8, 0));
        assert_eq!(done, (0..20).collect::<Vec<_>>());
    }
}
