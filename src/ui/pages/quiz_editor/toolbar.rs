//! The head of the editor: what the quiz is called, whether it is saved, and the way into a room.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;

use crate::domain::ids::QuizId;
use crate::ui::address::address;
use crate::ui::components::announcer::Announcer;
use crate::ui::components::form::{Form, SubmitButton};
use crate::ui::components::form_field::HiddenField;
use crate::ui::components::icon::{Icon, Sign};
use crate::ui::focus::focus_on;
use crate::ui::pages::quiz_editor::bench::Bench;
use crate::ui::pages::quiz_editor::saver::Saver;
use crate::ui::pages::quiz_editor::saving::{Attempt, Failure};
use crate::ui::pages::quiz_editor::todos::TODOS;

/// Title, state and the one strong button.
#[component]
pub fn Toolbar(
    /// The quiz.
    id: QuizId,
    /// The desk.
    bench: Bench,
    /// Who keeps it saved.
    saver: Saver,
    /// The list of what is left to do.
    todos: NodeRef<html::Details>,
) -> impl IntoView {
    let title = move || {
        bench.draft.title.with(|title| if title.trim().is_empty() { "Untitled quiz".to_owned() } else { title.clone() })
    };
    view! {
        <div class="toolbar">
            <a class="to-quizzes" href=address("/quizzes")><Icon sign=Sign::Back/>"Quizzes"</a>
            <h1 lang=bench.draft.language dir="auto">{title}</h1>
            <SaveNote saver=saver.clone()/>
            <OpenRoom id bench saver todos/>
        </div>
    }
    .into_any()
}

/// Whether everything is saved, in words, with the way out where there is one.
#[component]
fn SaveNote(
    /// Who keeps the quiz saved.
    saver: Saver,
) -> impl IntoView {
    let (attempt, is_dirty) = (saver.attempt(), saver.is_dirty());
    let words = Memo::new(move |_| attempt.with(|attempt| attempt.words(is_dirty.get())));
    let state = move || {
        if attempt.with(Attempt::is_trouble) {
            "trouble"
        } else if is_dirty.get() {
            "busy"
        } else {
            "saved"
        }
    };
    // Only trouble and its end are said aloud; "Saving…" at every rest would never let anybody write in peace.
    let told = Memo::new(move |earlier: Option<&String>| {
        let had_trouble = earlier.is_some_and(|earlier| !earlier.is_empty());
        if attempt.with(Attempt::is_trouble) || (had_trouble && !is_dirty.get()) { words.get() } else { String::new() }
    });
    let is_overtaken = move || attempt.with(|attempt| *attempt == Attempt::Overtaken);
    let is_signed_out = move || attempt.with(|attempt| matches!(attempt, Attempt::Failed(Failure::SignedOut, _)));
    let reload = move |_| {
        saver.give_up();
        let _ = window().location().reload();
    };
    view! {
        <div class="save-note" data-state=state>
            <p class="words">{words}</p>
            {move || is_overtaken().then(|| {
                let reload = reload.clone();
                view! { <button type="button" class="button" on:click=reload>"Reload"</button> }
            })}
            {move || is_signed_out().then(|| view! {
                <a class="button" href=address("/login") target="_blank" rel="external">"Sign in in a new tab"</a>
            })}
            <Announcer text=told/>
        </div>
    }
    .into_any()
}

/// Opens a room once the quiz is ready and saved; otherwise shows what is left.
#[component]
fn OpenRoom(
    /// The quiz.
    id: QuizId,
    /// The desk.
    bench: Bench,
    /// Who keeps it saved.
    saver: Saver,
    /// The list of what is left to do.
    todos: NodeRef<html::Details>,
) -> impl IntoView {
    let is_ready = Memo::new(move |_| bench.draft.todos.with(Vec::is_empty));
    let is_dirty = saver.is_dirty();
    let place = NodeRef::<html::Div>::new();
    let press = move || {
        let button = place.get_untracked().and_then(|place| place.query_selector("button").ok().flatten());
        if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
            button.click();
        }
    };
    let ask = move |event: ev::MouseEvent| {
        if !is_ready.get_untracked() {
            event.prevent_default();
            if let Some(list) = todos.get_untracked() {
                list.set_open(true);
            }
            focus_on(TODOS.to_owned());
        } else if is_dirty.get_untracked() {
            // The room gets the quiz as it is saved: save first, then ask again.
            event.prevent_default();
            saver.send_and_then(press);
        }
    };
    view! {
        <div class="open-room" node_ref=place>
            <Form id="open-room" action="/rooms">
                <HiddenField name="quiz" value=id.to_string()/>
                <SubmitButton
                    label="Open a room"
                    pending="Opening…"
                    attr:aria-disabled=move || (!is_ready.get()).then_some("true")
                    attr:aria-describedby=move || (!is_ready.get()).then_some(TODOS)
                    on:click=ask
                />
            </Form>
        </div>
    }
    .into_any()
}
