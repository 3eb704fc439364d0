//! A room of the bench: its seats' links and its host's, in one generator, and where its game stands.
//!
//! It reads the host's messages with the product's own code, and of the players' only the type.

use std::ops::Range;
use std::time::Duration;

use anyhow::Result;
use podium::domain::code::JoinCode;
use podium::domain::ids::CommandId;
use podium::domain::time::Timestamp;
use podium::protocol::command::{Command, HostCommand};
use podium::protocol::frame;
use podium::protocol::message::Message;
use podium::protocol::view::Phase;

use crate::links::{Links, client_text, is};
use crate::server::Server;

/// After a link is open, presence, three pings and the states they lead to are told; then it is still.
pub const SETTLING: Duration = Duration::from_millis(3_500);

/// One room.
pub struct Room {
    /// Its code.
    pub code: JoinCode,
    /// The cookie of each seat.
    pub seats: Vec<String>,
    /// The players' links, in the order of the seats.
    pub players: Range<usize>,
    /// The host's link.
    pub host: usize,
    /// What a player was told last about the game, as it was sent.
    pub last_update: Vec<u8>,
    /// Where the game stands, as the host knows it.
    pub step: u32,
    /// See `step`.
    pub phase: Phase,
    commands: u32,
}

impl Room {
    /// Opens a room with so many seats and questions, and the host's link.
    pub fn open(server: &mut Server, links: &mut Links, seats: usize, questions: usize) -> Result<Self> {
        let code = server.open_room(questions)?;
        let cookies = server.take_seats(code, seats)?;
        let (stream, heard) = server.host_link(code)?;
        let host = links.add(stream, &heard)?;
        let players = host + 1..host + 1;
        let (step, phase, last_update) = (0, Phase::Lobby, Vec::new());
        Ok(Self { code, seats: cookies, players, host, last_update, step, phase, commands: 0 })
    }

    /// Opens links until so many seats have one. Between the first and the last call nothing else may be added to `links`.
    pub fn link_seats(&mut self, server: &Server, links: &mut Links, count: usize) -> Result<()> {
        for cookie in &self.seats[self.players.len()..count] {
            let (stream, heard) = server.player_link(self.code, cookie)?;
            let number = links.add(stream, &heard)?;
            assert_eq!(number, self.players.end, "links of a room are numbered in a row");
            self.players.end = number + 1;
            links.turn(Duration::ZERO, |_, _| {})?;
        }
        links.idle(SETTLING, |_, _| {})
    }

    /// A host's command, ready to be sent.
    pub fn command(&mut self, command: HostCommand) -> Vec<u8> {
        self.commands += 1;
        let id = CommandId::parse(&format!("bench-{}", self.commands)).expect("a short plain id");
        client_text(&frame::command(&Command::Host(command), Timestamp(0), Some(&id)))
    }

    /// So many publishes, each of them so many of the host's commands that all are told of.
    pub fn toggles(&mut self, publishes: usize, burst: usize) -> Vec<Vec<u8>> {
        let mut toggle = [HostCommand::Lock, HostCommand::Unlock].into_iter().cycle();
        let mut commands = || toggle.next().map(|command| self.command(command)).unwrap_or_default();
        (0..publishes).map(|_| (0..burst).flat_map(|_| commands()).collect()).collect()
    }

    /// Sends a host's command that leads on, and waits until all have heard so many updates of the game.
    pub fn lead(&mut self, links: &mut Links, command: HostCommand, updates: usize) -> Result<()> {
        let command = self.command(command);
        links.send(self.host, &command)?;
        self.hear_updates(links, updates)
    }

    /// Waits until host and players have heard so many updates of the game.
    pub fn hear_updates(&mut self, links: &mut Links, updates: usize) -> Result<()> {
        let (host, players) = (self.host, self.players.clone());
        let everybody = players.len() + 1;
        links.until(everybody * updates, |number, text| {
            let wanted = is(text, "session_update") && (number == host || players.contains(&number));
            if wanted && number == host {
                self.host_heard(text);
            }
            wanted
        })?;
        Ok(())
    }

    /// Takes an update that the host's link heard.
    pub fn host_heard(&mut self, text: &[u8]) {
        let message = std::str::from_utf8(text).ok().and_then(|text| frame::received(text).ok());
        if let Some(Message::SessionUpdate(update)) = message.map(|received| received.message) {
            (self.step, self.phase) = (update.step, update.state);
        }
    }
}
