//! I/O: the child process itself: it enters the sandbox, then answers requests from standard input until that ends.
//!
//! Exit codes: 0 when the input ends, 70 after a panic, 74 when the pipes break or carry nonsense.

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use serde::Serialize;

use super::dissect::{dissect_except, dissect_file};
use super::sandbox;
use super::wire::{self, Answer, Request, Task};
use crate::limits::Limits;

/// The hidden verb that starts the program as such a child; the address space in bytes follows it.
pub const VERB: &str = "dissect-worker";

const PANICKED: u8 = 70;
const BROKEN_PIPE: u8 = 74;

/// Serves until standard input ends. Call it before anything else in `main`, when the first argument is [`VERB`].
pub fn serve() -> ExitCode {
    let memory = std::env::args().nth(2).and_then(|argument| argument.parse().ok());
    let memory = memory.unwrap_or_else(|| Limits::default().child_memory_bytes);
    let strength = sandbox::enter(memory);
    match catch_unwind(AssertUnwindSafe(|| serve_requests(&strength))) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(_)) => ExitCode::from(BROKEN_PIPE),
        Err(_) => ExitCode::from(PANICKED),
    }
}

fn serve_requests(strength: &sandbox::Strength) -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    send(&mut output, wire::HELLO, strength)?;
    while let Some(request) = receive(&mut input, wire::REQUEST, wire::REQUEST_BYTES)? {
        let request: Request = postcard::from_bytes(&request).map_err(io::Error::other)?;
        let largest = request.limits.message_bytes.max(request.limits.attachment_bytes).saturating_mul(2);
        let bytes = receive(&mut input, wire::BYTES, largest.max(wire::REQUEST_BYTES))?
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        let answer = match request.task {
            Task::Mail { omitted, skip } => {
                let mut opening = |index: usize| {
                    let index = u32::try_from(index).unwrap_or(u32::MAX);
                    let _ = output
                        .write_all(&wire::header(wire::OPENING, 4))
                        .and_then(|()| output.write_all(&index.to_le_bytes()))
                        .and_then(|()| output.flush());
                };
                Answer::Mail(Box::new(dissect_except(&bytes, omitted, &request.limits, &skip, &mut opening)))
            }
            Task::File { name, skip } => {
                Answer::File(Box::new(dissect_file(&name, &bytes, &request.limits, &skip)))
            }
            Task::Probe => Answer::Probe(sandbox::escapes()),
        };
        // The mail is not needed any more while its answer is written.
        drop(bytes);
        send(&mut output, wire::ANSWER, &answer)?;
    }
    Ok(())
}

/// The next frame, which must bear this tag; `None` at the end of the input.
fn receive(input: &mut impl Read, expected: u8, at_most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; wire::FRAME_HEADER];
    match input.read_exact(&mut header) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let (tag, length) = wire::parse_header(header);
    if tag != expected || length > at_most {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = Vec::with_capacity(length as usize);
    input.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(Some(bytes)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Writes without holding the encoded value in memory: its size is counted first.
fn send(output: &mut impl Write, tag: u8, value: &impl Serialize) -> io::Result<()> {
    let length = postcard::experimental::serialized_size(value).map_err(io::Error::other)?;
    output.write_all(&wire::header(tag, length as u64))?;
    let buffered = io::BufWriter::with_capacity(64 * 1024, output);
    let mut output = postcard::to_io(value, buffered).map_err(io::Error::other)?;
    output.flush()
}
