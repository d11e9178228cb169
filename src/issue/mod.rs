//! What we issue as files: the three official forms, the slot list for the reservation system. Pure.

pub mod cell_date;
pub mod form_workbook;
pub mod slot_export;
