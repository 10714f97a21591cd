//! The JSON form of the same signals for HTTP long polling: [`Signal`] is what servers answer,
//! [`request`] what clients ask. Pure conversion; who polls when is the transport's matter.

pub mod request;
mod signal;

pub use signal::{Family, Signal, write_answer, write_connect_answer};
