//! One attempt of a timed session, question by question as it was shown.

use leptos::prelude::*;

use crate::protocol::timed::Transcript;

/// The attempt.
#[component]
pub fn SessionTranscript(
    /// The attempt.
    transcript: Transcript,
) -> impl IntoView {
    let lines = transcript.lines.into_iter().map(|line| view! { <li dir="auto">{line.prompt}</li> }).collect_view();
    view! { <ol class="session-transcript">{lines}</ol> }
}
