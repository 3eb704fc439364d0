//! A room's page that cannot be shown: why, and the way on.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::ApiError;
use crate::ui::address::address;
use crate::ui::components::logo::Logo;
use crate::ui::response;

/// Says why a host's or stage's page is not here, with a way on. Sets the answer's status where there is none yet.
#[component]
pub fn RoomProblem(
    /// Why.
    problem: ApiError,
) -> impl IntoView {
    if problem == ApiError::NotFound {
        response::set_not_found();
    }
    let (heading, words, label, way) = told(&problem);
    view! {
        <Title text=format!("{heading} · Podium")/>
        <main class="room-problem" id="content" data-theme="auto">
            <Logo/>
            <h1>{heading}</h1>
            <p>{words}</p>
            <a class="button primary" href=if way.is_empty() { String::new() } else { address(way) }>{label}</a>
        </main>
    }
}

/// Heading, sentence, and the one link with where it leads.
fn told(problem: &ApiError) -> (&'static str, String, &'static str, &'static str) {
    match problem {
        ApiError::NotSignedIn => {
            let words = "Rooms are driven by who opened them. Sign in, then open the room from its quiz.";
            ("Please sign in", words.to_owned(), "Sign in", "/login")
        }
        ApiError::NotFound => {
            let words = "No open room of yours has this code. Perhaps it is over, or a letter got lost on the way.";
            ("No room here", words.to_owned(), "To my quizzes", "/quizzes")
        }
        ApiError::Changed | ApiError::Refused(_) => {
            ("This cannot be shown", sentence(problem), "To my quizzes", "/quizzes")
        }
        // An empty address is the page itself: the link tries again.
        ApiError::Later(_) | ApiError::Unreachable => ("Not just now", sentence(problem), "Try again", ""),
    }
}

/// The problem's own words as a sentence.
fn sentence(problem: &ApiError) -> String {
    let words = problem.to_string();
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_as_a_sentence() {
        assert_eq!(sentence(&ApiError::Unreachable), "The server cannot be reached.");
        assert_eq!(sentence(&ApiError::Refused("no".to_owned())), "No.");
    }
}
