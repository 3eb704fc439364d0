//! The room's chat on a page: what was written, what is on its way, who types, and where one writes.
//!
//! The same for players and hosts; a host can take messages away. Reading order: [`ChatPanel`], its parts from top to
//! bottom, then the words.

use leptos::prelude::*;

use crate::domain::ids::MessageId;
use crate::domain::moment::day;
use crate::domain::time::Timestamp;
use crate::protocol::chat::{Chat, ChatMessage};
use crate::protocol::typing::Typists;
use crate::ui::components::chat_line::ChatLine;
use crate::ui::components::chat_unsent::{Unsent, Writing};
use crate::ui::live::AskState;
use crate::ui::words::counted;

/// What a page knows around the chat itself.
#[derive(Clone, Copy)]
pub struct ChatAround {
    /// The time.
    pub now: Signal<Timestamp>,
    /// Who else types.
    pub typists: Signal<Typists>,
    /// Whether a question is open: then a screen reader is not interrupted by messages.
    pub is_quiet: Signal<bool>,
    /// Whether what is sent now arrives now.
    pub is_connected: Signal<bool>,
    /// Tells the others that typing begins or goes on, or that it has ended.
    pub on_typing: Callback<bool>,
}

/// How a host takes messages away.
#[derive(Clone, Copy)]
pub struct Moderation {
    /// Takes a message away.
    pub remove: Callback<MessageId>,
    /// Whether that was asked for already.
    pub is_going: Callback<MessageId, bool>,
}

/// The chat, whole.
#[component]
pub fn ChatPanel(
    /// What was written.
    chat: Signal<Chat>,
    /// What is being written here.
    writing: Writing,
    /// What the page knows around it.
    around: ChatAround,
    /// For hosts.
    #[prop(optional)]
    moderation: Option<Moderation>,
) -> impl IntoView {
    let kept = Memo::new(move |_| chat.with(|chat| kept_words(chat, around.now.get())));
    let typing = Memo::new(move |_| around.typists.with(typing_words));
    let is_open = Memo::new(move |_| chat.with(|chat| chat.is_open));
    view! {
        <div class="chat-panel">
            <p class="kept">{kept}</p>
            <Messages chat writing is_quiet=around.is_quiet moderation/>
            <OnTheWay writing is_connected=around.is_connected/>
            // Not spoken: it changes all the time.
            <p class="typing" aria-live="off"><bdi>{typing}</bdi></p>
            <Show when=move || is_open.get()>
                <ChatLine writing now=around.now on_typing=around.on_typing/>
            </Show>
        </div>
    }
    .into_any()
}

/// What was written, the newest at the lower end.
#[component]
fn Messages(
    /// What was written.
    chat: Signal<Chat>,
    /// What is being written here.
    writing: Writing,
    /// Whether a question is open.
    is_quiet: Signal<bool>,
    /// For hosts.
    moderation: Option<Moderation>,
) -> impl IntoView {
    let messages = Memo::new(move |_| chat.with(|chat| chat.messages.clone()));
    let last_own = Memo::new(move |_| messages.with(|messages| last_of(messages, writing)));
    view! {
        <div
            class="messages"
            role="log"
            tabindex="0"
            aria-label="Messages"
            aria-live=move || if is_quiet.get() { "off" } else { "polite" }
        >
            <ol class="list">
                <For
                    each=move || messages.get()
                    // A message that is taken away is another row.
                    key=|message| (message.message_id, message.text.is_some())
                    let:message
                >
                    <Row message writing last_own moderation/>
                </For>
            </ol>
            <Show when=move || messages.with(Vec::is_empty)>
                <p class="empty">"Nobody has written yet."</p>
            </Show>
        </div>
    }
    .into_any()
}

/// One message.
#[component]
fn Row(
    /// The message.
    message: ChatMessage,
    /// What is being written here.
    writing: Writing,
    /// The newest message of this page's person.
    last_own: Memo<Option<MessageId>>,
    /// For hosts.
    moderation: Option<Moderation>,
) -> impl IntoView {
    let id = message.message_id;
    let (is_own, is_there) = (message.user == writing.me(), message.text.is_some());
    let name = message.name.clone();
    let text = match message.text {
        Some(text) => view! { <span class="text" dir="auto">{text}</span> }.into_any(),
        None => view! { <em class="gone">"The host took this message away."</em> }.into_any(),
    };
    let remove = moderation.filter(|_| is_there).map(|Moderation { remove, is_going }| {
        view! {
            <button
                type="button"
                class="button quiet"
                aria-busy=move || is_going.run(id).then_some("true")
                on:click=move |_| remove.run(id)
            >
                "Remove" <span class="visually-hidden">" what "{name}" wrote"</span>
            </button>
        }
    });
    view! {
        <li data-own=is_own.then_some("") data-host=message.is_host.then_some("")>
            <p>
                <b class="name"><bdi>{message.name}</bdi></b> " " {text}
                {move || (last_own.get() == Some(id)).then(|| view! { <small class="state">" Sent"</small> })}
            </p>
            {remove}
        </li>
    }
    .into_any()
}

/// The own messages that are not among the others yet, and what can be done about a refused one.
#[component]
fn OnTheWay(
    /// What is being written here.
    writing: Writing,
    /// Whether what is sent now arrives now.
    is_connected: Signal<bool>,
) -> impl IntoView {
    let shown = Memo::new(move |_| writing.shown());
    let row = move |unsent: Unsent| {
        let no = unsent.no;
        let ways = is_refused(&unsent.state).then(|| {
            view! {
                <span class="ways">
                    <button type="button" class="button quiet" on:click=move |_| writing.send_again(no)>
                        "Try again"
                    </button>
                    <button type="button" class="button quiet" on:click=move |_| writing.take_back(no)>
                        "Change it"
                    </button>
                </span>
            }
        });
        let (state, is_bad) = (unsent.state.clone(), is_refused(&unsent.state));
        view! {
            <li>
                <span class="text" dir="auto">{unsent.text}</span>
                <small class="state" data-refused=is_bad.then_some("")>
                    {move || state_words(&state, is_connected.get())}
                </small>
                {ways}
            </li>
        }
    };
    view! {
        <div role="status">
            <ul class="unsent">
                <For each=move || shown.get() key=|unsent| (unsent.no, is_refused(&unsent.state)) children=row/>
            </ul>
        </div>
    }
    .into_any()
}

/// The newest message of this page's person that is still there.
fn last_of(messages: &[ChatMessage], writing: Writing) -> Option<MessageId> {
    let own = |message: &&ChatMessage| message.user == writing.me() && message.text.is_some();
    messages.iter().rfind(own).map(|message| message.message_id)
}

fn is_refused(state: &AskState) -> bool {
    match state {
        AskState::Refused(_) | AskState::Idle => true,
        AskState::Sent | AskState::Done => false,
    }
}

/// How a message stands that is not among the others.
fn state_words(state: &AskState, is_connected: bool) -> String {
    match (state, is_connected) {
        (AskState::Sent, true) => "Sending…".to_owned(),
        (AskState::Sent, false) => "Kept. It goes out when you are back.".to_owned(),
        (AskState::Done, _) => "Sent".to_owned(),
        (AskState::Idle, _) => "Not sent.".to_owned(),
        (AskState::Refused(why), _) => format!("Not sent. {why}"),
    }
}

/// What becomes of messages.
pub fn kept_words(chat: &Chat, now: Timestamp) -> String {
    match chat.kept_until.filter(|_| chat.is_kept(now)) {
        Some(until) => format!("Messages are kept until {}.", day(until)),
        None => "Messages are not kept.".to_owned(),
    }
}

/// Who types, as a sentence; empty while nobody does.
fn typing_words(typists: &Typists) -> String {
    let names: Vec<Option<&str>> = typists.names().collect();
    match (names.as_slice(), typists.count()) {
        ([], _) | (_, 0) => String::new(),
        ([Some(one)], _) => format!("{one} is typing…"),
        ([Some(one), Some(other)], _) => format!("{one} and {other} are typing…"),
        (_, 1) => "1 person is typing…".to_owned(),
        (_, count) => format!("{} are typing…", counted(count, "person").replace("persons", "people")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SeatId;
    use crate::protocol::typing::TypingIndicator;

    #[test]
    fn typing_is_told_by_name_while_there_are_few() {
        let mut typists = Typists::default();
        let mut words = Vec::new();
        for (seat, name) in [(1, "Ada"), (2, "Bo"), (3, "Cy")] {
            typists.hear(&TypingIndicator::of(Some(SeatId(seat)), name.to_owned(), true), Timestamp(0));
            words.push(typing_words(&typists));
        }
        assert_eq!(words, ["Ada is typing…", "Ada and Bo are typing…", "3 people are typing…"]);
        let mut crowd = Typists::default();
        for (count, words) in [(1, "1 person is typing…"), (1_200, "1,200 people are typing…"), (0, "")] {
            crowd.hear(&TypingIndicator::of_crowd(count), Timestamp(0));
            assert_eq!(typing_words(&crowd), words);
        }
    }

    #[test]
    fn what_becomes_of_messages_is_said_with_the_day() {
        let kept = Chat { kept_until: Some(Timestamp(1_795_177_085_250)), ..Chat::default() };
        assert_eq!(kept_words(&kept, Timestamp(0)), "Messages are kept until 20 November 2026.");
        assert_eq!(kept_words(&kept, Timestamp(1_795_177_085_250)), "Messages are not kept.");
        assert_eq!(kept_words(&Chat::default(), Timestamp(0)), "Messages are not kept.");
    }

    #[test]
    fn a_message_on_its_way_says_how_it_stands() {
        let refused = AskState::Refused("Chat is off in this room.".to_owned());
        assert_eq!(state_words(&refused, true), "Not sent. Chat is off in this room.");
        assert_eq!(state_words(&AskState::Sent, true), "Sending…");
        assert!(state_words(&AskState::Sent, false).starts_with("Kept."));
    }
}
