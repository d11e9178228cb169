//! I/O: the last line of the terminal, where progress is shown; log lines are written above it.

use std::io::{self, Write};
use std::sync::LazyLock;

use indicatif::MultiProgress;

/// What is shown at the bottom of the terminal; nothing where stderr is none.
pub static LINES: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Stderr, with what stands at the bottom taken away for the moment.
#[derive(Debug)]
pub struct Above;

impl Write for Above {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
