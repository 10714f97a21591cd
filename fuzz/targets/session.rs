//! See `anser_fuzz::session`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| anser_fuzz::session::run(data));
