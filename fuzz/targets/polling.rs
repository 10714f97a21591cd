//! See `anser_fuzz::polling`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| anser_fuzz::polling::run(data));
