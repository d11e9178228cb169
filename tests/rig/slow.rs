//! An SMTP server that takes its time after the dot, and counts what it has acknowledged.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A server at work.
pub struct SlowSmtp {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    delay: Duration,
    /// Bodies that were read to their dot.
    read: usize,
    /// Message-IDs, as they were acknowledged.
    taken: Vec<String>,
}

impl SlowSmtp {
    pub fn start(delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { delay, ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { port, state }
    }

    pub fn set_delay(&self, delay: Duration) {
        self.state.lock().unwrap().delay = delay;
    }

    pub fn taken(&self) -> Vec<String> {
        self.state.lock().unwrap().taken.clone()
    }

    /// Waits until so many bodies have been read, acknowledged or not.
    pub fn wait_for_bodies(&self, count: usize) {
        self.wait(count, |state| state.read);
    }

    pub fn wait_for_taken(&self, count: usize) {
        self.wait(count, |state| state.taken.len());
    }

    fn wait(&self, count: usize, of: impl Fn(&State) -> usize) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while of(&self.state.lock().unwrap()) < count {
            assert!(Instant::now() < deadline, "{} of {count} came", of(&self.state.lock().unwrap()));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    stream.write_all(b"220 slow\r\n").ok()?;
    loop {
        let line = read(&mut reader)?;
        let answer = match line.split([' ', ':']).next().unwrap_or_default().to_uppercase().as_str() {
            "EHLO" => "250-slow\r\n250 PIPELINING\r\n",
            "DATA" => "354 go on\r\n",
            "QUIT" => "221 bye\r\n",
            _ => "250 ok\r\n",
        };
        stream.write_all(answer.as_bytes()).ok()?;
        if !answer.starts_with("354") {
            continue;
        }
        let mut id = String::new();
        loop {
            let line = read(&mut reader)?;
            if line == "." {
                break;
            }
            if line.to_lowercase().starts_with("message-id:") && id.is_empty() {
                id = line.split_once(':').unwrap_or_default().1.trim().to_string();
            }
        }
        let delay = {
            let mut state = state.lock().unwrap();
            state.read += 1;
            state.delay
        };
        std::thread::sleep(delay);
        // Taken, whether or not anyone is there to hear of it.
        state.lock().unwrap().taken.push(id);
        stream.write_all(b"250 2.0.0 queued\r\n").ok()?;
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    Some(line.trim_end_matches(['\r', '\n']).to_owned())
}
