//! Pure: budgets that put letters off: `[replies] budget_per_domain_hour`, `budget_per_hour`, `budget_per_day`.

use jiff::{SignedDuration, Timestamp};

/// At most `limit` letters within any `window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// 0 = off.
    pub limit: u32,
    pub window: SignedDuration,
}

impl Budget {
    pub fn per_hour(limit: u32) -> Self {
        Self { limit, window: SignedDuration::from_hours(1) }
    }

    pub fn per_day(limit: u32) -> Self {
        Self { limit, window: SignedDuration::from_hours(24) }
    }

    /// When one more letter may leave, not before `now`. `planned`: when the letters of this budget left or are due
    /// to leave; in any order, at least the latest `limit` of them.
    ///
    /// The queue is first in, first out: the letter leaves a whole window after the `limit`-th latest one, so
    /// that no window ever holds more.
    pub fn next(self, now: Timestamp, planned: &[Timestamp]) -> Timestamp {
        let Some(back) = (self.limit as usize).checked_sub(1) else { return now };
        let mut latest_first = planned.to_vec();
        latest_first.sort_unstable_by(|a, b| b.cmp(a));
        let free = latest_first.get(back).and_then(|oldest| oldest.checked_add(self.window).ok());
        free.map_or(now, |free| free.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_second(1_633_000_000 + 60 * minute).unwrap()
    }

    #[test]
    fn a_full_window_puts_the_next_letter_off() {
        let check = |limit, planned: &[i64], now, expected| {
            let planned: Vec<Timestamp> = planned.iter().map(|at| minute(*at)).collect();
            assert_eq!(
                Budget::per_hour(limit).next(minute(now), &planned),
                minute(expected),
                "{limit} {planned:?}"
            );
        };
        check(0, &[0, 0, 0], 1, 1);
        check(2, &[], 5, 5);
        check(2, &[4], 5, 5);
        check(2, &[1, 4], 5, 61);
        check(2, &[4, 1], 5, 61);
        check(2, &[1, 4], 70, 70);
        // Letters that are put off already count at the time for which they are planned.
        check(2, &[1, 4, 61], 5, 64);
        check(2, &[1, 4, 61, 64], 5, 121);
        assert_eq!(Budget::per_day(1).next(minute(1), &[minute(0)]), minute(1440));
    }

    proptest::proptest! {
        #[test]
        fn no_window_holds_more_than_the_limit(limit in 1_u32..6, gaps in proptest::collection::vec(0_i64..40, 1..60)) {
            let budget = Budget::per_hour(limit);
            let mut planned: Vec<Timestamp> = Vec::new();
            let mut now = 0;
            for gap in gaps {
                now += gap;
                let at = budget.next(minute(now), &planned);
                proptest::prop_assert!(at >= minute(now));
                planned.push(at);
            }
            for from in &planned {
                let until = from.checked_add(budget.window).unwrap();
                let within = planned.iter().filter(|at| *from <= **at && **at < until).count();
                proptest::prop_assert!(within <= limit as usize);
            }
        }
    }
}
