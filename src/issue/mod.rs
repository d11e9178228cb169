//! What we issue as files: the three official forms, a form sent back for mending, the slot list for the reservation
//! system. Pure.

pub mod annotated;
pub mod cell_date;
pub mod form_workbook;
pub mod slot_export;
