//! The judgement (pure): no async, no clock, cannot fail on bad mail. Bad mail is a value.

pub mod container;
pub mod workbook;
pub mod dissected;
pub mod fault;
pub mod reader;
pub mod normalize;
pub mod layout;
pub mod form;
pub mod verdict;
pub mod standing;
pub mod rules;
pub mod judgement;
pub mod sender;
pub mod body;
pub mod judge;
