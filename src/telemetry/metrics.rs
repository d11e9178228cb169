//! I/O: `/metrics` (Prometheus text format) and `/health` over a few lines of HTTP/1.1, for the machine itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// A request is one line and a few headers; more is not read.
const REQUEST_BYTES: usize = 4096;
/// With a client that says or takes nothing.
const PATIENCE: Duration = Duration::from_secs(2);
/// Connections at a time; more wait at the door.
const CONNECTIONS: usize = 32;

/// Section `[metrics]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `127.0.0.1:9464`; empty: none.
    pub listen: String,
}

impl Settings {
    pub fn check(&self) -> Result<(), String> {
        if self.listen.is_empty() || self.listen.parse::<SocketAddr>().is_ok() {
            return Ok(());
        }
        Err(format!("metrics.listen: {:?} is no address and port, such as \"127.0.0.1:9464\"", self.listen))
    }
}

/// What is told now.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// `None`: healthy; else why not.
    pub trouble: Option<String>,
    /// Metric with labels, and its value: `uketsuke_mails{outcome="held"}` → 3.
    pub values: BTreeMap<String, i64>,
}

impl Reading {
    fn text(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.values {
            text += &format!("{name} {value}\n");
        }
        text
    }
}

/// Answers requests until it is dropped; `read` is asked anew for each. A connection that says nothing keeps nobody
/// waiting.
pub async fn serve<F: Future<Output = Reading> + Send>(listener: TcpListener, read: impl Fn() -> F) {
    let mut connections = FuturesUnordered::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => connections.push(timeout(PATIENCE, answer(stream, &read))),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
            Some(answered) = connections.next() => if answered.is_err() {
                tracing::debug!("a metrics request was not finished in time");
            },
        }
    }
}

async fn answer<F: Future<Output = Reading> + Send>(mut stream: TcpStream, read: &impl Fn() -> F) {
    let mut request = vec![0; REQUEST_BYTES];
    let Ok(length) = stream.read(&mut request).await else { return };
    let reading = read().await;
    let line = String::from_utf8_lossy(request.get(..length).unwrap_or_default()).into_owned();
    let path = line.split_whitespace().nth(1).unwrap_or_default();
    let (status, body) = match (path, &reading.trouble) {
        ("/metrics", _) => ("200 OK", reading.text()),
        ("/health", None) => ("200 OK", "ok\n".to_string()),
        ("/health", Some(trouble)) => ("503 Service Unavailable", format!("{trouble}\n")),
        _ => ("404 Not Found", "try /metrics or /health\n".to_string()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // A client that went away wants no answer.
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}
