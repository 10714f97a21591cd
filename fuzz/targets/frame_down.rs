//! See `anser_fuzz::frame_down`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| anser_fuzz::frame_down::run(data));
