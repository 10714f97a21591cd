//! Anser: a native instant-messaging client core for the public RongCloud 2.x protocol.

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "client")]
pub mod clock;
#[cfg(feature = "client")]
pub mod ffi;
// Public for what drives it; see the module.
#[cfg(feature = "kill-points")]
pub mod kill;
#[cfg(all(feature = "client", not(feature = "kill-points")))]
mod kill;
#[cfg(feature = "protocol")]
pub mod model;
#[cfg(feature = "client")]
mod runtime;
#[cfg(feature = "client")]
pub mod session;
#[cfg(feature = "client")]
pub mod store;
#[cfg(feature = "client")]
pub mod timing;
#[cfg(feature = "client")]
pub mod transport;
#[cfg(feature = "protocol")]
pub mod wire;

#[cfg(feature = "client")]
uniffi::setup_scaffolding!();
