//! Pure: where things stand on a sheet: headings, tables, axes. Found by what is written, never by fixed positions.

pub mod grid;
pub mod label;
pub mod mark;
pub mod heading;
pub mod table;
pub mod segment;
pub mod months;
pub mod axes;
