//! I/O: the unencrypted stream to a server on this machine, which bears with what such servers do: they may know
//! HELO only, end lines with a bare LF, answer with a bare code, or use codes that lettre's parser does not know.
//!
//! An answer that cannot be parsed after the final dot would leave the letter in doubt and send it again.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

#[derive(Debug)]
pub struct PlainStream {
    tcp: TcpStream,
    /// Say HELO where lettre says EHLO (RFC 5321 §3.2).
    helo: bool,
    answers: Answers,
}

impl PlainStream {
    pub fn new(tcp: TcpStream, helo: bool) -> Self {
        Self { tcp, helo, answers: Answers::default() }
    }
}

impl AsyncTokioStream for PlainStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }
}

impl AsyncRead for PlainStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.answers.ready.is_empty() {
            let mut space = [0u8; 2_048];
            let mut fresh = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut self.tcp).poll_read(context, &mut fresh))?;
            if fresh.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            for byte in fresh.filled() {
                self.answers.take(*byte);
            }
        }
        while buffer.remaining() > 0 {
            let Some(byte) = self.answers.ready.pop_front() else { break };
            buffer.put_slice(&[byte]);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for PlainStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match bytes.strip_prefix(b"EHLO ").filter(|_| self.helo) {
            Some(name) => {
                let greeting = [b"HELO ".as_slice(), name].concat();
                Pin::new(&mut self.tcp).poll_write(context, &greeting)
            }
            None => Pin::new(&mut self.tcp).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}

/// The server's bytes, put into the strict form of RFC 5321 §4.2.
#[derive(Debug, Default)]
struct Answers {
    ready: VecDeque<u8>,
    column: usize,
    /// The line began with digits only.
    coded: bool,
    after_cr: bool,
}

impl Answers {
    fn take(&mut self, byte: u8) {
        if byte == b'\r' || byte == b'\n' {
            if self.column == 3 && self.coded {
                // A bare code: the blank and the text may be missing.
                self.ready.push_back(b' ');
                self.column += 1;
            }
            if byte == b'\n' {
                if !self.after_cr {
                    self.ready.push_back(b'\r');
                }
                self.column = 0;
            }
            self.after_cr = byte == b'\r';
            self.ready.push_back(byte);
            return;
        }
        self.after_cr = false;
        self.coded =
            byte.is_ascii_digit() && (self.column == 0 || self.coded) || self.column > 2 && self.coded;
        // The second digit only groups codes (RFC 5321 §4.2.1); old servers use 57x for policy.
        let known = if self.column == 1 && (b'6'..=b'9').contains(&byte) { b'5' } else { byte };
        self.ready.push_back(known);
        self.column += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_put_into_the_strict_form() {
        for (sent, expected) in [
            ("250 ok\r\n", "250 ok\r\n"),
            ("250\r\n", "250 \r\n"),
            ("250\n", "250 \r\n"),
            ("250-a\n250 b\n", "250-a\r\n250 b\r\n"),
            ("571 policy\r\n", "551 policy\r\n"),
            ("250-a 1234\r\n250 671\r\n", "250-a 1234\r\n250 671\r\n"),
            ("abc\r\n", "abc\r\n"),
        ] {
            let mut answers = Answers::default();
            sent.bytes().for_each(|byte| answers.take(byte));
            let found: Vec<u8> = answers.ready.into_iter().collect();
            assert_eq!(String::from_utf8(found).unwrap(), expected, "{sent:?}");
        }
    }
}
