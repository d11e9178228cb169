//! Pure: what the limited child process makes of one raw mail: plain values, no foreign bytes.

use serde::{Deserialize, Serialize};

use super::workbook::Content;
use crate::inbound::message::Message;

/// A mail taken apart. `contents` stand in the order of `message.attachments`, one each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dissected {
    pub message: Message,
    pub contents: Vec<Content>,
}
