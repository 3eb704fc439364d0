//! The machine room: everything that touches disk, network, clock and secrets.
//!
//! It never imports `ui`; `serve.rs` puts the two together. Reading order: `config`, `headers`, `assets`.

pub mod assets;
pub mod config;
pub mod headers;
pub mod samples;
