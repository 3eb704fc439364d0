//! The editor itself, once its quiz is here: head, what is left to do, the quiz, its questions.

use leptos::html;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::admin::Flash;
use crate::api::quiz::EditedQuiz;
use crate::ui::pages::quiz_editor::about::About;
use crate::ui::pages::quiz_editor::bench::{Bench, UNDO};
use crate::ui::pages::quiz_editor::draft::Draft;
use crate::ui::pages::quiz_editor::outline::Outline;
use crate::ui::pages::quiz_editor::question::QuestionPanel;
use crate::ui::pages::quiz_editor::saver::Saver;
use crate::ui::pages::quiz_editor::todos::Todos;
use crate::ui::pages::quiz_editor::toolbar::Toolbar;

/// The desk with everything on it.
#[component]
pub fn Editor(
    /// The quiz as it was saved last.
    edited: EditedQuiz,
    /// What waits from a room that could not be opened.
    flash: Flash,
) -> impl IntoView {
    let id = edited.id;
    let draft = Draft::of(&edited.quiz);
    let saver = Saver::start(edited, draft.quiz);
    let bench = Bench::new(draft);
    let todos = NodeRef::<html::Details>::new();
    // A signal that needs no arena: the server writes the head after the page, when the page's arena is at rest.
    let title = ArcRwSignal::from(draft.title);
    let title = move || {
        let title = title.get();
        format!("{} · Podium", if title.trim().is_empty() { "Untitled quiz" } else { title.trim() })
    };
    // Keyed by the question alone: one that is edited or moved keeps its panel, another one gets a new panel. Without
    // the key leptos would put the next question into the same controls, which still hold what was typed before.
    let open = move || bench.open.get().and_then(|key| untrack(|| draft.question(key)));
    view! {
        <Title text=title/>
        <div class="quiz-editor" data-front=move || if bench.is_inside.get() { "question" } else { "list" }>
            <Toolbar id bench saver todos/>
            {flash.errors.first().map(|(_, text)| view! { <p class="trouble-note" role="alert">{text.clone()}</p> })}
            <noscript><p class="trouble-note">"Writing a quiz needs scripts. Switch them on and load this page again."</p></noscript>
            <Todos bench list=todos/>
            <Undo bench/>
            <About bench/>
            <Outline bench/>
            <For each=open key=|question| question.key let:question>
                <QuestionPanel bench question/>
            </For>
        </div>
    }
    .into_any()
}

/// Tells what was deleted, and brings it back.
#[component]
fn Undo(
    /// The desk.
    bench: Bench,
) -> impl IntoView {
    let last = move || bench.removed.with(|removed| removed.last().map(|last| last.place + 1));
    view! {
        <div class="undo" role="status">
            {move || last().map(|number| view! {
                <p>{format!("Question {number} was deleted.")}</p>
                <button type="button" class="button" id=UNDO on:click=move |_| bench.undo()>"Undo"</button>
            })}
        </div>
    }
    .into_any()
}
