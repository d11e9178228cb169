//! Pure: a fault of our own that a mail brings to light is that mail's outcome, never the end of the mails behind it.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// For the log and the staff list; what the panic said may quote the mail and is left out.
const REASON: &str = "the program met a fault of its own; the log says where";

/// Runs pure work; a panic in it becomes a reason. What the work had half done must be thrown away by the caller.
pub fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| REASON.to_string())
}
