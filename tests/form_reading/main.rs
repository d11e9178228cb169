//! Workbooks of many layouts, built in code, and what is read from them.

mod builder;
mod calendars;
mod days;
mod tokens;
mod lists;
mod matrices;
mod axes;
mod blocks;
mod headers;
mod headings;
mod workbooks;
mod sections;
mod spans;
mod counts;
mod any;
mod asides;
