//! A state in a word or two, with a dot: told by its words, helped by its colour.
//!
//! It does not know what it is the state of.

use leptos::prelude::*;

/// What kind of state it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Good,
    /// Something waits.
    Waiting,
    /// Neither.
    Plain,
    /// Something is wrong.
    Bad,
}

impl Tone {
    fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Waiting => "waiting",
            Self::Plain => "plain",
            Self::Bad => "bad",
        }
    }
}

/// A state.
#[component]
pub fn Badge(
    /// What kind of state it is.
    tone: Tone,
    /// The words.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! { <span class="badge" data-tone-of=tone.name()>{text}</span> }
}
