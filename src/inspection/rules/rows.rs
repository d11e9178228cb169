//! Pure: R, the rows: dates, times, counts, and how they were read.
//!
//! A row that clearly offers nothing (every count 0 or a word for it, or nothing but a printed date) is not
//! judged: a wrong date there changes no slot.

pub(super) mod cells;
pub(super) mod date;
pub(super) mod time;
pub(super) mod count;
pub(super) mod reading;
