//! How many requests this process has sent to services, whoever sent them. One number for the whole process, because
//! that is what it says: what one run of a program costs a service that throttles.

use std::sync::atomic::{AtomicUsize, Ordering};

static SENT: AtomicUsize = AtomicUsize::new(0);

/// Notes one more request. [`Signed`](crate::Signed) does so itself; it is for whoever sends with another client.
pub fn note() {
    SENT.fetch_add(1, Ordering::Relaxed);
}

/// How many there were so far, repeated attempts among them.
pub fn total() -> usize {
    SENT.load(Ordering::Relaxed)
}
