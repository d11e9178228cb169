//! Pure: one row of a list between reading and accepting.

use jiff::civil::{Date, Time, Weekday};

use super::Entry;
use super::sheet::Found;
use crate::inspection::verdict::Visibility;

/// What is written in one row before anything is carried into it.
pub struct Written {
    pub typed_date: bool,
    pub typed_start: bool,
    pub date: Entry<Date>,
    pub day_name: Option<Weekday>,
    pub start: Entry<Time>,
    pub span_end: Option<Time>,
    pub public: Option<Entry<u32>>,
    pub private: Option<Entry<u32>>,
}

impl Written {
    pub fn counts(&self) -> impl Iterator<Item = &Entry<u32>> {
        self.public.iter().chain(&self.private)
    }

    pub fn has_count(&self) -> bool {
        self.counts().any(|count| !count.is_blank())
    }

    pub fn no_more_than_zero(&self) -> bool {
        self.counts().all(|count| count.is_blank() || count.value() == Some(0))
    }
}

/// The visibilities that a row names for itself.
pub fn found_visibility(found: &mut Found, written: &Written) {
    if written.public.is_some() {
        found.visibility.insert(Visibility::Public);
    }
    if written.private.is_some() {
        found.visibility.insert(Visibility::Private);
    }
}
