//! Golden vectors.
fn main() {}
