//! The border. Kotlin, Swift and Python reach [`crate::client`] through the UniFFI attributes on it; C
//! reaches it through [`c`]. Conversion only: no decision about messages or connections is made here.

pub mod c;
