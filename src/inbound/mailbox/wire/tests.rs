//! The wire against a peer that sends chosen bytes in chosen slices.

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::*;

const SOON: Duration = Duration::from_millis(500);

/// What comes out of a wire when `sent` comes in, `slice` bytes at a time, and then the end of the stream.
async fn through(sent: &[u8], slice: usize) -> io::Result<Vec<u8>> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let sent = sent.to_vec();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        for part in sent.chunks(slice) {
            if stream.write_all(part).await.is_err() {
                return;
            }
        }
    });
    let stream = TcpStream::connect(address).await.unwrap();
    let mut wire = Wire::new(Stream::Plain(stream), 1_000_000, SOON * 10);
    let mut received = Vec::new();
    let result = wire.read_to_end(&mut received).await;
    server.await.unwrap();
    result.map(|_| received)
}

async fn check(sent: &str, expected: &str) {
    for slice in [1, 7, 100_000] {
        let received = through(sent.as_bytes(), slice).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&received), expected, "slices of {slice}");
    }
}

#[tokio::test]
async fn ordinary_responses_pass_as_they_are() {
    for text in [
        "* OK ready\r\n",
        "* 1 FETCH (UID 5 BODY[] {9}\r\n* BYE}\r\n) FLAGS ())\r\nA1 OK done\r\n",
        "* 1 FETCH (UID 5 BODY[] {0}\r\n)\r\n",
        "* OK a text that ends in {5}\r\nA1 NO also {7}\r\n+ go on {3}\r\n",
        "* LIST () \"/\" {3}\r\na\nb\r\n",
    ] {
        check(text, text).await;
    }
}

#[tokio::test]
async fn f40_unknown_and_unfit_lines() {
    check("* ENABLED X\r\n* 3 VANISHED\r\n* 3 EXISTS\r\n", "* 3 EXISTS\r\n").await;
    check("* METADATA \"\" (x {4}\r\n* OK y {2}\r\nzz)\r\n* 3 EXISTS\r\n", "* 3 EXISTS\r\n").await;
    check("* OK bare\nA1 OK\n", "* OK bare\r\nA1 OK\r\n").await;
    check("* OK [ALERT]容量\0超過\r\n", "* OK [ALERT] 容量?超過\r\n").await;
    check("* CAPABILITY IMAP4rev2 IDLE\r\n", "* CAPABILITY IMAP4rev1 IMAP4rev2 IDLE\r\n").await;
    check("* 1 FETCH (InternalDate NIL UID 1)\r\n", "* 1 FETCH (InternalDate \"\" UID 1)\r\n").await;
    check("* capability imap4REV1\r\n", "* capability imap4REV1\r\n").await;
}

#[tokio::test]
async fn long_search_answer_is_cut_between_numbers() {
    let uids: Vec<String> = (1_000_000..1_040_000).map(|uid| uid.to_string()).collect();
    let sent = format!("* SEARCH {}\r\n* 1 EXISTS\r\n", uids.join(" "));
    for slice in [1_000, 100_000] {
        let received = String::from_utf8(through(sent.as_bytes(), slice).await.unwrap()).unwrap();
        let lines: Vec<&str> = received.split_terminator("\r\n").collect();
        let (last, searches) = lines.split_last().unwrap();
        assert_eq!(*last, "* 1 EXISTS");
        assert!(searches.len() > 10 && searches.iter().all(|line| line.len() <= LINE));
        let numbers: Vec<&str> = searches
            .iter()
            .flat_map(|line| line.strip_prefix("* SEARCH").unwrap().split_ascii_whitespace())
            .collect();
        assert_eq!(numbers, uids, "slices of {slice}");
    }
}

#[tokio::test]
async fn f39_endless_line_and_giant_literal() {
    let refused = |error: io::Error| assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
    refused(through(&b"x".repeat(200_000), 100_000).await.unwrap_err());
    refused(through(b"* 1 FETCH (UID 1 BODY[] {4294967295}\r\nx", 100).await.unwrap_err());
    refused(through(b"* 1 FETCH (UID 1 BODY[] {99999999999999999999999}\r\nx", 100).await.unwrap_err());
}

#[tokio::test]
async fn end_in_the_middle_of_a_line() {
    let error = through(b"* OK half a li", 5).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn f15_silence_ends_but_slow_progress_does_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        for byte in b"* OK slow\r\n* O" {
            tokio::time::sleep(SOON / 4).await;
            stream.write_all(&[*byte]).await.unwrap();
        }
        tokio::time::sleep(SOON * 20).await;
    });
    let stream = TcpStream::connect(address).await.unwrap();
    let mut wire = Wire::new(Stream::Plain(stream), 1_000_000, SOON);
    assert_eq!(wire.line().await.unwrap().unwrap(), b"* OK slow\r\n");
    assert_eq!(wire.line().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    server.abort();
}
