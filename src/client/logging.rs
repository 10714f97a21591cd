//! The log facade's lines on their way to hosts. One logger per process fans out to the clients that
//! have a log listener; a Rust program that installed a logger of its own keeps it.

use std::sync::{Mutex, Once, PoisonError};

use log::{Level, LevelFilter, Log, Metadata, Record};

use super::delivery::{Delivery, HostEvent};
use super::listeners::LogLevel;

static RECEIVERS: Mutex<Vec<(u64, Delivery)>> = Mutex::new(Vec::new());
static INSTALL: Once = Once::new();

/// Sends lines of this library to `delivery` until [`remove`].
pub(super) fn add(client: u64, delivery: &Delivery) {
    INSTALL.call_once(|| {
        if log::set_logger(&FanOut).is_ok() {
            log::set_max_level(LevelFilter::Debug);
        }
    });
    let mut receivers = RECEIVERS.lock().unwrap_or_else(PoisonError::into_inner);
    if receivers.iter().all(|(known, _)| *known != client) {
        receivers.push((client, delivery.clone()));
    }
}

/// Stops sending to this client.
pub(super) fn remove(client: u64) {
    RECEIVERS.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _)| *known != client);
}

struct FanOut;

impl Log for FanOut {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Lines of the libraries below may hold URLs, and with them tokens.
        metadata.target().starts_with("anser") && metadata.level() <= Level::Debug
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let level = match record.level() {
            Level::Error => LogLevel::Error,
            Level::Warn => LogLevel::Warn,
            Level::Info => LogLevel::Info,
            Level::Debug | Level::Trace => LogLevel::Debug,
        };
        let receivers = RECEIVERS.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (_, delivery) in receivers {
            delivery.tell(HostEvent::Log(level, record.target().to_owned(), record.args().to_string()));
        }
    }

    fn flush(&self) {}
}
