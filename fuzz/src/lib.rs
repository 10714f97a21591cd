//! What the fuzz targets do with the bytes they get; `cargo xtask fuzz` builds and runs them. A module per target
//! with a `run` that returns for any bytes: a panic, a crash of the process and a hang are findings.
//!
//! No target opens a connection beyond loopback or writes outside its own temporary folder.

pub mod c_api;
pub mod frame_down;
pub mod frame_up;
pub mod navigation;
pub mod polling;
pub mod session;

mod bodies;
mod source;
