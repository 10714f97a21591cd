//! Anser: a native instant-messaging client core for the public RongCloud 2.x protocol.
#![cfg_attr(not(feature = "client"), doc = "")]

#[cfg(feature = "protocol")]
pub mod model;
#[cfg(feature = "protocol")]
pub mod wire;

#[cfg(feature = "client")]
uniffi::setup_scaffolding!();
