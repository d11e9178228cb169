//! How far a long piece of work has come: one line on the terminal, from its second second on. Never in a pipe, with
//! `-q` or for scripts; without colour.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::Context;
use crate::daemon::progress::{Progress, View};
use crate::telemetry::terminal::LINES;

/// Work that is done sooner is not worth a line.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// Does the work; `what` names it for the person who waits (「受信」).
pub fn shown<'a, T: 'a>(
    context: &Context,
    what: &'a str,
    progress: &'a Progress,
    work: impl Future<Output = T> + 'a,
) -> impl Future<Output = T> + 'a {
    let silent = context.quiet || context.json() || !std::io::stderr().is_terminal();
    // Boxed: a whole round of the daemon is a large value to hand on.
    let work = Box::pin(work);
    async move { if silent { work.await } else { watched(what, progress, work).await } }
}

async fn watched<T>(what: &str, progress: &Progress, mut work: impl Future<Output = T> + Unpin) -> T {
    let started = Instant::now();
    let mut ticks = tokio::time::interval(TICK);
    let mut line: Option<ProgressBar> = None;
    let answer = loop {
        tokio::select! {
            answer = &mut work => break answer,
            _ = ticks.tick() => {
                if started.elapsed() >= PATIENCE {
                    draw(line.get_or_insert_with(|| begin(started)), what, progress.view(), started.elapsed());
                }
            }
        }
    };
    if let Some(line) = line {
        line.finish_and_clear();
        LINES.remove(&line);
    }
    answer
}

fn begin(started: Instant) -> ProgressBar {
    LINES.add(ProgressBar::no_length().with_elapsed(started.elapsed()))
}

fn draw(line: &ProgressBar, what: &str, view: View, elapsed: Duration) {
    let sent = if view.sent > 0 { format!("　送信 {}通", view.sent) } else { String::new() };
    line.set_message(format!("{what}{sent}"));
    line.set_prefix(left(view, elapsed));
    if view.expected == 0 {
        line.set_style(style("{spinner} {msg}　{elapsed}"));
    } else {
        line.set_style(style("{msg} [{bar:30}] {pos}/{len}　経過 {elapsed}{prefix}"));
        line.set_length(view.expected.max(view.done));
        line.set_position(view.done);
    }
    line.tick();
}

/// 「　残り約 12秒」, by the pace so far; empty while there is none.
fn left(view: View, elapsed: Duration) -> String {
    if view.done == 0 || view.done >= view.expected {
        return String::new();
    }
    let seconds = elapsed.as_secs_f64() * (view.expected - view.done) as f64 / view.done as f64;
    let seconds = seconds.ceil() as u64;
    if seconds < 120 {
        format!("　残り約 {seconds}秒")
    } else {
        format!("　残り約 {}分", seconds.div_ceil(60))
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_follows_the_pace() {
        for (done, seconds, expected) in [
            (0, 1, ""),
            (50, 1, "　残り約 3秒"),
            (100, 10, "　残り約 10秒"),
            (10, 10, "　残り約 4分"),
            (200, 10, ""),
            (201, 10, ""),
        ] {
            let view = View { expected: 200, done, sent: 0 };
            assert_eq!(left(view, Duration::from_secs(seconds)), expected, "{done}");
        }
    }
}
