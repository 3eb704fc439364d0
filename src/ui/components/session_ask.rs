//! Asks before something that cannot be taken back. A popover; the button that opens it stands where the thing is.
//!
//! It looks like the question before something is deleted, and knows neither what is done nor how.

use leptos::prelude::*;

/// The question.
#[component]
pub fn SessionAsk(
    /// Its id, which the button that opens it names as its `popovertarget`.
    id: &'static str,
    /// What is asked.
    #[prop(into)]
    question: Signal<String>,
    /// What it means.
    #[prop(into)]
    consequence: String,
    /// The harmless way.
    keep: &'static str,
    /// The deed.
    #[prop(into)]
    deed: Signal<String>,
    /// Classes of the deed's button.
    #[prop(default = "button danger")]
    class: &'static str,
    /// Does it.
    on_yes: Callback<()>,
) -> impl IntoView {
    let (heading, labelled_by) = (format!("{id}-question"), format!("{id}-question"));
    view! {
        <div class="confirm-delete" id=id popover="auto" role="dialog" aria-labelledby=labelled_by>
            <p class="question" id=heading>{question}</p>
            <p>{consequence}</p>
            <div class="answers">
                <button type="button" class="button" popovertarget=id popovertargetaction="hide" autofocus=true>{keep}</button>
                <button
                    type="button"
                    class=class
                    popovertarget=id
                    popovertargetaction="hide"
                    on:click=move |_| on_yes.run(())
                >
                    {deed}
                </button>
            </div>
        </div>
    }
    .into_any()
}
