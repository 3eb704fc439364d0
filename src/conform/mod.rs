//! The conformance kit: `podium conform` checks a server or a client that somebody else wrote against the contract.
//!
//! It knows what any stranger knows: an address, a token, and the protocol. One line for each check says whether it passed
//! and, if not, what was seen and what the contract says.
//! Reading order: [`Conform`], `report` (the lines), `wire` (one connection, checked frame by frame), `game` (what is
//! played, and how it was recorded), `server` (checks of a server), `client` (checks of a client, by a scripted server).

pub mod client;
pub mod game;
pub mod report;
pub mod server;
pub mod wire;

use std::net::SocketAddr;

use anyhow::{Context, bail};
use clap::Args;
use tokio::net::TcpListener;

use crate::conform::client::Pace;
use crate::conform::report::Report;
use crate::conform::server::Subject;

/// What is checked.
#[derive(Args, Clone, Debug)]
pub struct Conform {
    /// Socket of a room to check, like ws://127.0.0.1:3000/ws/KFX7QM; the kit plays its quiz, so open one for it
    #[arg(required_unless_present = "serve")]
    pub url: Option<String>,

    /// Access token of an account that hosts the room; without it only what strangers meet is checked
    #[arg(long, value_name = "TOKEN")]
    pub token: Option<String>,

    /// Access token of another account of the organisation, which plays
    #[arg(long, value_name = "TOKEN", requires = "token")]
    pub player_token: Option<String>,

    /// Play the server at this address and check the client that connects
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["url", "token", "player_token"])]
    pub serve: Option<SocketAddr>,
}

/// Checks, and prints a line for each check.
///
/// # Errors
/// When a check failed, or the address is none.
pub async fn run(conform: Conform) -> anyhow::Result<()> {
    let report = match (conform.serve, conform.url) {
        (Some(address), _) => serve(address).await?,
        (None, Some(url)) => {
            let subject = Subject::parse(&url, conform.token, conform.player_token)?;
            server::check(&subject).await
        }
        (None, None) => bail!("name a socket to check, like ws://127.0.0.1:3000/ws/KFX7QM, or --serve"),
    };
    println!("{report}");
    match report.failed() {
        0 => Ok(()),
        1 => bail!("1 check failed"),
        failed => bail!("{failed} checks failed"),
    }
}

async fn serve(address: SocketAddr) -> anyhow::Result<Report> {
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr().context("the listening socket has no address")?;
    println!("Let your client join as a player at ws://{address}/ws/KFX7QM");
    Ok(client::check(&listener, Pace::default()).await)
}
