//! I/O: the limited child process that takes foreign bytes apart, and the pool of them that the daemon talks to.
//!
//! Bytes from outside are parsed only in there: the daemon sees plain values. Whatever a mail does to its child
//! (death, endless work, a flood) is a value again; only a child that cannot be started is an error.

pub mod child;
pub mod dissect;
pub mod pool;
pub mod sandbox;
mod wire;

pub use pool::{Error, Readers};
pub use sandbox::Strength;
