//! I/O: the wish that the work in hand be brought to an end, told once and heard everywhere.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// How long a delivery in flight may still take once the program is asked to stop.
pub const LAST_DELIVERY: Duration = Duration::from_secs(20);

/// Clones are told together.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Nothing new shall be begun.
    pub fn tell(&self) {
        self.0.send_replace(true);
    }

    pub fn is_told(&self) -> bool {
        *self.0.borrow()
    }

    /// Comes back once it was told.
    pub async fn told(&self) {
        // The sender lives as long as `self`.
        drop(self.0.subscribe().wait_for(|told| *told).await);
    }

    /// Comes back so long after it was told.
    pub async fn overdue(&self, patience: Duration) {
        self.told().await;
        tokio::time::sleep(patience).await;
    }

    /// Sleeps, but not beyond the telling.
    pub async fn pause(&self, time: Duration) {
        drop(tokio::time::timeout(time, self.told()).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn clones_hear_it_and_nobody_sleeps_on() {
        let stop = Stop::default();
        let heard = stop.clone();
        assert!(!heard.is_told());
        let waiting = tokio::spawn(async move { heard.pause(Duration::from_mins(1)).await });
        stop.tell();
        tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
        stop.told().await;
        stop.pause(Duration::from_mins(1)).await;
        assert!(stop.is_told());
    }
}
