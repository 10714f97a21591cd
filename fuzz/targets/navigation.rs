//! See `anser_fuzz::navigation`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| anser_fuzz::navigation::run(data));
