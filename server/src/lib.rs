//! The Anser server: a self-hostable instant-messaging server for the public RongCloud 2.x protocol.
//!
//! ```text
//! navi.rs   where to connect, what is supported        http.rs   which path goes where, CORS
//! exist.rs  whether unread messages wait
//! gateway/  one connection = one task                  api/      server-to-server REST
//!      \       |                                          /
//!       service/   rules of messages, queries, tokens, limits
//!        |             |
//!      store/        bus/     what lasts (SQLite)  |  the doorbell between gateways
//! ```
//!
//! Arrows point down. A message goes gateway -> service -> store, is acknowledged after its transaction is
//! durable, and the store's committer rings the bus, whose subscribers are the gateways. Whoever starts a
//! server uses [`Server::start`]; it also runs inside a test's process.

mod api;
pub mod bus;
pub mod clock;
pub mod config;
mod exist;
mod gateway;
mod http;
mod navi;
mod server;
mod service;
#[cfg(feature = "sim")]
pub mod sim;
pub mod store;

pub use clock::Clock;
pub use config::{Config, ConfigError, RateLimit};
pub use server::{Metrics, Parts, Running, Server, StartError};
