//! The question before a connection is closed, in the browser's own popover.
//!
//! It looks like the question before something is deleted, and knows only the number of a connection and whose it is.

use leptos::ev;
use leptos::prelude::*;

use crate::ui::address::address;
use crate::ui::components::form_field::HiddenField;

/// The button that opens the question, and the question.
#[component]
pub fn ConfirmClose(
    /// The number of the connection.
    id: u64,
    /// Whose it is, as in "the connection of …".
    #[prop(into)]
    whose: Signal<String>,
    /// Where the form of a page without scripts sends it.
    action: &'static str,
    /// Does it.
    on_close: Callback<()>,
) -> impl IntoView {
    let (dialog, heading) = (format!("close-{id}"), format!("close-{id}-heading"));
    let close = move |event: ev::SubmitEvent| {
        event.prevent_default();
        on_close.run(());
    };
    view! {
        <button type="button" class="button quiet" popovertarget=dialog.clone()>
            "Close"<span class="visually-hidden">" the connection of "{whose}</span>
        </button>
        <div class="confirm-delete" id=dialog.clone() popover="auto" role="dialog" aria-labelledby=heading.clone()>
            <p class="question" id=heading.clone()>"Close the connection of “"<bdi>{whose}</bdi>"”?"</p>
            <p>"A browser comes back by itself, with everything it had. To keep somebody out, remove the seat on the host page."</p>
            <div class="answers">
                <button type="button" class="button" popovertarget=dialog.clone() popovertargetaction="hide" autofocus=true>
                    "Keep it"
                </button>
                <form method="post" action=address(action) on:submit=close>
                    <HiddenField name="id" value=id.to_string()/>
                    <button type="submit" class="button danger">"Close it"</button>
                </form>
            </div>
        </div>
    }
    .into_any()
}
