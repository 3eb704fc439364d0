//! What the quiz is called, what it is about, and its language.

use leptos::prelude::*;

use crate::domain::quiz::QuizField;
use crate::ui::components::field::{Field, FieldIds};
use crate::ui::pages::quiz_editor::bench::Bench;
use crate::ui::pages::quiz_editor::choices::language_choices;
use crate::ui::pages::quiz_editor::live_text::{LiveLine, LiveLines};
use crate::ui::pages::quiz_editor::spot::Spot;

/// The card about the quiz as a whole.
#[component]
pub fn About(
    /// The desk.
    bench: Bench,
) -> impl IntoView {
    let draft = bench.draft;
    let [title, description, language] = [QuizField::Title, QuizField::Description, QuizField::Language].map(|field| {
        let spot = Spot::Whole(field);
        (FieldIds::of(spot.id()), draft.error_of_whole(field), move || draft.visit(spot))
    });
    let choices = move || language_choices(&draft.language.get());
    let described_by = {
        let (ids, error) = (language.0.clone(), language.1);
        move || ids.described_by(None, error.get().as_deref())
    };
    view! {
        <section class="about-quiz card" aria-label="About the quiz">
            <Field ids=title.0.clone() label="Title" error=title.1>
                <LiveLine ids=title.0 value=draft.title error=title.1 language=draft.language on_leave=title.2/>
            </Field>
            <Field ids=language.0.clone() label="Language" error=language.1>
                <select
                    id=language.0.control()
                    autocomplete="off"
                    aria-describedby=described_by
                    on:change=move |event| draft.language.set(event_target_value(&event))
                    on:blur=move |_| language.2()
                >
                    <For each=choices key=|(tag, _)| tag.clone() let((tag, name))>
                        <option value=tag.clone() selected=tag == draft.language.get_untracked()>{name}</option>
                    </For>
                </select>
            </Field>
            <div class="wide">
                <Field ids=description.0.clone() label="What it is about (optional)" error=description.1>
                    <LiveLines
                        ids=description.0
                        value=draft.description
                        error=description.1
                        language=draft.language
                        rows=1
                        on_leave=description.2
                    />
                </Field>
            </div>
        </section>
    }
    .into_any()
}
