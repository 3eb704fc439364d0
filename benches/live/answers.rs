//! Everybody answers at once: how many answers a second are on disk and acknowledged, next to a bare insert of the same rows.
//!
//! One turn is one sample: from the first answer's sending to the last acknowledgement's reading. The floor then inserts
//! the same number of rows in batches of the sizes that the server was seen to commit.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use podium::domain::ids::{CommandId, TurnNo};
use podium::domain::question::Choice;
use podium::domain::time::Timestamp;
use podium::protocol::command::{Answer, Command, HostCommand};
use podium::protocol::frame;
use podium::protocol::view::Phase;

use crate::figures::{Figure, Series, ms};
use crate::floor::Floor;
use crate::links::{Links, client_text, is};
use crate::room::Room;
use crate::rows::Reader;
use crate::server::Server;

/// Answers that are sent before acknowledgements are read, so that neither waits long for the other.
const STRIDE: usize = 32;
/// After a step, the states that it led to are told; then it is still.
const STILL: Duration = Duration::from_millis(300);

/// Whatever is waited for is there sooner, or something is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// One turn while it is answered.
pub struct Turn {
    host: usize,
    /// The link of the first seat.
    first: usize,
    /// When each seat's answer was sent.
    sent: Vec<Instant>,
    /// From each answer's sending to its acknowledgement, in milliseconds.
    waits: Vec<f64>,
    /// When the last acknowledgement was read.
    end: Instant,
    /// What the host was told when all had answered.
    close: Option<Vec<u8>>,
}

/// Plays so many turns, and checks in the end that every acknowledged answer was stored.
pub fn measure(
    server: &Server,
    floor: &mut Floor,
    links: &mut Links,
    room: &mut Room,
    turns: u32,
) -> Result<(Vec<Figure>, usize)> {
    let mut reader = Reader::open(server.folder())?;
    let (mut rate, mut bare, mut ratio) = (Series::default(), Series::default(), Series::default());
    let (mut waits, mut sizes) = (Series::default(), Series::default());
    let seats = room.players.len();
    // The host learns the step from any update.
    room.lead(links, HostCommand::Unlock, 1)?;
    for number in 1..=turns {
        room.lead(links, HostCommand::Next { step: room.step }, 1)?;
        ensure!(room.phase == Phase::Answering, "the question is open, and not {:?}", room.phase);
        links.idle(STILL, |_, _| {})?;
        let turn = answer_all(links, room, TurnNo(number))?;
        links.idle(STILL, |_, _| {})?;
        let batches = reader.batches(number)?;
        ensure!(batches.iter().sum::<usize>() == seats, "{batches:?} are not the {seats} answers");
        let floor_length = floor.insert(&batches)?;
        // The first turn only warms up.
        if number > 1 {
            let per_second = |length: Duration| seats as f64 / length.as_secs_f64();
            rate.push(per_second(turn.length()));
            bare.push(per_second(floor_length));
            ratio.push(per_second(turn.length()) / per_second(floor_length));
            turn.waits.into_iter().for_each(|wait| waits.push(wait));
            sizes.push(seats as f64 / batches.len() as f64);
        }
        room.lead(links, HostCommand::Next { step: room.step }, 1)?;
    }
    let what = format!("Durable acknowledged answers per second, {seats} seats at once");
    let figures = vec![
        Figure::plain(what, format!("{} /s", rate.spread(0)))
            .above(format!("{} /s", bare.spread(0)), &ratio)
            .aimed("≥ 0.25 ×", ratio.median() >= 0.25),
        Figure::plain(
            "The same: from sending to acknowledgement, p50 and p95",
            format!("{:.1} ms, {:.1} ms", waits.median(), waits.quantile(0.95)),
        ),
        Figure::plain("The same: answers of one commit", sizes.spread(0)),
    ];
    Ok((figures, seats * turns as usize))
}

/// Every seat answers the open question, which closes it.
pub fn answer_all(links: &mut Links, room: &mut Room, number: TurnNo) -> Result<Turn> {
    let choice = Choice::of(&[1])?;
    let frame = |seat| -> Result<Vec<u8>> {
        let id = CommandId::parse(&format!("a-{number}-{seat}"))?;
        let command = Command::Answer(Answer { turn: number, choice });
        Ok(client_text(&frame::command(&command, Timestamp(0), Some(&id))))
    };
    let frames: Vec<Vec<u8>> = (0..room.players.len()).map(frame).collect::<Result<_>>()?;

    let mut turn = Turn::new(room);
    for (seat, frame) in frames.iter().enumerate() {
        turn.sent.push(Instant::now());
        links.send(room.players.start + seat, frame)?;
        if seat % STRIDE == STRIDE - 1 {
            links.turn(Duration::ZERO, |number, text| turn.hear(number, text))?;
        }
    }
    while turn.waits.len() < frames.len() || turn.close.is_none() {
        ensure!(turn.sent[0].elapsed() < PATIENCE, "{} of {} answers acknowledged", turn.waits.len(), frames.len());
        links.turn(PATIENCE, |number, text| turn.hear(number, text))?;
    }
    // The room closes the turn by itself when all have answered.
    room.host_heard(turn.close.as_deref().unwrap_or_default());
    ensure!(room.phase == Phase::Reveal, "the turn is over, and not {:?}", room.phase);
    Ok(turn)
}

impl Turn {
    fn new(room: &Room) -> Self {
        let now = Instant::now();
        let (sent, waits, close) = (Vec::new(), Vec::new(), None);
        Self { host: room.host, first: room.players.start, sent, waits, end: now, close }
    }

    fn hear(&mut self, number: usize, text: &[u8]) {
        if is(text, "answer_taken") {
            self.end = Instant::now();
            self.waits.push(ms(self.end - self.sent[number - self.first]));
        } else if number == self.host && is(text, "session_update") {
            self.close = Some(text.to_vec());
        }
    }

    /// From the first sending to the last acknowledgement.
    fn length(&self) -> Duration {
        self.end - self.sent[0]
    }
}
