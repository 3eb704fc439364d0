//! The line in which one writes to the chat, and who tells the others that one does.
//!
//! What is wrong with a message stands at the field; whether it arrives is no business of the line.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::domain::time::{Millis, Timestamp};
use crate::ui::components::chat_unsent::Writing;
use crate::ui::components::field::{Field, FieldIds};

/// While somebody goes on typing the others are told again after this.
const SAID_AGAIN: Millis = Millis(2_000);

/// Where one writes.
#[component]
pub fn ChatLine(
    /// What is being written here.
    writing: Writing,
    /// The time.
    now: Signal<Timestamp>,
    /// Tells the others that typing begins or goes on, or that it has ended.
    on_typing: Callback<bool>,
) -> impl IntoView {
    let ids = FieldIds::of("chat-message");
    let said_at = StoredValue::new(None::<Timestamp>);
    let type_on = move |typed: String| {
        let now = now.get_untracked();
        match (typed.trim().is_empty(), said_at.get_value()) {
            (true, Some(_)) => {
                said_at.set_value(None);
                on_typing.run(false);
            }
            (false, said) if said.is_none_or(|at| now - at >= SAID_AGAIN) => {
                said_at.set_value(Some(now));
                on_typing.run(true);
            }
            (true, None) | (false, _) => {}
        }
        writing.error.set(None);
        writing.draft.set(typed);
    };
    let pause = move |_| {
        if said_at.get_value().is_some() {
            said_at.set_value(None);
            on_typing.run(false);
        }
    };
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        // The message itself says that typing is over.
        said_at.set_value(None);
        writing.send_draft();
    };
    let described_by = {
        let ids = ids.clone();
        move || writing.error.with(|error| ids.described_by(None, error.as_deref()))
    };
    view! {
        <form class="chat-line" on:submit=send>
            <Field ids=ids.clone() label="Message to all" error=writing.error>
                <input
                    id=ids.control()
                    type="text"
                    autocomplete="off"
                    enterkeyhint="send"
                    aria-describedby=described_by
                    aria-invalid=move || writing.error.with(Option::is_some).then_some("true")
                    prop:value=move || writing.draft.get()
                    on:input=move |event| type_on(event_target_value(&event))
                    on:blur=pause
                />
            </Field>
            <button type="submit" class="button">"Send"</button>
        </form>
    }
    .into_any()
}
