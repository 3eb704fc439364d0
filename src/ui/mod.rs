//! What people see: the document's shell, its pages and their parts.
//!
//! Everything here runs twice, on the server and in the browser, and writes the same HTML both times. It never touches
//! the store, a socket or the clock. Reading order: `shell`, `app`, `pages`, `live`.

pub mod address;
pub mod app;
pub mod bundles;
pub mod components;
pub mod focus;
pub mod live;
pub mod pages;
pub mod refresh;
pub mod response;
pub mod shell;
pub mod words;
