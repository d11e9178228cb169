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
