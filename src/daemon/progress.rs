//! Pure: how far a long piece of work has come: counters that the work raises and whoever waits for it may look at.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// One piece of work; clones count together.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    expected: AtomicU64,
    done: AtomicU64,
    sent: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Steps known so far; 0 while nobody knows.
    pub expected: u64,
    pub done: u64,
    /// Letters that left meanwhile.
    pub sent: u64,
}

impl Progress {
    /// So many steps more are to come.
    pub fn expect(&self, steps: usize) {
        self.0.expected.fetch_add(steps as u64, Ordering::Relaxed);
    }

    pub fn advance(&self, steps: usize) {
        self.0.done.fetch_add(steps as u64, Ordering::Relaxed);
    }

    pub fn sent(&self, letters: u64) {
        self.0.sent.fetch_add(letters, Ordering::Relaxed);
    }

    pub fn view(&self) -> View {
        View {
            expected: self.0.expected.load(Ordering::Relaxed),
            done: self.0.done.load(Ordering::Relaxed),
            sent: self.0.sent.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_count_together() {
        let progress = Progress::default();
        let worker = progress.clone();
        worker.expect(3);
        worker.expect(2);
        worker.advance(4);
        worker.sent(1);
        assert_eq!(progress.view(), View { expected: 5, done: 4, sent: 1 });
    }
}
