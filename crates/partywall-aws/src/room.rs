//! Memory for answers: what is parsed takes several times the room of its text, and comes faster than it can be worked on.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The room that one answer takes, until this is dropped.
#[derive(Debug)]
pub struct Room {
    _taken: Option<OwnedSemaphorePermit>,
}

/// What there is for all answers.
#[derive(Debug)]
pub(crate) struct Rooms {
    free: Arc<Semaphore>,
    all: u32,
}

impl Rooms {
    pub(crate) fn new(bytes: usize) -> Self {
        let all = u32::try_from(bytes).unwrap_or(u32::MAX);
        Self { free: Arc::new(Semaphore::new(all as usize)), all }
    }

    /// Waits until there is room for so many bytes. What is larger than all there is waits until everything is free.
    pub(crate) async fn take(&self, bytes: usize) -> Room {
        let wanted = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.all);
        // Closed it never is.
        Room { _taken: self.free.clone().acquire_many_owned(wanted).await.ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_wait_until_earlier_ones_are_dropped_and_a_large_one_has_it_all() {
        let rooms = Rooms::new(10);
        let (six, four) = (rooms.take(6).await, rooms.take(4).await);
        let full = tokio::time::timeout(std::time::Duration::from_millis(1), rooms.take(1)).await;
        assert!(full.is_err());
        drop(four);
        let one = rooms.take(1).await;
        drop((six, one));
        let large = rooms.take(1_000).await;
        assert_eq!(rooms.free.available_permits(), 0);
        drop(large);
        assert_eq!(rooms.free.available_permits(), 10);
    }
}
