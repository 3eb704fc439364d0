//! What can be chosen: the options of the open question, in the order and with the marks of their tiles.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use crate::domain::question::QuestionKind;
use crate::ui::components::answer_mark::{AnswerMark, letter};
use crate::ui::components::field::{FieldError, FieldIds};
use crate::ui::components::icon::{Icon, Sign};
use crate::ui::components::reorder::{DragHandle, Reorder};
use crate::ui::focus::focus_on;
use crate::ui::pages::quiz_editor::bench::{Bench, Step};
use crate::ui::pages::quiz_editor::draft::{OptionDraft, QuestionDraft};
use crate::ui::pages::quiz_editor::live_text::LiveLine;
use crate::ui::pages::quiz_editor::spot::Spot;

/// The options, and the button that adds one.
#[component]
pub fn Options(
    /// The desk.
    bench: Bench,
    /// The open question.
    question: QuestionDraft,
) -> impl IntoView {
    let spot = Spot::Options(question.key);
    let ids = FieldIds::of(spot.id());
    let error = bench.draft.error_at(question, spot);
    let list = NodeRef::<html::Ol>::new();
    let reorder = Reorder::new(list, move |from, to| question.move_option(from, to));
    let hint = move || match question.kind.get() {
        QuestionKind::Single => "Players take one answer. Mark every answer that counts as right.",
        QuestionKind::Multiple => "Players take as many as they like. All right ones together are the full answer.",
        QuestionKind::TrueFalse => "Players take one of the two.",
    };
    let described_by = {
        let ids = ids.clone();
        move || ids.described_by(Some(""), error.get().as_deref())
    };
    view! {
        <fieldset class="options" id=ids.control() tabindex="-1" aria-describedby=described_by>
            <legend>"Answers"</legend>
            <p class="hint" id=ids.hint()>{hint}</p>
            <ol class="rows" node_ref=list data-dragging=move || reorder.is_dragging().then_some("")>
                <ForEnumerate
                    each=move || question.options.get()
                    key=|option| option.key
                    children=move |place, option| view! { <OptionRow bench question option place reorder/> }
                />
            </ol>
            <FieldError id=ids.error() error/>
            <Show when=move || question.has_room()>
                <button type="button" class="button quiet add" on:click=move |_| add(question)>
                    <Icon sign=Sign::Plus/>
                    "Add an answer"
                </button>
            </Show>
        </fieldset>
    }
    .into_any()
}

/// One option.
#[component]
fn OptionRow(
    /// The desk.
    bench: Bench,
    /// The question it belongs to.
    question: QuestionDraft,
    /// The option.
    option: OptionDraft,
    /// Its place, from 0.
    place: ReadSignal<usize>,
    /// The list it is dragged in.
    reorder: Reorder,
) -> impl IntoView {
    let spot = Spot::Option(question.key, option.key);
    let ids = FieldIds::of(spot.id());
    let error = bench.draft.error_at(question, spot);
    let control = ids.control();
    let on_key = move |event: ev::KeyboardEvent| {
        if let Some(step) = Step::of_key(&event) {
            event.prevent_default();
            move_by(question, place.get_untracked(), step, control.clone());
        }
    };
    let on_enter = move |event: ev::KeyboardEvent| {
        if event.key() == "Enter" && !event.is_composing() {
            event.prevent_default();
            go_on(question, place.get_untracked());
        }
    };
    view! {
        <li
            class="option-row"
            data-right=move || option.is_right.get().then_some("")
            data-dragged=move || reorder.is_dragged(place.get()).then_some("")
            style:transform=move || reorder.transform(place.get())
            on:keydown=on_key
        >
            <DragHandle reorder place/>
            <label class="mark" for=ids.control()>
                <span class="visually-hidden">"Answer "</span>
                {move || view! { <AnswerMark place=place.get()/> }}
            </label>
            <div class="text" on:keydown=on_enter>
                <LiveLine
                    ids=ids.clone()
                    value=option.text
                    error
                    language=bench.draft.language
                    on_leave=move || bench.draft.visit(spot)
                />
            </div>
            <RightToggle bench question option place/>
            <RowTools question option place/>
            <FieldError id=ids.error() error/>
        </li>
    }
    .into_any()
}

/// Marks an option as right. Of true and false only one is.
#[component]
fn RightToggle(
    /// The desk.
    bench: Bench,
    /// The question.
    question: QuestionDraft,
    /// The option.
    option: OptionDraft,
    /// Its place, from 0.
    place: ReadSignal<usize>,
) -> impl IntoView {
    let kind = move || match question.kind.get() {
        QuestionKind::Single | QuestionKind::Multiple => "checkbox",
        QuestionKind::TrueFalse => "radio",
    };
    view! {
        <label class="right-toggle">
            <input
                type=kind
                name=format!("right-{}", question.key.0)
                autocomplete="off"
                checked=option.is_right.get_untracked()
                prop:checked=option.is_right
                on:change=move |event| question.mark(option.key, event_target_checked(&event))
                on:blur=move |_| bench.draft.visit(Spot::Options(question.key))
            />
            <span class="visually-hidden">{move || format!("Answer {} is ", letter(place.get()))}</span>
            <span>"right"</span>
        </label>
    }
    .into_any()
}

/// Moves an option by one place, or takes it out.
#[component]
fn RowTools(
    /// The question.
    question: QuestionDraft,
    /// The option.
    option: OptionDraft,
    /// Its place, from 0.
    place: ReadSignal<usize>,
) -> impl IntoView {
    let mover = move |step: Step, sign: Sign, word: &'static str| {
        let id = format!("option-{}-{word}", option.key.0);
        let focus = id.clone();
        let is_stuck = move || step.from(place.get(), question.options.with(Vec::len)).is_none().then_some("true");
        view! {
            <button
                type="button"
                class="tool"
                id=id
                aria-label=move || format!("Move answer {} {word}", letter(place.get()))
                aria-disabled=is_stuck
                on:click=move |_| move_by(question, place.get_untracked(), step, focus.clone())
            >
                <Icon sign/>
            </button>
        }
    };
    view! {
        <span class="tools">
            {mover(Step::Up, Sign::Up, "up")}
            {mover(Step::Down, Sign::Down, "down")}
            <button
                type="button"
                class="tool"
                aria-label=move || format!("Remove answer {}", letter(place.get()))
                aria-disabled=move || (!question.can_spare()).then_some("true")
                on:click=move |_| remove(question, option)
            >
                <Icon sign=Sign::Bin/>
            </button>
        </span>
    }
    .into_any()
}

fn move_by(question: QuestionDraft, place: usize, step: Step, focus: String) {
    if let Some(to) = step.from(place, question.options.with_untracked(Vec::len)) {
        question.move_option(place, to);
    }
    focus_on(focus);
}

/// The next option, or a new one behind the last.
fn go_on(question: QuestionDraft, place: usize) {
    match question.options.with_untracked(|options| options.get(place + 1).copied()) {
        Some(next) => focus_on(Spot::Option(question.key, next.key).id()),
        None => add(question),
    }
}

fn add(question: QuestionDraft) {
    if untrack(|| question.has_room()) {
        let option = question.add_option();
        focus_on(Spot::Option(question.key, option.key).id());
    }
}

fn remove(question: QuestionDraft, option: OptionDraft) {
    if untrack(|| question.can_spare())
        && let Some(neighbour) = question.remove_option(option.key)
    {
        focus_on(Spot::Option(question.key, neighbour).id());
    }
}
