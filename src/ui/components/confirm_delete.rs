//! Asks before something is gone. A popover, so that it opens and closes without scripts too.
//!
//! It knows neither what is deleted nor how; the button that opens it stands where the thing is.

use leptos::ev;
use leptos::prelude::*;

use crate::ui::address::address;
use crate::ui::components::form_field::HiddenField;

/// The button that opens the question of this id.
#[component]
pub fn DeleteButton(
    /// The id of the thing.
    #[prop(into)]
    id: String,
    /// What the thing is called.
    #[prop(into)]
    name: Signal<String>,
) -> impl IntoView {
    view! {
        <button type="button" class="button quiet" popovertarget=dialog_of(&id)>
            "Delete"<span class="visually-hidden">" "{name}</span>
        </button>
    }
}

/// The question.
#[component]
pub fn ConfirmDelete(
    /// The id of the thing, sent with the form.
    #[prop(into)]
    id: String,
    /// What the thing is called.
    #[prop(into)]
    name: Signal<String>,
    /// What else it means.
    consequence: &'static str,
    /// Where the form of a page without scripts sends it.
    action: &'static str,
    /// Does it.
    on_delete: Callback<()>,
) -> impl IntoView {
    let (dialog, heading) = (dialog_of(&id), format!("{}-heading", dialog_of(&id)));
    let delete = move |event: ev::SubmitEvent| {
        event.prevent_default();
        on_delete.run(());
    };
    view! {
        <div class="confirm-delete" id=dialog.clone() popover="auto" role="dialog" aria-labelledby=heading.clone()>
            <p class="question" id=heading.clone()>"Delete “"<bdi>{name}</bdi>"”?"</p>
            <p>{consequence}</p>
            <div class="answers">
                <button type="button" class="button" popovertarget=dialog.clone() popovertargetaction="hide" autofocus=true>
                    "Keep it"
                </button>
                <form method="post" action=address(action) on:submit=delete>
                    <HiddenField name="id" value=id/>
                    <button type="submit" class="button danger">"Delete"</button>
                </form>
            </div>
        </div>
    }
    .into_any()
}

fn dialog_of(id: &str) -> String {
    format!("delete-{id}")
}
