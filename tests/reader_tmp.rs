mod reader_fixtures;
use calamine::Reader as _;
use std::time::Instant;
use uketsuke::inbound::attachment::FileKind;
use uketsuke::limits::Limits;
#[test]
fn speed() {
    let bytes = reader_fixtures::form(119);
    let limits = Limits::default();
    println!("{} bytes", bytes.len());
    let n = 300;
    let (mut ours, mut theirs, mut one) = (0.0f64, 0.0f64, 0.0f64);
    for _ in 0..n {
        let t = Instant::now();
        let w = uketsuke::inspection::workbook::read(&bytes, FileKind::Xlsx, &limits).unwrap();
        ours += t.elapsed().as_secs_f64();
        std::hint::black_box(w);
        let t = Instant::now();
        let mut x: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(&bytes[..])).unwrap();
        for name in x.sheet_names() {
            std::hint::black_box(x.worksheet_range(&name).unwrap());
        }
        theirs += t.elapsed().as_secs_f64();
        let t = Instant::now();
        let mut x: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(&bytes[..])).unwrap();
        let name = x.sheet_names()[0].clone();
        std::hint::black_box(x.worksheet_range(&name).unwrap());
        one += t.elapsed().as_secs_f64();
    }
    println!(
        "ours {:.3} ms, calamine all sheets {:.3} ms, first sheet {:.3} ms",
        ours / n as f64 * 1e3,
        theirs / n as f64 * 1e3,
        one / n as f64 * 1e3
    );
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pool_speed() {
    use uketsuke::inspection::reader::Readers;
    let bytes = std::sync::Arc::new(reader_fixtures::form(119));
    for (children, mails) in [(1u64, 50u64), (1, 1000), (2, 50)] {
        let r = Readers::new(
            &Limits { children, child_mails: mails, ..Limits::default() },
            env!("CARGO_BIN_EXE_uketsuke").into(),
        );
        r.dissect_file("a.xlsx", &bytes).await.unwrap();
        let t = Instant::now();
        let n = 1000;
        let tasks: Vec<_> = (0..children)
            .map(|_| {
                let r = r.clone();
                let b = bytes.clone();
                tokio::spawn(async move {
                    for _ in 0..n / children {
                        r.dissect_file("a.xlsx", &b).await.unwrap();
                    }
                })
            })
            .collect();
        for t in tasks {
            t.await.unwrap();
        }
        let e = t.elapsed().as_secs_f64();
        println!("children {children} mails {mails}: {:.0}/s", n as f64 / e);
    }
}
