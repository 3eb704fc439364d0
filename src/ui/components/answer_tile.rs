//! One answer as a tile: colour, shape, letter and text together, in the same pairing everywhere.
//!
//! It is a still tile on the stage, a button on a phone, and shows after the reveal what was right and how many took it.
//! It does not know what the question is, nor what happens when it is pressed.

use leptos::prelude::*;

use crate::ui::components::answer_mark::{AnswerMark, letter};
use crate::ui::words::{counted, grouped};

/// How a tile stands among the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TileLook {
    /// As the others: it can be chosen, or nothing is known yet.
    #[default]
    Open,
    /// Another one was chosen; this one steps back.
    Back,
    /// It belongs to the key.
    Right,
    /// It does not belong to the key.
    Wrong,
}

impl TileLook {
    /// The name that the stylesheet knows.
    fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Back => "back",
            Self::Right => "right",
            Self::Wrong => "wrong",
        }
    }

    /// What the mark at the tile's end says.
    fn verdict(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Open | Self::Back => None,
            Self::Right => Some(("✓", "right")),
            Self::Wrong => Some(("✗", "wrong")),
        }
    }
}

/// How many took an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Who took it.
    pub count: u32,
    /// Who answered at all.
    pub answered: u32,
}

impl Tally {
    /// The part of those who answered that took it, from 0 to 1; 0 if nobody answered.
    pub fn share(self) -> f64 {
        if self.answered == 0 { 0.0 } else { f64::from(self.count) / f64::from(self.answered) }
    }
}

/// One answer. With `on_press` it is a button, without it a still tile.
///
/// Where several options can be taken the page leaves `look` open and turns `chosen`; a chosen tile is marked by more
/// than its colour.
#[component]
pub fn AnswerTile(
    /// The option's place, from 0.
    place: usize,
    /// What the option says.
    #[prop(into)]
    text: String,
    /// How it stands among the others.
    #[prop(into, optional)]
    look: Signal<TileLook>,
    /// Whether this player chose it.
    #[prop(into, optional)]
    chosen: Signal<bool>,
    /// A word at its end, for example "sent".
    #[prop(into, optional)]
    note: Signal<String>,
    /// How many took it, once that may be known.
    #[prop(into, optional)]
    tally: Signal<Option<Tally>>,
    /// Whether it can be pressed no more.
    #[prop(into, optional)]
    disabled: Signal<bool>,
    /// What a press asks, with the option's place.
    #[prop(into, optional)]
    on_press: Option<Callback<usize>>,
) -> impl IntoView {
    let inside = view! {
        <AnswerMark place/>
        <span class="text" dir="auto">{text}</span>
        <span class="end">
            {move || note.with(|note| (!note.is_empty()).then(|| view! { <span class="note">{note.clone()}</span> }))}
            {move || tally.get().map(|tally| view! { <Count tally/> })}
            {move || look.get().verdict().map(|(sign, word)| view! { <Verdict sign word/> })}
        </span>
        {move || tally.get().map(|tally| view! {
            <span class="bar" style=("--share", format!("{:.4}", tally.share()))></span>
        })}
    };
    match on_press {
        Some(press) => view! {
            // Not `disabled`, which would drop the focus of whoever plays by keyboard.
            <button
                type="button"
                class="answer-tile"
                data-answer=letter(place)
                data-look=move || look.get().name()
                aria-pressed=move || chosen.get().to_string()
                aria-disabled=move || disabled.get().then_some("true")
                on:click=move |_| if !disabled.get_untracked() { press.run(place) }
            >
                {inside}
            </button>
        }
        .into_any(),
        None => view! {
            <div
                class="answer-tile"
                data-answer=letter(place)
                data-look=move || look.get().name()
                data-chosen=move || chosen.get().then_some("")
            >
                {inside}
            </div>
        }
        .into_any(),
    }
}

/// The number of those who took the option, with its noun for who does not see the bar.
#[component]
fn Count(
    /// How many.
    tally: Tally,
) -> impl IntoView {
    view! {
        <span class="count" aria-hidden="true">{grouped(tally.count)}</span>
        <span class="visually-hidden">{counted(tally.count, "answer")}</span>
    }
}

/// The sign of right or wrong, and its word.
#[component]
fn Verdict(
    /// The sign.
    sign: &'static str,
    /// The word.
    word: &'static str,
) -> impl IntoView {
    view! {
        <span class="verdict" aria-hidden="true">{sign}</span>
        <span class="visually-hidden">{word}</span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_those_who_answered() {
        assert!((Tally { count: 98, answered: 196 }.share() - 0.5).abs() < f64::EPSILON);
        assert!(Tally { count: 0, answered: 0 }.share().abs() < f64::EPSILON);
    }
}
