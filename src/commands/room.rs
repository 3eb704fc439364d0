//! Rooms from the command line. A server that runs on the same folder adopts the room within a second; one that does not
//! run yet brings it back when it starts.

use std::net::SocketAddr;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::commands::org::Whose;
use crate::commands::output::Output;
use crate::commands::quiz::find;
use crate::domain::ids::QuizId;
use crate::room::Room;
use crate::server::clock::Clock;
use crate::server::config::{Place, PublicUrl};
use crate::server::live::rooms::opening::Opening;
use crate::server::store::Store;

/// What can be done with rooms.
#[derive(Debug, Subcommand)]
pub enum RoomCommand {
    /// Open a room from a quiz, and print its code and its links
    Open(Open),
}

/// A room that opens.
#[derive(Args, Debug)]
pub struct Open {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// Whose quiz it is
    #[command(flatten)]
    pub whose: Whose,
    /// Id of the quiz
    pub quiz: QuizId,
    /// Where people reach the server
    #[command(flatten)]
    pub address: Address,
    /// For whom the result is printed
    #[command(flatten)]
    pub output: Output,
}

/// Where people reach the server, for links that are printed.
#[derive(Args, Clone, Debug)]
pub struct Address {
    /// Address under which people reach the server
    #[arg(long, env = "PODIUM_PUBLIC_URL", value_name = "URL", value_parser = PublicUrl::parse)]
    pub public_url: Option<PublicUrl>,
    /// Address and port that the server listens on; links lead there if it has no public address
    #[arg(long, env = "PODIUM_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
}

impl Address {
    /// The whole address of one of our own paths.
    pub fn of(&self, path: &str) -> String {
        match &self.public_url {
            Some(url) => url.address(path),
            None => format!("http://{}{path}", self.listen),
        }
    }
}

impl RoomCommand {
    /// Does it, and says what was done.
    ///
    /// # Errors
    /// One line that says how to mend it; nothing was opened.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Open(open) => open.run().await,
        }
    }
}

impl Open {
    async fn run(self) -> anyhow::Result<()> {
        let store = Store::open_beside(&self.place.data_dir).await?;
        let opened = self.open(&store).await;
        store.close().await;
        let room = opened?;
        let (session, code) = (room.session(), room.code());
        let (join_url, host_url) =
            (self.address.of(&format!("/join/{code}")), self.address.of(&format!("/host/{code}")));
        let stage_url = self.address.of(&format!("/stage/{code}"));
        let words = format!("Room {code} is open.\nJoin:  {join_url}\nHost:  {host_url}\nStage: {stage_url}");
        let json = json!({
            "session": session, "code": code.as_str(), "join_url": join_url, "host_url": host_url, "stage_url": stage_url,
        });
        self.output.print(&words, &json);
        Ok(())
    }

    /// Opens the room; also for tests, which do not read what is printed.
    ///
    /// # Errors
    /// As [`RoomCommand::run`].
    pub async fn open(&self, store: &Store) -> anyhow::Result<Room> {
        let (organisation, quiz) = find(store, self.whose, self.quiz).await?;
        let clock = Clock::start(store.last_at_ms().await?);
        let opening = Opening { organisation, admin: None, quiz_id: self.quiz, quiz };
        opening.beside(store, clock.now()).await.context("no room was opened")
    }
}
