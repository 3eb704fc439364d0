//! What the host has asked for and not yet seen happen: why a button shows that it was pressed, and acts once.
//!
//! A command is settled when the view shows its effect, not when the server says "done": between the two a second press
//! would be made for the old step. It knows nothing of links; the page hands it the state of each command.

use leptos::prelude::*;

use crate::domain::ids::{MessageId, SeatId};
use crate::protocol::command::{HostCommand, Switch};
use crate::protocol::view::HostView;
use crate::ui::live::AskState;

/// Commands of one lane wait for each other; those of different lanes do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    Step,
    Lock,
    Seat(SeatId),
    Chat,
    ChatHistory,
    Message(MessageId),
}

/// The lane of a command.
fn lane(command: HostCommand) -> Lane {
    match command {
        HostCommand::Next { .. } | HostCommand::Close { .. } | HostCommand::Skip { .. } | HostCommand::End { .. } => {
            Lane::Step
        }
        HostCommand::Lock | HostCommand::Unlock => Lane::Lock,
        HostCommand::Remove { seat } | HostCommand::Block { seat } => Lane::Seat(seat),
        HostCommand::Chat { .. } => Lane::Chat,
        HostCommand::ChatHistory { .. } => Lane::ChatHistory,
        HostCommand::RemoveMessage { message } => Lane::Message(message),
    }
}

/// Whether the view shows what a command asked for, or something that makes it pointless.
fn is_seen(command: HostCommand, view: &HostView) -> bool {
    match command {
        HostCommand::Next { step }
        | HostCommand::Close { step }
        | HostCommand::Skip { step }
        | HostCommand::End { step } => view.show.step != step,
        HostCommand::Lock => view.show.locked,
        HostCommand::Unlock => !view.show.locked,
        HostCommand::Remove { seat } | HostCommand::Block { seat } => {
            view.people.binary_search_by_key(&seat, |person| person.seat).is_err()
        }
        HostCommand::Chat { switch: Switch::On } => view.chat.is_open,
        HostCommand::Chat { switch: Switch::Off } => !view.chat.is_open,
        HostCommand::ChatHistory { switch: Switch::On } => view.chat.kept_until.is_some(),
        HostCommand::ChatHistory { switch: Switch::Off } => view.chat.kept_until.is_none(),
        HostCommand::RemoveMessage { message } => {
            !view.chat.messages.iter().any(|known| known.message_id == message && known.text.is_some())
        }
    }
}

/// Whether nothing more is to come of a command.
fn is_settled(command: HostCommand, state: &AskState, view: &HostView) -> bool {
    match state {
        AskState::Refused(_) => true,
        AskState::Idle | AskState::Sent | AskState::Done => is_seen(command, view),
    }
}

/// One command and what became of it.
#[derive(Clone, Copy)]
struct Ask {
    command: HostCommand,
    state: Signal<AskState>,
}

/// The commands of a host's page.
#[derive(Clone, Copy)]
pub struct Asks {
    view: Signal<HostView>,
    asks: RwSignal<Vec<Ask>>,
    send: Callback<HostCommand, Signal<AskState>>,
}

impl Asks {
    /// No command yet. `send` sends one and says what becomes of it.
    pub fn new(view: Signal<HostView>, send: Callback<HostCommand, Signal<AskState>>) -> Self {
        Self { view, asks: RwSignal::new(Vec::new()), send }
    }

    /// Sends a command, unless one of the same lane is on its way.
    pub fn ask(self, command: HostCommand) {
        let mut open: Vec<Ask> = self.asks.get_untracked();
        self.view.with_untracked(|view| {
            open.retain(|ask| ask.state.with_untracked(|state| !is_settled(ask.command, state, view)));
        });
        if !open.iter().any(|ask| lane(ask.command) == lane(command)) {
            open.push(Ask { command, state: self.send.run(command) });
            self.asks.set(open);
        }
    }

    /// Whether a command like this is on its way, or one that this has to wait for.
    pub fn is_waiting(self, command: HostCommand) -> bool {
        self.find(|ask, view| {
            (lane(ask.command) == lane(command) && ask.state.with(|state| !is_settled(ask.command, state, view)))
                .then_some(())
        })
        .is_some()
    }

    /// Whether exactly this command is on its way.
    pub fn is_asked(self, command: HostCommand) -> bool {
        self.find(|ask, view| {
            (ask.command == command && ask.state.with(|state| !is_settled(command, state, view))).then_some(())
        })
        .is_some()
    }

    /// Why the last refused command changed nothing, until the next one is asked.
    pub fn refusal(self) -> Option<String> {
        self.find(|ask, _| match ask.state.get() {
            AskState::Refused(why) => Some(why),
            AskState::Idle | AskState::Sent | AskState::Done => None,
        })
    }

    /// The latest command of which `pick` makes something.
    fn find<T>(self, pick: impl Fn(&Ask, &HostView) -> Option<T>) -> Option<T> {
        self.view.with(|view| self.asks.with(|asks| asks.iter().rev().find_map(|ask| pick(ask, view))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::JoinCode;
    use crate::protocol::chat::Chat;
    use crate::protocol::state::{Leaderboard, Presence};
    use crate::protocol::view::{Cue, HostPerson, Scene, Show};

    fn view(step: u32, locked: bool) -> HostView {
        HostView {
            show: Show {
                title: String::new(),
                language: "en".to_owned(),
                code: JoinCode::parse("KFX7QM").expect("a good code"),
                question_count: 1,
                step,
                locked,
                scene: Scene::Lobby,
                presence: Presence::default(),
                leaderboard: Leaderboard::default(),
            },
            people: vec![HostPerson {
                seat: SeatId(2),
                name: "Ada".to_owned(),
                is_here: true,
                away_since: None,
                round_trip: None,
            }],
            chat: Chat::default(),
            cue: Cue::default(),
        }
    }

    #[test]
    fn a_command_is_settled_when_its_effect_is_seen() {
        let next = HostCommand::Next { step: 4 };
        for state in [AskState::Sent, AskState::Done] {
            assert!(!is_settled(next, &state, &view(4, false)), "{state:?}");
            assert!(is_settled(next, &state, &view(5, false)), "{state:?}");
        }
        assert!(is_settled(HostCommand::Lock, &AskState::Sent, &view(4, true)));
        assert!(is_settled(HostCommand::Remove { seat: SeatId(1) }, &AskState::Done, &view(4, false)));
        assert!(!is_settled(HostCommand::Remove { seat: SeatId(2) }, &AskState::Done, &view(4, false)));
    }

    #[test]
    fn a_refused_command_is_settled() {
        let refused = AskState::Refused("this cannot be done now".to_owned());
        assert!(is_settled(HostCommand::Skip { step: 4 }, &refused, &view(4, false)));
    }

    #[test]
    fn a_second_press_sends_nothing() {
        let owner = Owner::new();
        owner.with(|| {
            let current = RwSignal::new(view(4, false));
            let sent = RwSignal::new(Vec::new());
            let send = Callback::new(move |command| {
                sent.update(|sent: &mut Vec<HostCommand>| sent.push(command));
                Signal::stored(AskState::Sent)
            });
            let asks = Asks::new(current.into(), send);
            asks.ask(HostCommand::Next { step: 4 });
            asks.ask(HostCommand::Next { step: 4 });
            asks.ask(HostCommand::Skip { step: 4 });
            asks.ask(HostCommand::Lock);
            assert_eq!(sent.get_untracked(), [HostCommand::Next { step: 4 }, HostCommand::Lock]);
            assert!(asks.is_asked(HostCommand::Next { step: 4 }));
            assert!(asks.is_waiting(HostCommand::Skip { step: 4 }) && !asks.is_asked(HostCommand::Skip { step: 4 }));
            current.set(view(5, false));
            assert!(!asks.is_waiting(HostCommand::Next { step: 5 }));
            asks.ask(HostCommand::Next { step: 5 });
            assert_eq!(sent.get_untracked().len(), 3);
        });
    }
}
