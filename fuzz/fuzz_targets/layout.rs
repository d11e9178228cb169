#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| uketsuke_fuzz::targets::run("layout", data));
