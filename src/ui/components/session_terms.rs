//! What holds for everybody in a timed session, in one line of words: limit, window, attempts, feedback and the rest.
//!
//! It knows the settings and how people say them.

use leptos::prelude::*;

use crate::domain::timed::{Feedback, TimedSettings};
use crate::ui::components::session_moment::SessionMoment;
use crate::ui::words::{counted, exact};

/// When somebody learns how it went: value of the form, and words.
pub const FEEDBACK: [(Feedback, &str, &str); 4] = [
    (Feedback::AtTheEnd, "at_the_end", "when they are done"),
    (Feedback::WithEachAnswer, "with_each_answer", "after each answer, which is final then"),
    (Feedback::WhenClosed, "when_closed", "when the session is over for everybody"),
    (Feedback::Never, "never", "never; only you see them"),
];

/// What is agreed beside times, as short sentences.
fn agreed(settings: &TimedSettings) -> Vec<String> {
    let results = FEEDBACK.iter().find(|(feedback, ..)| *feedback == settings.feedback);
    let order = match (settings.shuffles_questions, settings.shuffles_options) {
        (true, true) => Some("questions and answers in an order of their own"),
        (true, false) => Some("questions in an order of their own"),
        (false, true) => Some("answers in an order of their own"),
        (false, false) => None,
    };
    let way_back = if settings.may_go_back { "answers can be changed" } else { "no way back to earlier questions" };
    let compares = settings.compares.then_some("results next to the average of the others");
    let mut words = vec![counted(settings.attempts, "attempt")];
    words.extend(results.map(|(_, _, words)| format!("results {words}")));
    words.push(way_back.to_owned());
    words.extend(order.into_iter().chain(compares).map(str::to_owned));
    words
}

/// The line.
#[component]
pub fn SessionTerms(
    /// What the host decided.
    settings: TimedSettings,
    /// How many questions everybody has.
    question_count: u32,
) -> impl IntoView {
    let limit = match settings.limit {
        Some(limit) => format!("{} for {}", exact(limit), counted(question_count, "question")),
        None => format!("{} without a time limit", counted(question_count, "question")),
    };
    view! {
        <ul class="session-terms">
            <li>{limit}</li>
            {settings.opens_at.map(|at| view! { <li>"opens "<SessionMoment at/></li> })}
            {settings.closes_at.map(|at| view! { <li>"closes "<SessionMoment at/></li> })}
            {agreed(&settings).into_iter().map(|words| view! { <li>{words}</li> }).collect_view()}
        </ul>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_agreed_is_told_in_words() {
        assert_eq!(
            agreed(&TimedSettings::default()),
            ["1 attempt", "results when they are done", "answers can be changed"]
        );
        let strict = TimedSettings {
            attempts: 3,
            may_go_back: false,
            shuffles_questions: true,
            shuffles_options: true,
            compares: true,
            ..TimedSettings::default()
        };
        let words = agreed(&strict).join("; ");
        for part in ["3 attempts", "no way back", "questions and answers in an order", "average of the others"] {
            assert!(words.contains(part), "{words}");
        }
    }
}
