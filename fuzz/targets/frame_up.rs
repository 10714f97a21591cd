//! See `anser_fuzz::frame_up`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| anser_fuzz::frame_up::run(data));
