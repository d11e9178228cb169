//! 受付: takes in forms that people e-mail as spreadsheets.
//!
//! The four stages a mail passes through, in order: [`inbound`], [`inspection`], [`ledger`], [`outbound`];
//! [`daemon`] joins them. Pure in the middle, I/O at the edge.

pub mod clock;
pub mod limits;
pub mod sha256;
pub mod campaign;
pub mod clinic;
pub mod inbound;
pub mod inspection;
pub mod ledger;
pub mod outbound;
pub mod issue;
pub mod demo;
pub mod daemon;
pub mod config;
pub mod telemetry;
pub mod cli;
