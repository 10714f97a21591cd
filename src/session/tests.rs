//! Behaviour of the whole machine, in virtual time.
