//! Pure: what came of one attempt to deliver a letter, and when to try again.

/// One attempt's result, with the server's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The server took responsibility (2xx after the dot; the file was renamed into place).
    Accepted(String),
    /// Nothing was accepted; try again later (4xx, connection trouble before the fence).
    Deferred(String),
    /// Nothing was accepted and never will be (5xx, an address that cannot be written).
    Refused(String),
    /// The body was offered and no answer was read: it may have been accepted.
    Ambiguous(String),
}
