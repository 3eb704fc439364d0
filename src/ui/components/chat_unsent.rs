//! The own messages that are not among the others yet, and what is being typed: kept while the chat is out of sight.
//!
//! A message is shown at once, and is among the others when the server told it to everybody. It knows nothing of links;
//! the page hands it what becomes of each message.

use leptos::prelude::*;

use crate::domain::chat::ChatText;
use crate::domain::ids::{MessageId, SeatId};
use crate::protocol::chat::Chat;
use crate::protocol::refusal::sentence;
use crate::ui::live::AskState;

/// A message that was sent from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// Counts what was sent from this page.
    pub no: u32,
    /// What was written.
    pub text: String,
    /// The newest message when it was sent.
    after: Option<MessageId>,
    /// What became of it.
    pub state: AskState,
}

impl Unsent {
    /// Whether it is still to be shown by itself: until it stands among the others.
    fn is_alone(&self, chat: &Chat, me: Option<SeatId>) -> bool {
        let is_it = |message: &crate::protocol::chat::ChatMessage| {
            message.user == me && self.after < Some(message.message_id) && message.text.as_ref() == Some(&self.text)
        };
        match self.state {
            AskState::Refused(_) | AskState::Idle => true,
            AskState::Done => false,
            AskState::Sent => !chat.messages.iter().any(is_it),
        }
    }
}

/// What is written on a page. Copies are the same.
#[derive(Clone, Copy)]
pub struct Writing {
    chat: Signal<Chat>,
    me: Option<SeatId>,
    /// What stands in the field.
    pub draft: RwSignal<String>,
    /// What is wrong with it.
    pub error: RwSignal<Option<String>>,
    sent: RwSignal<Vec<(Unsent, Signal<AskState>)>>,
    send: Callback<String, Signal<AskState>>,
}

impl Writing {
    /// Nothing is written yet. `me` is the seat, none for a host; `send` sends a message and says what becomes of it.
    pub fn new(chat: Signal<Chat>, me: Option<SeatId>, send: Callback<String, Signal<AskState>>) -> Self {
        let (draft, error) = (RwSignal::new(String::new()), RwSignal::new(None));
        Self { chat, me, draft, error, sent: RwSignal::new(Vec::new()), send }
    }

    /// The seat that writes; none for a host.
    pub fn me(self) -> Option<SeatId> {
        self.me
    }

    /// Sends what stands in the field, or says what is wrong with it.
    pub fn send_draft(self) {
        match ChatText::parse(&self.draft.get_untracked()) {
            Ok(text) => {
                self.error.set(None);
                self.draft.set(String::new());
                self.send(text.into());
            }
            Err(why) => self.error.set(Some(sentence(&why.to_string()))),
        }
    }

    /// Sends a refused message again.
    pub fn send_again(self, no: u32) {
        if let Some(text) = self.take(no) {
            self.send(text);
        }
    }

    /// Puts a refused message back into the field, in front of what stands there.
    pub fn take_back(self, no: u32) {
        if let Some(text) = self.take(no) {
            self.draft.update(|draft| *draft = format!("{text} {draft}").trim_end().to_owned());
        }
    }

    /// What is shown by itself, the oldest first.
    pub fn shown(self) -> Vec<Unsent> {
        self.chat.with(|chat| {
            self.sent.with(|sent| {
                let current = sent.iter().map(|(unsent, state)| Unsent { state: state.get(), ..unsent.clone() });
                current.filter(|unsent| unsent.is_alone(chat, self.me)).collect()
            })
        })
    }

    fn send(self, text: String) {
        let after = self.chat.with_untracked(|chat| chat.messages.last().map(|message| message.message_id));
        let state = self.send.run(text.clone());
        self.sent.update(|sent| {
            sent.retain(|(_, state)| state.get_untracked() != AskState::Done);
            let no = sent.last().map_or(1, |(last, _)| last.no + 1);
            sent.push((Unsent { no, text, after, state: AskState::Sent }, state));
        });
    }

    fn take(self, no: u32) -> Option<String> {
        let place = self.sent.with_untracked(|sent| sent.iter().position(|(unsent, _)| unsent.no == no))?;
        self.sent.try_update(|sent| sent.remove(place).0.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use crate::protocol::chat::{ChatEvent, ChatMessage};

    const ME: Option<SeatId> = Some(SeatId(1));

    fn message(id: u64, user: u32, text: &str) -> ChatEvent {
        ChatEvent::Chat(ChatMessage {
            message_id: MessageId(id),
            user: Some(SeatId(user)),
            name: "Ada".to_owned(),
            text: Some(text.to_owned()),
            sent_at: Timestamp(0),
            is_host: false,
        })
    }

    /// A page with what it sent, and the state of each message in the hands of the test.
    fn check(test: impl FnOnce(RwSignal<Chat>, Writing, RwSignal<Vec<RwSignal<AskState>>>)) {
        let owner = Owner::new();
        owner.with(|| {
            let chat = RwSignal::new(Chat { messages_max: 10, ..Chat::default() });
            let states = RwSignal::new(Vec::new());
            let send = Callback::new(move |_| {
                let state = RwSignal::new(AskState::Sent);
                states.update(|states| states.push(state));
                state.into()
            });
            test(chat, Writing::new(chat.into(), ME, send), states);
        });
    }

    fn write(writing: Writing, text: &str) {
        writing.draft.set(text.to_owned());
        writing.send_draft();
    }

    fn texts(writing: Writing) -> Vec<String> {
        writing.shown().into_iter().map(|unsent| unsent.text).collect()
    }

    #[test]
    fn a_message_is_shown_at_once_and_never_twice() {
        check(|chat, writing, states| {
            chat.update(|chat| chat.apply(&message(1, 1, "hello")));
            write(writing, " hello ");
            assert_eq!((texts(writing), writing.draft.get_untracked()), (vec!["hello".to_owned()], String::new()));
            chat.update(|chat| chat.apply(&message(2, 2, "hello")));
            assert_eq!(texts(writing).len(), 1, "somebody else wrote the same");
            chat.update(|chat| chat.apply(&message(3, 1, "hello")));
            assert_eq!(texts(writing).len(), 0, "also while its reply is still on the way");
            write(writing, "again");
            states.get_untracked()[1].set(AskState::Done);
            assert_eq!(texts(writing).len(), 0);
        });
    }

    #[test]
    fn a_refused_message_stays_until_it_is_sent_again_or_taken_back() {
        check(|_, writing, states| {
            write(writing, "one");
            write(writing, "two");
            let refused = AskState::Refused("Chat is off in this room.".to_owned());
            states.get_untracked().iter().for_each(|state| state.set(refused.clone()));
            assert_eq!(writing.shown()[0].state, refused);
            writing.send_again(1);
            assert_eq!((states.get_untracked().len(), texts(writing)), (3, vec!["two".to_owned(), "one".to_owned()]));
            writing.draft.set("three".to_owned());
            writing.take_back(2);
            assert_eq!((writing.draft.get_untracked().as_str(), texts(writing).len()), ("two three", 1));
        });
    }

    #[test]
    fn what_is_no_message_stays_in_the_field_with_the_reason() {
        check(|_, writing, states| {
            write(writing, "  ");
            assert_eq!(writing.error.get_untracked().as_deref(), Some("Please type a message."));
            write(writing, &"x".repeat(501));
            assert!(writing.error.get_untracked().is_some_and(|why| why.contains("500 characters")));
            assert_eq!((writing.draft.get_untracked().len(), states.get_untracked().len()), (501, 0));
            write(writing, "better");
            assert_eq!((writing.error.get_untracked(), states.get_untracked().len()), (None, 1));
        });
    }
}
