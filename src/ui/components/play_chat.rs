//! The chat on a player's page: a button with the number of new messages, and a panel below everything else.
//!
//! The panel is closed at first, and again when a question comes up: it opens under the answers and never over them.
//! Reading order: [`Drawer`] (what is open), the button, the panel.

use leptos::prelude::*;

use crate::domain::ids::{MessageId, TurnNo};
use crate::protocol::chat::Chat;
use crate::ui::components::chat_panel::{ChatAround, ChatPanel};
use crate::ui::components::chat_unsent::Writing;
use crate::ui::focus::focus_on;
use crate::ui::words::counted;

/// Ids of the button, the panel and its heading.
const BUTTON: &str = "chat-button";
const PANEL: &str = "chat";
const HEADING: &str = "chat-heading";

/// Whether the chat is in sight, and what came while it was not.
#[derive(Clone, Copy)]
pub struct Drawer {
    chat: Signal<Chat>,
    question: Memo<Option<TurnNo>>,
    opened: RwSignal<Opened>,
    is_open: Memo<bool>,
    unread: Memo<u32>,
}

/// When it was opened: at a question it was opened for this question alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Opened {
    between: bool,
    at_question: Option<TurnNo>,
}

impl Opened {
    fn is_open(self, question: Option<TurnNo>) -> bool {
        match question {
            Some(_) => self.at_question == question,
            None => self.between,
        }
    }

    fn toggled(self, question: Option<TurnNo>) -> Self {
        match question {
            Some(_) if self.is_open(question) => Self { at_question: None, ..self },
            Some(_) => Self { at_question: question, ..self },
            None => Self { between: !self.between, ..self },
        }
    }
}

impl Drawer {
    /// Closed. `question` is the turn that is open now, if one is.
    pub fn new(chat: Signal<Chat>, writing: Writing, question: Memo<Option<TurnNo>>) -> Self {
        let opened = RwSignal::new(Opened::default());
        let is_open = Memo::new(move |_| {
            let question = question.get();
            chat.with(|chat| chat.is_open) && opened.get().is_open(question)
        });
        // The newest message that was in sight; it stays while the panel is closed.
        let seen = Memo::new(move |seen: Option<&Option<MessageId>>| match seen {
            Some(seen) if !is_open.get() => *seen,
            Some(_) => chat.with(newest),
            None => {
                is_open.track();
                chat.with_untracked(newest)
            }
        });
        let unread = Memo::new(move |_| chat.with(|chat| count_after(chat, seen.get(), writing)));
        Self { chat, question, opened, is_open, unread }
    }

    fn toggle(self) {
        let question = self.question.get_untracked();
        let opened = self.opened.get_untracked().toggled(question);
        self.opened.set(opened);
        focus_on(if opened.is_open(question) { HEADING } else { BUTTON }.to_owned());
    }
}

fn newest(chat: &Chat) -> Option<MessageId> {
    chat.messages.last().map(|message| message.message_id)
}

/// Messages of others after one.
fn count_after(chat: &Chat, seen: Option<MessageId>, writing: Writing) -> u32 {
    let messages = chat.messages.iter().filter(|message| Some(message.message_id) > seen);
    let others = messages.filter(|message| message.user != writing.me() && message.text.is_some());
    u32::try_from(others.count()).unwrap_or(u32::MAX)
}

/// Opens and closes the panel; not there while chat is off.
#[component]
pub fn ChatButton(
    /// What is open.
    drawer: Drawer,
) -> impl IntoView {
    let is_on = Memo::new(move |_| drawer.chat.with(|chat| chat.is_open));
    let unread = move || {
        let unread = drawer.unread.get();
        (unread > 0).then(|| {
            view! {
                <span class="unread number" aria-hidden="true">{unread}</span>
                <span class="visually-hidden">", "{counted(unread, "new message")}</span>
            }
        })
    };
    view! {
        <Show when=move || is_on.get()>
            <button
                type="button"
                class="chat-button needs-scripts"
                id=BUTTON
                aria-expanded=move || drawer.is_open.get().to_string()
                aria-controls=PANEL
                on:click=move |_| drawer.toggle()
            >
                "Chat" {unread}
            </button>
        </Show>
    }
    .into_any()
}

/// The panel, while it is open.
#[component]
pub fn PlayChat(
    /// What is open.
    drawer: Drawer,
    /// What is being written here.
    writing: Writing,
    /// What the page knows around it.
    around: ChatAround,
) -> impl IntoView {
    view! {
        <Show when=move || drawer.is_open.get()>
            <section class="play-chat" id=PANEL aria-labelledby=HEADING>
                <div class="head">
                    <h2 id=HEADING tabindex="-1">"Chat"</h2>
                    <button type="button" class="button quiet" on:click=move |_| drawer.toggle()>
                        "Close" <span class="visually-hidden">" the chat"</span>
                    </button>
                </div>
                <ChatPanel chat=drawer.chat writing around/>
            </section>
        </Show>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SeatId;
    use crate::domain::time::Timestamp;
    use crate::protocol::chat::{ChatEvent, ChatMessage};
    use crate::ui::live::AskState;

    fn say(chat: RwSignal<Chat>, id: u64, user: u32) {
        let text = Some("hello".to_owned());
        let (message_id, user, name) = (MessageId(id), Some(SeatId(user)), "Ada".to_owned());
        let message = ChatMessage { message_id, user, name, text, sent_at: Timestamp(0), is_host: false };
        chat.update(|chat| chat.apply(&ChatEvent::Chat(message)));
    }

    #[test]
    fn a_question_closes_the_panel_and_what_comes_between_opens_it_again() {
        let closed = Opened::default();
        let open = closed.toggled(None);
        assert!(open.is_open(None) && !open.is_open(Some(TurnNo(1))));
        let at_question = open.toggled(Some(TurnNo(1)));
        assert!(at_question.is_open(Some(TurnNo(1))) && !at_question.is_open(Some(TurnNo(2))));
        assert!(at_question.is_open(None));
        assert_eq!(at_question.toggled(Some(TurnNo(1))), open);
    }

    #[test]
    fn messages_of_others_are_new_until_they_were_in_sight() {
        let owner = Owner::new();
        owner.with(|| {
            let chat = RwSignal::new(Chat { is_open: true, messages_max: 10, ..Chat::default() });
            say(chat, 1, 2);
            let question = RwSignal::new(None);
            let send = Callback::new(|_| Signal::stored(AskState::Sent));
            let writing = Writing::new(chat.into(), Some(SeatId(1)), send);
            let drawer = Drawer::new(chat.into(), writing, Memo::new(move |_| question.get()));
            assert_eq!(drawer.unread.get_untracked(), 0, "what stood there when the page came is not new");
            say(chat, 2, 2);
            say(chat, 3, 1);
            assert_eq!(drawer.unread.get_untracked(), 1);
            drawer.opened.set(Opened::default().toggled(None));
            assert_eq!((drawer.is_open.get_untracked(), drawer.unread.get_untracked()), (true, 0));
            say(chat, 4, 2);
            assert_eq!(drawer.unread.get_untracked(), 0);
            question.set(Some(TurnNo(1)));
            say(chat, 5, 2);
            assert_eq!((drawer.is_open.get_untracked(), drawer.unread.get_untracked()), (false, 1));
            chat.update(|chat| chat.is_open = false);
            question.set(None);
            assert!(!drawer.is_open.get_untracked(), "the host has switched chat off");
        });
    }
}
