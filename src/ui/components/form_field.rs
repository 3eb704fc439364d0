//! The fields of a [`Form`](crate::ui::components::form::Form): text, password, a choice, and values nobody types.
//!
//! They take their error and what was typed before from the form around them; controls are not bound to signals, so
//! that what somebody typed before the scripts arrived stays.

use leptos::html;
use leptos::prelude::*;

use crate::ui::components::field::Field;
use crate::ui::components::form::FormScope;

/// One line of text.
#[component]
pub fn TextField(
    /// Its name in the posted form.
    name: &'static str,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What stands in it at first; what was typed before a refusal comes first.
    #[prop(optional, into)]
    value: String,
    /// The kind of `<input>`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in (`autocomplete`).
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Which letters phones write large (`autocapitalize`).
    #[prop(default = "sentences")]
    capitals: &'static str,
    /// Whether it has to be filled in.
    #[prop(default = true)]
    is_required: bool,
    /// Classes of the control.
    #[prop(optional)]
    class: &'static str,
    /// The control, for pages that write into it.
    #[prop(optional)]
    node_ref: NodeRef<html::Input>,
) -> impl IntoView {
    let form = FormScope::here();
    form.call(name, &label);
    let (ids, error) = (form.ids(name), form.error(name));
    let described_by = ids.described_by(hint.as_deref(), error.as_deref());
    view! {
        <Field ids=ids.clone() label hint error=error.clone()>
            <input
                id=ids.control()
                class=class
                name=name
                type=kind
                value=form.value(name).unwrap_or(value)
                autocomplete=autocomplete
                autocapitalize=capitals
                spellcheck="false"
                required=is_required
                aria-describedby=described_by
                aria-invalid=error.map(|_| "true")
                node_ref=node_ref
            />
        </Field>
    }
    .into_any()
}

/// A file; which one it was never comes back.
#[component]
pub fn FileField(
    /// Its name in the posted form.
    name: &'static str,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What helps to choose it.
    #[prop(optional, into)]
    hint: Option<String>,
    /// The kinds of files that the browser offers first (`accept`).
    accept: &'static str,
) -> impl IntoView {
    let form = FormScope::here();
    form.call(name, &label);
    let (ids, error) = (form.ids(name), form.error(name));
    let described_by = ids.described_by(hint.as_deref(), error.as_deref());
    view! {
        <Field ids=ids.clone() label hint error=error.clone()>
            <input
                id=ids.control()
                name=name
                type="file"
                accept=accept
                required=true
                aria-describedby=described_by
                aria-invalid=error.map(|_| "true")
            />
        </Field>
    }
    .into_any()
}

/// A password; what was typed never comes back.
#[component]
pub fn PasswordField(
    /// Its name in the posted form.
    name: &'static str,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: Option<String>,
    /// `current-password` or `new-password`, for password managers.
    autocomplete: &'static str,
) -> impl IntoView {
    let form = FormScope::here();
    form.call(name, &label);
    let (ids, error) = (form.ids(name), form.error(name));
    let described_by = ids.described_by(hint.as_deref(), error.as_deref());
    let is_shown = RwSignal::new(false);
    let kind = move || if is_shown.get() { "text" } else { "password" };
    let controls = ids.control();
    view! {
        <Field ids=ids.clone() label hint error=error.clone()>
            <div class="password-control">
                <input
                    id=ids.control()
                    name=name
                    type=kind
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    required=true
                    aria-describedby=described_by
                    aria-invalid=error.map(|_| "true")
                />
                <button
                    type="button"
                    class="reveal needs-scripts"
                    aria-controls=controls
                    aria-pressed=move || is_shown.get().to_string()
                    on:click=move |_| is_shown.update(|shown| *shown = !*shown)
                >
                    "Show"
                    <span class="visually-hidden">" password"</span>
                </button>
            </div>
        </Field>
    }
    .into_any()
}

/// One choice of a few.
#[component]
pub fn SelectField(
    /// Its name in the posted form.
    name: &'static str,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What helps to choose.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Value and words of each choice, in order.
    choices: Vec<(String, String)>,
    /// What is chosen at first; what was chosen before a refusal comes first.
    #[prop(optional, into)]
    value: String,
) -> impl IntoView {
    let form = FormScope::here();
    form.call(name, &label);
    let (ids, error) = (form.ids(name), form.error(name));
    let described_by = ids.described_by(hint.as_deref(), error.as_deref());
    let chosen = form.value(name).unwrap_or(value);
    let option = |(value, words): (String, String)| {
        let is_chosen = value == chosen;
        view! { <option value=value selected=is_chosen>{words}</option> }
    };
    let options = choices.into_iter().map(option).collect_view();
    view! {
        <Field ids=ids.clone() label hint error=error.clone()>
            <select
                id=ids.control()
                name=name
                aria-describedby=described_by
                aria-invalid=error.map(|_| "true")
            >
                {options}
            </select>
        </Field>
    }
    .into_any()
}

/// A value that goes with the form and that nobody types.
#[component]
pub fn HiddenField(
    /// Its name in the posted form.
    name: &'static str,
    /// Its value.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    view! { <input type="hidden" name=name value=value/> }
}
