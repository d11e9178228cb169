//! I/O: the byte stream to an IMAP server, below the protocol layer.
//!
//! It sees where responses begin and end, and does four things that the layers above cannot: it ends a silence
//! that is too long; it refuses endless lines and literals larger than a message may be; it drops untagged
//! responses of kinds that nobody asked for; it cuts a SEARCH answer of megabytes into several, because the
//! parser begins a line again with every four kilobytes that arrive.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_rustls::client::TlsStream;

/// Longest line outside a literal; SEARCH answers are cut into pieces of `PIECE`.
const LINE: usize = 64 * 1024;
const PIECE: usize = 3 * 1024;
const CHUNK: usize = 16 * 1024;

/// Plain TCP or TLS over it.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

pub(super) struct Wire {
    inner: Stream,
    /// Read and not yet looked at: `raw[raw_at..]`.
    raw: Vec<u8>,
    raw_at: usize,
    /// Looked at and not yet handed up: `out[out_at..]`.
    out: Vec<u8>,
    out_at: usize,
    /// Bytes of the current literal still to come.
    literal: u64,
    largest_literal: u64,
    /// The line to come goes on after a literal.
    continued: bool,
    /// The response that goes on is being dropped.
    dropping: bool,
    /// The line to come goes on after a cut.
    searching: bool,
    /// The last NAMESPACE response: the protocol layer does not know it.
    namespace: Option<String>,
    patience: Duration,
    alarm: Pin<Box<Sleep>>,
}

impl Wire {
    pub(super) fn new(inner: Stream, largest_literal: u64, patience: Duration) -> Self {
        Self {
            inner,
            raw: Vec::new(),
            raw_at: 0,
            out: Vec::new(),
            out_at: 0,
            literal: 0,
            largest_literal,
            continued: false,
            dropping: false,
            searching: false,
            namespace: None,
            patience,
            alarm: Box::pin(tokio::time::sleep(patience)),
        }
    }

    /// From now on a silence longer than this is an error.
    pub(super) fn expect_within(&mut self, patience: Duration) {
        self.patience = patience;
        self.progress();
    }

    pub(super) fn take_namespace(&mut self) -> Option<String> {
        self.namespace.take()
    }

    /// Sends one line; `\r\n` is added.
    pub(super) async fn send(&mut self, line: &str) -> io::Result<()> {
        self.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.flush().await
    }

    /// The next line with its `\r\n`, for what is said before the login. `None` at the end of the stream.
    pub(super) async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        while self.out.is_empty() {
            if !poll_fn(|cx| self.poll_line(cx)).await? {
                return Ok(None);
            }
            if self.literal > 0 {
                return Err(garbled("a literal before the login"));
            }
        }
        Ok(Some(std::mem::take(&mut self.out)))
    }

    /// The stream below, if nothing more has been received than was read.
    pub(super) fn into_inner(self) -> Option<Stream> {
        (self.raw_at == self.raw.len() && self.out_at == self.out.len()).then_some(self.inner)
    }

    /// Puts the next line into `out` (nothing, if it is dropped); false at the end of the stream.
    fn poll_line(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        loop {
            if let Some(line) = self.cut_line()? {
                self.take_line(line)?;
                return Poll::Ready(Ok(true));
            }
            if !ready!(self.poll_fill(cx))? {
                return Poll::Ready(if self.raw_at == self.raw.len() {
                    Ok(false)
                } else {
                    Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        "the connection ended in the middle of a line",
                    ))
                });
            }
        }
    }

    /// One line out of `raw`, ending in `\r\n`, or a piece of a long SEARCH answer.
    fn cut_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let pending = self.raw.get(self.raw_at..).unwrap_or_default();
        let head: &[u8] = if self.searching { b"* SEARCH" } else { b"" };
        if let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let line = pending.get(..end).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let line = [head, line, b"\r\n"].concat();
            self.raw_at += end + 1;
            self.searching = false;
            return if line.len() > LINE {
                Err(garbled("a line of more than 64 KiB"))
            } else {
                Ok(Some(line))
            };
        }
        let is_search = self.searching
            || !self.continued
                && pending.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"* SEARCH "));
        if is_search && pending.len() >= PIECE {
            let space = pending.iter().rposition(|byte| *byte == b' ').filter(|at| self.searching || *at > 8);
            if let Some(at) = space.filter(|at| *at > 0) {
                let piece = [head, pending.get(..at).unwrap_or_default(), b"\r\n"].concat();
                self.raw_at += at;
                self.searching = true;
                return Ok(Some(piece));
            }
        }
        if pending.len() > LINE { Err(garbled("a line of more than 64 KiB")) } else { Ok(None) }
    }

    /// Decides what becomes of a line.
    fn take_line(&mut self, line: Vec<u8>) -> io::Result<()> {
        let begins = !self.continued;
        let sort = if begins { sort_of(&line) } else { Sort::Data };
        let literal = if sort == Sort::Status { None } else { literal_size(&line)? };
        if begins {
            self.dropping = sort == Sort::Unknown;
            if self.dropping {
                let text = String::from_utf8_lossy(&line);
                if text.get(..12).is_some_and(|start| start.eq_ignore_ascii_case("* NAMESPACE ")) {
                    self.namespace = Some(text.trim_end().to_owned());
                }
            }
        }
        self.continued = literal.is_some();
        self.literal = literal.unwrap_or(0);
        if self.literal > self.largest_literal {
            return Err(garbled(&format!(
                "a literal of {} bytes, more than limits.message_bytes allows",
                self.literal
            )));
        }
        self.out_at = 0;
        self.out = if self.dropping { Vec::new() } else { mend(line) };
        Ok(())
    }

    /// Reads more into `raw`; false at the end of the stream.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if self.raw_at > 0 {
            self.raw.drain(..self.raw_at);
            self.raw_at = 0;
        }
        let mut chunk = [0; CHUNK];
        let mut buffer = ReadBuf::new(&mut chunk);
        ready!(self.poll_inner(cx, &mut buffer))?;
        self.raw.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(!buffer.filled().is_empty()))
    }

    /// Reads from below; a silence beyond the patience is an error.
    fn poll_inner(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = match &mut self.inner {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
        };
        match read {
            Poll::Ready(Ok(())) => {
                self.progress();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.poll_silence(cx),
        }
    }

    fn poll_silence<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        ready!(self.alarm.as_mut().poll(cx));
        let silence = format!("nothing came for {} s", self.patience.as_secs_f32());
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, silence)))
    }

    fn progress(&mut self) {
        let deadline = Instant::now() + self.patience;
        self.alarm.as_mut().reset(deadline);
    }

    /// Passes bytes of a literal on, or drops them.
    fn poll_literal(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wanted = usize::try_from(self.literal).unwrap_or(usize::MAX).min(buffer.remaining());
        if self.dropping || self.raw_at < self.raw.len() {
            if self.raw_at == self.raw.len() && !ready!(self.poll_fill(cx))? {
                return Poll::Ready(Ok(()));
            }
            let pending = self.raw.get(self.raw_at..).unwrap_or_default();
            let bytes = pending.get(..wanted.min(pending.len())).unwrap_or_default();
            if !self.dropping {
                buffer.put_slice(bytes);
            }
            self.raw_at += bytes.len();
            self.literal -= bytes.len() as u64;
            return Poll::Ready(Ok(()));
        }
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(wanted));
        ready!(self.poll_inner(cx, &mut part))?;
        let count = part.filled().len();
        buffer.advance(count);
        self.literal -= count as u64;
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            let ready_bytes = this.out.get(this.out_at..).unwrap_or_default();
            if !ready_bytes.is_empty() {
                let count = ready_bytes.len().min(buffer.remaining());
                buffer.put_slice(ready_bytes.get(..count).unwrap_or_default());
                this.out_at += count;
                return Poll::Ready(Ok(()));
            }
            if this.literal > 0 {
                let before = this.literal;
                ready!(this.poll_literal(cx, buffer))?;
                if this.literal == before || !this.dropping {
                    return Poll::Ready(Ok(()));
                }
            } else if !ready!(this.poll_line(cx))? {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = match &mut this.inner {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        };
        if written.is_pending() {
            return this.poll_silence(cx);
        }
        this.progress();
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = match &mut this.inner {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        };
        if flushed.is_pending() { this.poll_silence(cx) } else { flushed }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().inner {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}

/// The protocol layer wants it; nothing of the traffic is shown.
impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("patience", &self.patience).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    /// Free text up to the end of the line: `{5}` in it is no literal.
    Status,
    Data,
    /// Untagged data of a kind that no command of ours asks for.
    Unknown,
}

fn sort_of(line: &[u8]) -> Sort {
    let text = String::from_utf8_lossy(line).to_ascii_uppercase();
    let mut words = text.split([' ', '\r']);
    let (first, second, third) = (words.next(), words.next().unwrap_or(""), words.next().unwrap_or(""));
    if first != Some("*") {
        return Sort::Status;
    }
    match second {
        "OK" | "NO" | "BAD" | "BYE" | "PREAUTH" => Sort::Status,
        "CAPABILITY" | "FLAGS" | "LIST" | "SEARCH" => Sort::Data,
        _ if !second.is_empty() && second.bytes().all(|byte| byte.is_ascii_digit()) => match third {
            "FETCH" | "EXISTS" | "RECENT" | "EXPUNGE" => Sort::Data,
            _ => Sort::Unknown,
        },
        _ => Sort::Unknown,
    }
}

/// The size of the literal that the line announces at its end: `{310}`, `{310+}`.
fn literal_size(line: &[u8]) -> io::Result<Option<u64>> {
    let Some(line) = line.strip_suffix(b"}\r\n") else { return Ok(None) };
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, number) = line.split_at(line.len() - digits);
    if digits == 0 || before.last() != Some(&b'{') {
        return Ok(None);
    }
    let size = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
    size.map(Some).ok_or_else(|| garbled("a literal of an impossible size"))
}

/// Changes what would make the parser stumble or panic: NUL, an 8-bit text right behind a response code, a date
/// that is NIL, the capabilities of a server that only speaks IMAP4rev2.
fn mend(mut line: Vec<u8>) -> Vec<u8> {
    for byte in &mut line {
        if *byte == 0 {
            *byte = b'?';
        }
    }
    let behind = line.windows(2).position(|pair| matches!(pair, [b']', 0x80..=0xFF]));
    if let Some(at) = behind {
        line.insert(at + 1, b' ');
    }
    let nil = line.windows(16).position(|part| part.eq_ignore_ascii_case(b"INTERNALDATE NIL"));
    if let Some(at) = nil {
        line.splice(at + 13..at + 16, *b"\"\"");
    }
    let is_list = line.get(..13).is_some_and(|start| start.eq_ignore_ascii_case(b"* CAPABILITY "));
    if is_list && !line.to_ascii_uppercase().windows(10).any(|word| word == b" IMAP4REV1") {
        line.splice(12..12, b" IMAP4rev1".iter().copied());
    }
    line
}

fn garbled(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the server sent {what}"))
}

#[cfg(test)]
mod tests;
