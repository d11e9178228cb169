//! What becomes of a mail and who is told: one row for each rule, over the binary on a Maildir.

#[path = "../support/mod.rs"]
mod support;

/// A workbook with a password.
#[path = "../../src/demo/locked.rs"]
#[allow(dead_code, reason = "the other sample is not used here")]
mod locked;

mod counter;

mod bounces;
mod budgets;
mod corrections;
mod forms;
mod gateways;
mod hostile;
mod never_reply;
mod offline;
mod senders;
mod words;
