//! The breaker, over the binary and a real SMTP conversation with a server that turns letters away.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use support::{DeskFolder, Post, form, pairs};

/// A server that answers RCPT by its script, and remembers the recipients of what it took.
#[derive(Clone)]
struct Server {
    port: u16,
    /// Refusals by the start of the recipient's address.
    script: Arc<Mutex<Vec<(&'static str, &'static str)>>>,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            script: Arc::default(),
            taken: Arc::default(),
        };
        let serving = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.talk(stream.unwrap()));
            }
        });
        server
    }

    fn talk(&self, stream: TcpStream) {
        let mut out = stream.try_clone().unwrap();
        let mut say = |text: &str| out.write_all(format!("{text}\r\n").as_bytes());
        let mut to = String::new();
        let mut in_body = false;
        if say("220 stub ESMTP").is_err() {
            return;
        }
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { return };
            let answer = if in_body {
                if line != "." {
                    continue;
                }
                in_body = false;
                self.taken.lock().unwrap().push(to.clone());
                "250 2.0.0 taken".to_string()
            } else if let Some(address) = line.strip_prefix("RCPT TO:<") {
                to = address.trim_end_matches('>').to_string();
                let script = self.script.lock().unwrap();
                script
                    .iter()
                    .find(|(start, _)| to.starts_with(start))
                    .map_or("250 2.1.5 fine", |(_, answer)| *answer)
                    .to_string()
            } else if line == "DATA" {
                in_body = true;
                "354 go on".to_string()
            } else if line == "QUIT" {
                "221 bye".to_string()
            } else {
                "250 fine".to_string()
            };
            if say(&answer).is_err() {
                return;
            }
        }
    }

    fn refuse(&self, script: &[(&'static str, &'static str)]) {
        *self.script.lock().unwrap() = script.to_vec();
    }

    fn taken(&self) -> Vec<String> {
        let mut taken = self.taken.lock().unwrap().clone();
        taken.sort();
        taken
    }
}

const SPAM: &str = "550 5.7.1 rejected as spam";

/// A desk with clinics 1 to `clinics` (`clinic01@…`) that sends through the server.
fn desk(server: &Server, clinics: usize, limits: &str) -> DeskFolder {
    let mut registry =
        "会場番号,医療機関名,区,電話番号,メールアドレス,第８期接種可能上限量,利用区分\n".to_string();
    for number in 1..=clinics {
        registry.push_str(&format!(
            "{number:04},第{number}医院,南区,096-000-{number:04},clinic{number:02}@example.jp,240,yes\n"
        ));
    }
    let desk = DeskFolder::without_registry().with(&format!(
        "[outgoing]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nconnections = 1\n{limits}\n\
         [digest]\nto = [\"pt@city.example\", \"chief@city.example\"]\n",
        server.port
    ));
    desk.import(&registry);
    desk
}

/// Mail with a form from these clinics, all received at once; answers the report of `once` and its exit code.
fn take_in(desk: &mut DeskFolder, numbers: impl IntoIterator<Item = usize>, now: &str) -> (Value, i32) {
    for number in numbers {
        let bytes = form(
            1,
            &format!("{number:04}"),
            &format!("第{number}医院"),
            pairs(&[0], 9, (number % 7) as u32 + 1),
        );
        let (from, id) = (format!("clinic{number:02}@example.jp"), format!("{number}-{}", now.len()));
        let post = Post { from: &from, id: &id, files: vec![("様式１.xlsx", bytes)], ..Post::default() };
        desk.receive(now, &post.bytes());
    }
    desk.at(now);
    desk.json(&["once"])
}

fn rows(desk: &DeskFolder) -> Vec<Value> {
    desk.json(&["outbox"]).0.as_array().unwrap().clone()
}

fn count(desk: &DeskFolder, key: &str, value: &str) -> usize {
    rows(desk).iter().filter(|row| row[key] == value).count()
}

fn sound(desk: &DeskFolder) {
    let (verified, code) = desk.json(&["verify"]);
    assert_eq!((code, &verified["ok"]), (0, &true.into()), "{verified}");
}

#[test]
fn five_refusals_as_spam_stop_letters_to_clinics_until_a_person_lets_them_go_on() {
    let server = Server::start();
    server.refuse(&[("clinic", SPAM)]);
    let mut desk = desk(&server, 20, "");
    let (report, code) = take_in(&mut desk, 1..=4, "2021-10-05T10:00:00+09:00");
    assert_eq!(
        (code, &report["replies"]["failed"], &report["stopped"]),
        (0, &4.into(), &0.into()),
        "{report}"
    );
    assert_eq!(count(&desk, "kind", "alert"), 0, "four are not five");

    // The fifth trips it. Staff hear of it in the same run, once each.
    let (report, code) = take_in(&mut desk, 5..=5, "2021-10-05T10:10:00+09:00");
    assert_eq!((code, &report["stopped"]), (0, &0.into()), "nothing waits: {report}");
    assert!(report["errors"][0].as_str().unwrap().contains("outgoing.breaker_spam"), "{report}");
    assert_eq!(server.taken(), ["chief@city.example", "pt@city.example"]);

    // Mail goes on being recorded; nothing leaves for clinics, not even to a server that would take it now, and a
    // new process knows it. The digest leaves.
    server.refuse(&[]);
    let (report, code) = take_in(&mut desk, 6..=12, "2021-10-05T11:00:00+09:00");
    assert_eq!((code, &report["seen"], &report["stopped"]), (75, &7.into(), &7.into()), "{report}");
    assert_eq!(count(&desk, "state", "queued"), 7);
    assert!(rows(&desk).iter().filter(|row| row["state"] == "queued").all(|row| row["stopped"] == true));
    let (_, code) = take_in(&mut desk, 13..=13, "2021-10-06T08:20:00+09:00");
    assert_eq!(code, 75);
    assert_eq!(count(&desk, "kind", "alert"), 2, "told exactly once");
    assert_eq!(count(&desk, "kind", "digest"), 2);
    assert_eq!(server.taken().len(), 4, "alert and digest to two addresses: {:?}", server.taken());
    let digest = desk.run(&["digest", "--date", "2021-10-06"]);
    assert!(String::from_utf8_lossy(&digest.stdout).contains("医療機関への送信を停止しています"));
    let status = desk.run(&["status"]);
    assert!(String::from_utf8_lossy(&status.stdout).contains("outgoing.breaker_spam"));
    let (doctor, _) = desk.json(&["doctor"]);
    let check = doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == "breaker").unwrap();
    assert_eq!(check["ok"], false, "{doctor}");
    assert!(check["mend"].as_str().unwrap().contains("outbox resume"));
    sound(&desk);

    // Trying one again by hand does not get it past the breaker.
    let failed = rows(&desk).iter().find(|row| row["state"] == "failed").unwrap()["id"].to_string();
    let retried = desk.run(&["outbox", "retry", &failed]);
    assert!(retried.status.success(), "{}", String::from_utf8_lossy(&retried.stderr));
    desk.json(&["once"]);
    assert_eq!(server.taken().len(), 4);
    assert!(desk.run(&["outbox", "cancel", &failed]).status.success());

    // Only a person with a reason lets them go on; then everything that waited leaves, and old refusals are forgiven.
    assert_eq!(desk.run(&["outbox", "resume"]).status.code(), Some(64));
    let (resumed, code) = desk.json(&["outbox", "resume", "--reason", "送信元の登録を依頼し解除された"]);
    assert_eq!((code, &resumed["waiting"]), (0, &8.into()), "{resumed}");
    assert_eq!(
        desk.run(&["outbox", "resume", "--reason", "再"]).status.code(),
        Some(65),
        "it is not stopped"
    );
    desk.at("2021-10-06T08:30:00+09:00");
    let (report, code) = desk.json(&["once"]);
    assert_eq!((code, &report["replies"]["sent"]), (0, &8.into()), "{report}");
    server.refuse(&[("clinic", SPAM)]);
    take_in(&mut desk, 14..=17, "2021-10-06T09:00:00+09:00");
    assert_eq!(count(&desk, "kind", "alert"), 2, "four new ones are not five");
    take_in(&mut desk, 18..=18, "2021-10-06T09:10:00+09:00");
    assert_eq!(count(&desk, "kind", "alert"), 4, "a second stop is told anew");
    sound(&desk);
}

#[test]
fn more_than_the_share_of_a_whole_window_stops_them_and_less_does_not() {
    let server = Server::start();
    const UNKNOWN: &str = "550 5.1.1 user unknown";
    server.refuse(&[("clinic01", UNKNOWN), ("clinic02", UNKNOWN), ("clinic03", UNKNOWN)]);
    // 20 % of ten: two may fail, three may not.
    let mut desk = desk(&server, 30, "breaker_letters = 10\nbreaker_percent = 20");
    take_in(&mut desk, 1..=3, "2021-10-05T10:00:00+09:00");
    let (report, _) = take_in(&mut desk, 4..=9, "2021-10-05T10:10:00+09:00");
    assert!(report["errors"].as_array().unwrap().is_empty(), "nine letters are no window of ten: {report}");
    let (report, code) = take_in(&mut desk, 10..=10, "2021-10-05T10:20:00+09:00");
    assert_eq!(code, 0, "{report}");
    let told = report["errors"][0].as_str().unwrap();
    assert!(told.contains("outgoing.breaker_percent") && told.contains("10通のうち 3通"), "{told}");
    sound(&desk);

    let fine = Server::start();
    fine.refuse(&[("clinic01", UNKNOWN), ("clinic02", UNKNOWN)]);
    let mut desk = self::desk(&fine, 30, "breaker_letters = 10\nbreaker_percent = 20");
    take_in(&mut desk, 1..=20, "2021-10-05T10:00:00+09:00");
    assert_eq!(count(&desk, "kind", "alert"), 0, "two of ten are 20 %, not more");
    let off = Server::start();
    off.refuse(&[("clinic", SPAM)]);
    let mut desk = self::desk(&off, 30, "breaker_letters = 0");
    take_in(&mut desk, 1..=20, "2021-10-05T10:00:00+09:00");
    assert_eq!((count(&desk, "kind", "alert"), count(&desk, "state", "failed")), (0, 20), "switched off");
}

#[test]
fn letters_that_come_back_count_like_refused_ones() {
    let server = Server::start();
    let mut desk = desk(&server, 12, "breaker_letters = 10\nbreaker_percent = 20");
    take_in(&mut desk, 1..=12, "2021-10-05T10:00:00+09:00");
    let sent: Vec<String> =
        rows(&desk).iter().map(|row| row["message_id"].as_str().unwrap().to_string()).collect();
    for (number, id) in sent.iter().take(3).enumerate() {
        let bounce = format!(
            "Return-Path: <>\r\nFrom: MAILER-DAEMON@example.jp\r\nTo: vproject@city.kumamoto.kumamoto.jp\r\n\
             Subject: Undelivered\r\nMessage-ID: <b{number}@example.jp>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nsorry\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; example.jp\r\n\r\n\
             Final-Recipient: rfc822; clinic@example.jp\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
             --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {id}\r\n--b--\r\n"
        );
        desk.receive("2021-10-05T10:30:00+09:00", bounce.as_bytes());
    }
    desk.at("2021-10-05T10:30:00+09:00");
    let (report, code) = desk.json(&["once"]);
    assert_eq!((code, count(&desk, "state", "bounced")), (0, 3), "{report}");
    assert!(report["errors"][0].as_str().unwrap().contains("outgoing.breaker_percent"), "{report}");
    assert_eq!(count(&desk, "kind", "alert"), 2);
    sound(&desk);
}

#[test]
fn in_observe_mode_not_even_the_alert_or_the_digest_leaves() {
    let server = Server::start();
    let mut desk = desk(&server, 3, "mode = \"observe\"");
    take_in(&mut desk, 1..=3, "2021-10-05T08:20:00+09:00");
    desk.at("2021-10-06T08:20:00+09:00");
    desk.json(&["once"]);
    assert_eq!(server.taken(), [""; 0]);
    assert_eq!(rows(&desk).len(), count(&desk, "state", "held"), "{:?}", rows(&desk));
}
