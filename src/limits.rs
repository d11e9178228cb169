//! Pure: every cap on what comes from outside, in one struct that is passed down. Each names its setting when it bites.

use serde::{Deserialize, Serialize};

/// Section `[limits]`. Sizes in bytes, counts in items, times in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// A larger message is not fetched whole: its header is recorded, the rest stays in the mailbox.
    pub message_bytes: u64,
    pub header_bytes: u64,
    pub header_lines: u64,
    pub mime_depth: u64,
    pub parts: u64,
    pub attachments: u64,
    pub attachment_bytes: u64,
    /// Decoded body text kept for the rules.
    pub text_bytes: u64,
    pub hops: u64,
    /// Files taken out of one plain zip (rule M20).
    pub zip_files: u64,
    /// Entries of a workbook container.
    pub container_entries: u64,
    pub entry_inflated_bytes: u64,
    pub inflated_bytes: u64,
    /// Inflated : packed, beyond the first MiB.
    pub inflation_ratio: u64,
    pub sheets: u64,
    /// Rows and columns count content, not formats or declared ranges.
    pub rows: u64,
    pub columns: u64,
    pub cells: u64,
    pub shared_strings: u64,
    pub shared_string_bytes: u64,
    pub cell_chars: u64,
    /// Address space of the child process.
    pub child_memory_bytes: u64,
    /// Wall clock for one mail in the child process.
    pub child_seconds: u64,
    /// Mails that one child process serves before it is replaced.
    pub child_mails: u64,
    /// Children working at the same time; 0 = one for each processor.
    pub children: u64,
    /// What one child may send back for one mail.
    pub child_output_bytes: u64,
    /// Without seccomp `run` and `once` refuse to start, unless this is set.
    pub allow_weak_sandbox: bool,
    /// Messages fetched, recorded and filed away together.
    pub batch: u64,
    /// Bytes of one fetched set in memory.
    pub batch_bytes: u64,
}

impl Limits {
    /// The first limit under which no ordinary form could be read, with the least that makes sense.
    pub fn check(&self) -> Result<(), String> {
        const KIB: u64 = 1024;
        for (key, value, least) in [
            ("message_bytes", self.message_bytes, 64 * KIB),
            ("header_bytes", self.header_bytes, 4 * KIB),
            ("header_lines", self.header_lines, 20),
            ("mime_depth", self.mime_depth, 2),
            ("parts", self.parts, 2),
            ("attachments", self.attachments, 1),
            ("attachment_bytes", self.attachment_bytes, 16 * KIB),
            ("text_bytes", self.text_bytes, KIB),
            ("hops", self.hops, 5),
            ("zip_files", self.zip_files, 1),
            ("container_entries", self.container_entries, 20),
            ("entry_inflated_bytes", self.entry_inflated_bytes, 64 * KIB),
            ("inflated_bytes", self.inflated_bytes, 64 * KIB),
            ("inflation_ratio", self.inflation_ratio, 10),
            ("sheets", self.sheets, 1),
            ("rows", self.rows, 50),
            ("columns", self.columns, 10),
            ("cells", self.cells, 500),
            ("shared_strings", self.shared_strings, 100),
            ("shared_string_bytes", self.shared_string_bytes, 4 * KIB),
            ("cell_chars", self.cell_chars, 64),
            ("child_memory_bytes", self.child_memory_bytes, 64 * KIB * KIB),
            ("child_seconds", self.child_seconds, 1),
            ("child_mails", self.child_mails, 1),
            ("child_output_bytes", self.child_output_bytes, 64 * KIB),
            ("batch", self.batch, 1),
            ("batch_bytes", self.batch_bytes, 64 * KIB),
        ] {
            if value < least {
                return Err(format!("limits.{key} is {value}; at least {least} is needed to read a form"));
            }
        }
        if self.batch > 1_000 {
            return Err(format!("limits.batch is {}; it must be between 1 and 1000", self.batch));
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            message_bytes: 40 * MIB,
            header_bytes: 256 * 1024,
            header_lines: 1_000,
            mime_depth: 20,
            parts: 200,
            attachments: 20,
            attachment_bytes: 10 * MIB,
            text_bytes: 256 * 1024,
            hops: 50,
            zip_files: 20,
            container_entries: 1_000,
            entry_inflated_bytes: 50 * MIB,
            inflated_bytes: 50 * MIB,
            inflation_ratio: 200,
            sheets: 32,
            rows: 5_000,
            columns: 200,
            cells: 200_000,
            shared_strings: 200_000,
            shared_string_bytes: 32 * MIB,
            cell_chars: 4_096,
            child_memory_bytes: 256 * MIB,
            child_seconds: 10,
            child_mails: 50,
            children: 0,
            child_output_bytes: 64 * MIB,
            allow_weak_sandbox: false,
            batch: 50,
            batch_bytes: 64 * MIB,
        }
    }
}
