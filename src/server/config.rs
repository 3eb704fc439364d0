//! All settings: every one a flag and a variable, with a default that works.
//!
//! The only place that reads the environment. Bad values stop the start with one line that says how to mend them.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

/// What the operator decides. Read once at the start and handed to whoever needs a part of it.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "PODIUM_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,

    /// Folder for everything Podium keeps; made when it is missing
    #[arg(long, env = "PODIUM_DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,

    /// Whether `cargo leptos watch` runs this program and its pages should reload themselves.
    #[arg(long, hide = true, env = "LEPTOS_WATCH")]
    pub watch: bool,

    /// The port of the reloading socket of `cargo leptos watch`.
    #[arg(long, hide = true, env = "LEPTOS_RELOAD_PORT", default_value_t = 3001)]
    pub reload_port: u16,
}

impl Config {
    /// The port on which pages hear that they changed; none outside `make dev`.
    pub fn reload(&self) -> Option<u16> {
        self.watch.then_some(self.reload_port)
    }
}
