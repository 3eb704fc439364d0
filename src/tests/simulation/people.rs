//! What people do: come, open pages, tap, click, write.
//!
//! They act on what their own page shows, and now and then on nothing that could be right.

use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::client::line::Input;
use crate::domain::ids::{SeatId, TurnNo};
use crate::domain::name::Nickname;
use crate::domain::question::Choice;
use crate::domain::time::Timestamp;
use crate::protocol::command::{Answer, Command, Draft, HostCommand, Switch, UserTyping};
use crate::protocol::frame;
use crate::protocol::view::{Audience, Phase};
use crate::server::live::keeper::Ask;
use crate::tests::simulation::browser::{Browser, Page, Role, State, View};
use crate::tests::simulation::ledger;
use crate::tests::simulation::world::{ROOMS, World};

/// People who may come, so that a run stays small.
const BROWSERS_MAX: usize = 16;

impl World {
    /// Somebody without a page opens one.
    pub(super) fn visit(&mut self, room: usize, role: Role) {
        let number = self.browsers.len();
        self.browsers.push(Browser::new(number, room, role, State::Loading(None)));
    }

    /// Somebody new wants a seat.
    pub(super) fn knock(&mut self, room: usize) {
        let number = self.browsers.len();
        let mut browser = Browser::new(number, room, Role::Player(None), State::Gone);
        let name = Nickname::parse(&format!("Guest {number}")).expect("a good name");
        let id = browser.fresh_id();
        browser.state = State::AtDoor { name, id, reply: None };
        self.browsers.push(browser);
    }

    /// Whoever waits for a seat or a page looks whether it is there, or asks for it.
    pub(super) fn wait(&mut self, number: usize) {
        let browser = &mut self.browsers[number];
        let (room, role) = (browser.room, browser.role);
        let inbox = &self.house.desks[room].inbox;
        match &mut browser.state {
            State::AtDoor { name, id, reply: reply @ None } => {
                let (tell, told) = oneshot::channel();
                if inbox.try_send(Ask::TakeSeat { name: name.clone(), id: id.clone(), reply: tell }).is_ok() {
                    *reply = Some(told);
                }
            }
            State::AtDoor { id, reply: Some(told), .. } => match told.try_recv() {
                Ok(Ok(seat)) => {
                    let is_taken = self.disk.seat(room, seat).0 && self.disk.knows(room, id);
                    assert!(is_taken, "law 6: a seat is given once it is stored: {seat:?}");
                    browser.role = Role::Player(Some(seat));
                    browser.state = State::Loading(None);
                }
                Ok(Err(refusal)) if refusal.is_recoverable() => self.ask_again(number),
                Ok(Err(_)) => browser.state = State::Gone,
                Err(TryRecvError::Closed) => self.ask_again(number),
                Err(TryRecvError::Empty) => {}
            },
            State::Loading(slot @ None) => {
                let page = Arc::new(Mutex::new(None));
                let put = Arc::clone(&page);
                let look = Ask::Look(Box::new(move |room, channel| {
                    let audience = match role {
                        Role::Host => Audience::Host,
                        Role::Stage => Audience::Stage,
                        Role::Player(_) => Audience::Players,
                    };
                    let position = channel.with(audience, |feed| feed.position());
                    let view = match role {
                        Role::Host => Some(View::Host(room.host_view())),
                        Role::Stage => Some(View::Stage(room.stage_view())),
                        Role::Player(seat) => seat.and_then(|seat| room.player_view(seat)).map(View::Player),
                    };
                    let page: Page = view.map(|view| (view, position));
                    *put.lock().expect("nobody else") = Some(page);
                }));
                if inbox.try_send(look).is_ok() {
                    *slot = Some(page);
                }
            }
            State::Loading(Some(slot)) => {
                let page = slot.lock().expect("nobody else").take();
                match page {
                    None => {}
                    Some(None) => browser.state = State::Gone,
                    Some(Some((view, position))) => {
                        ledger::check_deadline(&view.show().scene, room, &self.disk);
                        browser.open(view, position);
                        self.give(number, Input::Start);
                    }
                }
            }
            State::Open(_) | State::Gone => {}
        }
    }

    pub(super) fn ask_again(&mut self, number: usize) {
        if let State::AtDoor { reply, .. } = &mut self.browsers[number].state {
            *reply = None;
        }
    }

    pub(super) fn reload(&mut self, number: usize) {
        self.hang_up(number);
        let browser = &mut self.browsers[number];
        // What a page had asked ends with the page; answers go on.
        browser.asked.retain(|_, (command, ends)| *ends == 0 && matches!(command, Command::Answer(_)));
        browser.state = State::Loading(None);
    }

    pub(super) fn somebody_comes(&mut self) {
        if self.browsers.len() >= BROWSERS_MAX {
            return;
        }
        let room = self.chance.below(ROOMS);
        if self.chance.one_in(2) {
            return self.knock(room);
        }
        // A second device.
        let number = self.chance.below(self.browsers.len());
        let Browser { room, role, .. } = self.browsers[number];
        if role != Role::Player(None) {
            self.visit(room, role);
        }
    }

    pub(super) fn somebody_acts(&mut self) {
        let number = self.chance.below(self.browsers.len());
        let browser = &self.browsers[number];
        let Some(show) = browser.show() else { return };
        let (step, phase, turn) = (show.step, show.scene.phase(), show.scene.turn());
        let command = match browser.role {
            Role::Host => self.a_click(step, phase),
            Role::Player(_) | Role::Stage => self.a_tap(phase, turn),
        };
        if let Some(command) = command {
            self.ask(number, command);
        }
    }

    pub(super) fn a_click(&mut self, step: u32, phase: Phase) -> Option<Command> {
        let seat = SeatId(1 + u32::try_from(self.chance.below(5)).expect("small"));
        let command = match (self.chance.below(60), phase) {
            (0, _) => HostCommand::Lock,
            (1, _) => HostCommand::Unlock,
            (2, _) => HostCommand::Remove { seat },
            (3, _) => HostCommand::Block { seat },
            (30, _) => HostCommand::Chat { switch: Switch::On },
            (31, _) => HostCommand::Chat { switch: Switch::Off },
            (32, _) => HostCommand::ChatHistory { switch: Switch::On },
            (33, _) => HostCommand::ChatHistory { switch: Switch::Off },
            (34, _) => return Some(a_word()),
            (4, Phase::Reading | Phase::Answering) => HostCommand::Skip { step },
            (5, Phase::Reveal | Phase::Standings) => HostCommand::End { step },
            (6..8, _) => HostCommand::Next { step: step + 1 },
            (8..16, Phase::Answering) => HostCommand::Close { step },
            (16..30, Phase::Podium) => return None,
            (_, Phase::Lobby | Phase::Reveal | Phase::Standings | Phase::Podium) => HostCommand::Next { step },
            (_, Phase::Reading | Phase::Answering | Phase::Closed) => return None,
        };
        Some(Command::Host(command))
    }

    pub(super) fn a_tap(&mut self, phase: Phase, turn: Option<TurnNo>) -> Option<Command> {
        let place = u8::try_from(self.chance.below(4)).expect("small");
        let turn = turn.unwrap_or(TurnNo(1));
        let turn = match self.chance.below(12) {
            0 => TurnNo(turn.0 + 1),
            1 => TurnNo(turn.0.saturating_sub(1)),
            2 => return Some(Command::Host(HostCommand::Unlock)),
            3 => return Some(a_word()),
            4 => return Some(Command::UserTyping(UserTyping { is_typing: place > 0 })),
            _ if phase == Phase::Answering || self.chance.one_in(4) => turn,
            _ => return None,
        };
        Some(Command::Answer(Answer { turn, choice: Choice::of(&[place]).expect("a place") }))
    }

    pub(super) fn ask(&mut self, number: usize, command: Command) {
        let id = self.browsers[number].fresh_id();
        if let Command::UserTyping(_) = command {
            // Nobody answers it.
            return self.put_up(number, frame::command(&command, Timestamp(0), None));
        }
        self.browsers[number].asked.insert(id.clone(), (command.clone(), 0));
        self.give(number, Input::Ask(id, command));
    }
}

fn a_word() -> Command {
    Command::Chat(Draft { text: "Hello".to_owned() })
}
