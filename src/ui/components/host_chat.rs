//! The chat on the host's page: its switches in plain words, and the messages with a way to take each away.
//!
//! What is asked goes through [`Asks`]; nobody writes before the host has switched chat on.

use leptos::prelude::*;

use crate::protocol::chat::Chat;
use crate::protocol::command::{HostCommand, Switch};
use crate::ui::components::chat_panel::{ChatAround, ChatPanel, Moderation, kept_words};
use crate::ui::components::chat_unsent::Writing;
use crate::ui::components::host_asks::Asks;

/// The switches, and the chat once there is one.
#[component]
pub fn HostChat(
    /// What was written, and how the switches stand.
    chat: Signal<Chat>,
    /// What is being written here.
    writing: Writing,
    /// What the page knows around the chat.
    around: ChatAround,
    /// Where commands go.
    asks: Asks,
) -> impl IntoView {
    let is_open = Memo::new(move |_| chat.with(|chat| chat.is_open));
    let is_kept = Memo::new(move |_| chat.with(|chat| chat.is_kept(around.now.get())));
    let kept = Memo::new(move |_| match is_kept.get() {
        true => chat.with(|chat| kept_words(chat, around.now.get())),
        false => "Messages are not kept: a restart forgets them.".to_owned(),
    });
    let is_there = Memo::new(move |_| chat.with(|chat| chat.is_open || !chat.messages.is_empty()));
    let moderation = Moderation {
        remove: Callback::new(move |message| asks.ask(HostCommand::RemoveMessage { message })),
        is_going: Callback::new(move |message| asks.is_asked(HostCommand::RemoveMessage { message })),
    };
    let turn = move || HostCommand::Chat { switch: other(is_open.get()) };
    let keep = move || HostCommand::ChatHistory { switch: other(is_kept.get()) };
    view! {
        <section class="host-chat card" aria-labelledby="host-chat-heading">
            <h2 id="host-chat-heading">"Chat"</h2>
            <div class="switch">
                <p role="status">
                    {move || if is_open.get() { "Chat is on. Players can write to everybody." } else { "Chat is off." }}
                </p>
                <button
                    type="button"
                    class="button"
                    aria-busy=move || asks.is_asked(turn()).then_some("true")
                    on:click=move |_| asks.ask(untrack(turn))
                >
                    {move || if is_open.get() { "Switch chat off" } else { "Switch chat on" }}
                </button>
            </div>
            <Show when=move || is_there.get()>
                <div class="switch">
                    <p role="status">{kept}</p>
                    <button
                        type="button"
                        class="button"
                        aria-busy=move || asks.is_asked(keep()).then_some("true")
                        on:click=move |_| asks.ask(untrack(keep))
                    >
                        {move || if is_kept.get() { "Stop, and delete what was kept" } else { "Keep messages" }}
                    </button>
                </div>
                <ChatPanel chat writing around moderation/>
            </Show>
            <p class="hint">"The stage never shows the chat."</p>
        </section>
    }
    .into_any()
}

/// How a switch stands after it is pressed.
fn other(is_on: bool) -> Switch {
    if is_on { Switch::Off } else { Switch::On }
}
