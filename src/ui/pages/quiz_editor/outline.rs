//! The list of questions: which there are, what each still needs, in which order they are asked.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use crate::domain::question::QuestionKind;
use crate::domain::quiz::QuizField;
use crate::ui::components::icon::{Icon, Sign};
use crate::ui::components::reorder::{DragHandle, Reorder};
use crate::ui::pages::quiz_editor::bench::{Bench, Step, outline_id};
use crate::ui::pages::quiz_editor::draft::QuestionDraft;
use crate::ui::pages::quiz_editor::spot::Spot;
use crate::ui::words::counted;

/// All questions, and the button that adds one.
#[component]
pub fn Outline(
    /// The desk.
    bench: Bench,
) -> impl IntoView {
    let draft = bench.draft;
    let list = NodeRef::<html::Ol>::new();
    let reorder = Reorder::new(list, move |from, to| draft.move_question(from, to));
    let count = move || u32::try_from(draft.questions.with(Vec::len)).unwrap_or(u32::MAX);
    view! {
        <section class="outline" aria-labelledby="outline-heading">
            <div class="head">
                <h2 id="outline-heading">"Questions"</h2>
                <p class="count number">{count}</p>
            </div>
            <ol class="rows" node_ref=list data-scrolls data-dragging=move || reorder.is_dragging().then_some("")>
                <ForEnumerate
                    each=move || draft.questions.get()
                    key=|question| question.key
                    children=move |place, question| view! { <Row bench question place reorder/> }
                />
            </ol>
            <Show when=move || count() == 0>
                <p class="nothing">"No questions yet. One is enough to begin."</p>
            </Show>
            <button
                type="button"
                class="button add"
                id=Spot::Whole(QuizField::Questions).id()
                aria-disabled=move || (!draft.has_room()).then_some("true")
                on:click=move |_| bench.add()
            >
                <Icon sign=Sign::Plus/>
                "Add a question"
            </button>
            <Show when=move || { count() > 1 }>
                <p class="order-hint">"Drag to change the order, or hold Alt and press the arrow keys."</p>
            </Show>
        </section>
    }
    .into_any()
}

/// One question in the list.
#[component]
fn Row(
    /// The desk.
    bench: Bench,
    /// The question.
    question: QuestionDraft,
    /// Its place, from 0.
    place: ReadSignal<usize>,
    /// The list it is dragged in.
    reorder: Reorder,
) -> impl IntoView {
    let key = question.key;
    let is_open = move || bench.open.get() == Some(key);
    let todos = move || u32::try_from(question.problems.with(Vec::len)).unwrap_or(u32::MAX);
    let step = move |event: ev::KeyboardEvent| {
        if let Some(step) = Step::of_key(&event) {
            event.prevent_default();
            bench.step(key, step, outline_id(key));
        }
    };
    view! {
        <li
            class="row"
            data-open=move || is_open().then_some("")
            data-dragged=move || reorder.is_dragged(place.get()).then_some("")
            style:transform=move || reorder.transform(place.get())
        >
            <DragHandle reorder place/>
            <button
                type="button"
                class="open"
                id=outline_id(key)
                aria-current=move || is_open().then_some("true")
                on:click=move |_| bench.open(key)
                on:keydown=step
            >
                <span class="no number">{move || place.get() + 1}</span>
                <span class="what">
                    <span class="prompt" lang=bench.draft.language dir="auto">{move || prompt(&question.prompt.get())}</span>
                    <span class="note">
                        {move || kind_name(question.kind.get())}
                        {move || (todos() > 0).then(|| view! {
                            <span class="todo">{format!("{} to finish", counted(todos(), "thing"))}</span>
                        })}
                    </span>
                </span>
            </button>
        </li>
    }
    .into_any()
}

/// What a way of answering is called.
pub fn kind_name(kind: QuestionKind) -> &'static str {
    match kind {
        QuestionKind::Single => "Single choice",
        QuestionKind::Multiple => "Multiple choice",
        QuestionKind::TrueFalse => "True or false",
    }
}

fn prompt(text: &str) -> String {
    if text.trim().is_empty() { "New question".to_owned() } else { text.to_owned() }
}
