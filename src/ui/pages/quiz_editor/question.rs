//! The open question: how it is answered, what is asked, what is right, how long and for how much.

use leptos::prelude::*;

use crate::domain::question::QuestionKind;
use crate::ui::components::field::{Field, FieldIds};
use crate::ui::components::icon::{Icon, Sign};
use crate::ui::pages::quiz_editor::bench::{Bench, QUESTION_HEADING, Step};
use crate::ui::pages::quiz_editor::choices::{limit_choices, points_of, reading_choices};
use crate::ui::pages::quiz_editor::draft::QuestionDraft;
use crate::ui::pages::quiz_editor::live_text::{LiveLine, LiveLines};
use crate::ui::pages::quiz_editor::options::Options;
use crate::ui::pages::quiz_editor::outline::kind_name;
use crate::ui::pages::quiz_editor::spot::Spot;

/// Everything about one question.
#[component]
pub fn QuestionPanel(
    /// The desk.
    bench: Bench,
    /// The question.
    question: QuestionDraft,
) -> impl IntoView {
    let draft = bench.draft;
    let language = draft.language;
    let key = question.key;
    let [prompt, explanation, topic] = [Spot::Prompt(key), Spot::Explanation(key), Spot::Topic(key)]
        .map(|spot| (FieldIds::of(spot.id()), draft.error_at(question, spot), move || draft.visit(spot)));
    view! {
        <section class="question card" aria-labelledby=QUESTION_HEADING>
            <PanelHead bench question/>
            <KindChoice bench question/>
            <div class="prompt">
                <Field ids=prompt.0.clone() label="Question" error=prompt.1>
                    <LiveLines ids=prompt.0 value=question.prompt error=prompt.1 language rows=2 on_leave=prompt.2/>
                </Field>
            </div>
            <Options bench question/>
            <Settings bench question/>
            <Field ids=explanation.0.clone() label="Explanation, shown with the answer (optional)" error=explanation.1>
                <LiveLines
                    ids=explanation.0
                    value=question.explanation
                    error=explanation.1
                    language
                    rows=2
                    on_leave=explanation.2
                />
            </Field>
            <Field ids=topic.0.clone() label="Topic, for results by topic (optional)" error=topic.1>
                <LiveLine ids=topic.0 value=question.topic error=topic.1 language on_leave=topic.2/>
            </Field>
            <PanelFoot bench question/>
        </section>
    }
    .into_any()
}

/// Which question it is, and what can be done with it as a whole.
#[component]
fn PanelHead(
    /// The desk.
    bench: Bench,
    /// The question.
    question: QuestionDraft,
) -> impl IntoView {
    let key = question.key;
    let count = move || bench.draft.questions.with(Vec::len);
    let place = Memo::new(move |_| bench.draft.place_of(key).unwrap_or_default());
    let mover = move |step: Step, sign: Sign, word: &'static str| {
        let id = format!("question-{word}");
        let focus = id.clone();
        view! {
            <button
                type="button"
                class="tool"
                id=id
                aria-label=format!("Move this question {word}")
                aria-disabled=move || step.from(place.get(), count()).is_none().then_some("true")
                on:click=move |_| bench.step(key, step, focus.clone())
            >
                <Icon sign/>
            </button>
        }
    };
    view! {
        <div class="panel-head">
            <button type="button" class="tool to-list" aria-label="Back to all questions" on:click=move |_| bench.close()>
                <Icon sign=Sign::Back/>
            </button>
            <h2 id=QUESTION_HEADING tabindex="-1">
                "Question " <span class="number">{move || place.get() + 1}</span>
                <span class="of number">" of " {count}</span>
            </h2>
            <div class="tools">
                {mover(Step::Up, Sign::Up, "up")}
                {mover(Step::Down, Sign::Down, "down")}
                <button type="button" class="tool" aria-label="Copy this question" on:click=move |_| bench.copy(key)>
                    <Icon sign=Sign::Copy/>
                </button>
                <button type="button" class="tool" aria-label="Delete this question" on:click=move |_| bench.remove(key)>
                    <Icon sign=Sign::Bin/>
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// How the question is answered.
#[component]
fn KindChoice(
    /// The desk.
    bench: Bench,
    /// The question.
    question: QuestionDraft,
) -> impl IntoView {
    let choice = move |kind: QuestionKind| {
        view! {
            <label class="kind">
                <input
                    type="radio"
                    name=format!("kind-{}", question.key.0)
                    autocomplete="off"
                    checked=question.kind.get_untracked() == kind
                    prop:checked=move || question.kind.get() == kind
                    on:change=move |_| bench.draft.set_kind(question, kind)
                />
                <span>{kind_name(kind)}</span>
            </label>
        }
    };
    view! {
        <fieldset class="kinds">
            <legend class="visually-hidden">"How it is answered"</legend>
            {[QuestionKind::Single, QuestionKind::Multiple, QuestionKind::TrueFalse].map(choice)}
        </fieldset>
    }
    .into_any()
}

/// Time to read, time to answer, points.
#[component]
fn Settings(
    /// The desk.
    bench: Bench,
    /// The question.
    question: QuestionDraft,
) -> impl IntoView {
    let draft = bench.draft;
    let [limit, reading, points] = [Spot::Limit(question.key), Spot::Reading(question.key), Spot::Points(question.key)];
    let limits = limit_choices(question.limit_ms.get_untracked()).into_iter().map(|(ms, words)| (text_of(ms), words));
    let readings =
        reading_choices(question.reading_ms.get_untracked()).into_iter().map(|(ms, words)| (ms.to_string(), words));
    view! {
        <div class="settings">
            <LiveSelect
                ids=FieldIds::of(limit.id())
                label="Time to answer"
                error=draft.error_at(question, limit)
                choices=limits.collect()
                chosen=text_of(question.limit_ms.get_untracked())
                on_choose=move |typed: String| question.limit_ms.set(typed.parse().ok())
            />
            <LiveSelect
                ids=FieldIds::of(reading.id())
                label="Time to read first"
                error=draft.error_at(question, reading)
                choices=readings.collect()
                chosen=question.reading_ms.get_untracked().to_string()
                on_choose=move |typed: String| question.reading_ms.set(typed.parse().unwrap_or_default())
            />
            <Points ids=FieldIds::of(points.id()) question error=draft.error_at(question, points) on_leave=move || draft.visit(points)/>
        </div>
    }
    .into_any()
}

/// One choice of a few, taken at once.
#[component]
fn LiveSelect(
    /// The ids around it.
    ids: FieldIds,
    /// What it is called.
    label: &'static str,
    /// What is wrong with it.
    error: Signal<Option<String>>,
    /// Value and words of each choice.
    choices: Vec<(String, String)>,
    /// The value that is chosen at first.
    chosen: String,
    /// Hears what was chosen.
    on_choose: impl Fn(String) + Send + 'static,
) -> impl IntoView {
    let option = |(value, words): (String, String)| {
        let is_chosen = chosen == value;
        view! { <option value=value selected=is_chosen>{words}</option> }
    };
    let options = choices.into_iter().map(option).collect_view();
    let control = ids.control();
    let described_by = {
        let ids = ids.clone();
        move || ids.described_by(None, error.get().as_deref())
    };
    view! {
        <Field ids label error>
            <select
                id=control
                autocomplete="off"
                aria-describedby=described_by
                on:change=move |event| on_choose(event_target_value(&event))
            >
                {options}
            </select>
        </Field>
    }
    .into_any()
}

/// The points, as a number that can be typed freely; what was understood stands there afterwards.
#[component]
fn Points(
    /// The ids around it.
    ids: FieldIds,
    /// The question.
    question: QuestionDraft,
    /// What is wrong with it.
    error: Signal<Option<String>>,
    /// Hears that somebody has left it.
    on_leave: impl Fn() + Send + 'static,
) -> impl IntoView {
    let control = ids.control();
    let described_by = {
        let ids = ids.clone();
        move || ids.described_by(None, error.get().as_deref())
    };
    let typed = RwSignal::new(question.points.get_untracked().to_string());
    view! {
        <Field ids label="Points" error>
            <input
                id=control
                type="text"
                inputmode="numeric"
                autocomplete="off"
                value=typed.get_untracked()
                prop:value=typed
                aria-describedby=described_by
                aria-invalid=move || error.get().map(|_| "true")
                on:input=move |event| {
                    typed.set(event_target_value(&event));
                    question.points.set(points_of(&typed.get_untracked()));
                }
                on:blur=move |_| {
                    typed.set(question.points.get_untracked().to_string());
                    on_leave();
                }
            />
        </Field>
    }
    .into_any()
}

/// Onwards to the neighbours, or to a new question behind the last one.
#[component]
fn PanelFoot(
    /// The desk.
    bench: Bench,
    /// The question.
    question: QuestionDraft,
) -> impl IntoView {
    let neighbour = move |step: Step| {
        bench.draft.questions.with(|questions| {
            let place = questions.iter().position(|other| other.key == question.key)?;
            Some(questions[step.from(place, questions.len())?].key)
        })
    };
    let has_next = Memo::new(move |_| neighbour(Step::Down).is_some());
    let go = move |step| {
        if let Some(key) = untrack(|| neighbour(step)) {
            bench.open(key);
        }
    };
    view! {
        <div class="panel-foot">
            <button
                type="button"
                class="button quiet"
                aria-disabled=move || neighbour(Step::Up).is_none().then_some("true")
                on:click=move |_| go(Step::Up)
            >
                <Icon sign=Sign::Back/>
                "Previous"
            </button>
            <button type="button" class="button" on:click=move |_| if has_next.get_untracked() { go(Step::Down) } else { bench.add() }>
                {move || if has_next.get() { "Next" } else { "New question" }}
                {move || view! { <Icon sign=if has_next.get() { Sign::Forth } else { Sign::Plus }/> }}
            </button>
        </div>
    }
    .into_any()
}

fn text_of(ms: Option<u32>) -> String {
    ms.map(|ms| ms.to_string()).unwrap_or_default()
}
