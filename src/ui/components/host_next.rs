//! What the host can do now: the one next action, large, and the others.
//!
//! What comes next follows from the view; what happens is asked through [`Asks`].

use leptos::prelude::*;

use crate::domain::time::Timestamp;
use crate::protocol::command::HostCommand;
use crate::protocol::view::{HostView, Phase, Scene};
use crate::ui::address::address;
use crate::ui::components::host_asks::Asks;
use crate::ui::components::stage_question::part;

/// The next action with the words on its button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextAction {
    /// The words.
    pub label: &'static str,
    /// What is asked; `None` while the room goes on by itself.
    pub command: Option<HostCommand>,
}

/// What leads on from here; `None` after the end.
pub fn next_action(view: &HostView, now: Timestamp) -> Option<NextAction> {
    let step = view.show.step;
    let next = |label| Some(NextAction { label, command: Some(HostCommand::Next { step }) });
    let is_last = view.cue.next_prompt.is_none();
    match part(&view.show.scene, now) {
        Phase::Lobby => next("Start the quiz"),
        Phase::Reading => Some(NextAction { label: "The answers open by themselves", command: None }),
        Phase::Answering => {
            Some(NextAction { label: "End the question now", command: Some(HostCommand::Close { step }) })
        }
        Phase::Reveal | Phase::Standings if is_last => next("Show the podium"),
        Phase::Reveal => next("Show the standings"),
        Phase::Standings => next("Next question"),
        Phase::Podium => next("Close the room"),
        Phase::Closed => None,
    }
}

/// Where the room stands, as the heading of the host's page.
pub fn heading(view: &HostView, now: Timestamp) -> String {
    let of = |turn| format!("question {turn} of {}", view.show.question_count);
    let turn = view.show.scene.turn().map(|turn| of(turn.0)).unwrap_or_default();
    match part(&view.show.scene, now) {
        Phase::Lobby if view.show.presence.seats == 0 => "Waiting for the first player".to_owned(),
        Phase::Lobby => "Start when everyone is in".to_owned(),
        Phase::Reading => format!("Reading {turn}"),
        Phase::Answering => format!("Answering {turn}"),
        Phase::Reveal => format!("Answer to {turn}"),
        Phase::Standings => format!("Standings after {turn}"),
        Phase::Podium => "The podium".to_owned(),
        Phase::Closed => "The room is closed".to_owned(),
    }
}

/// The next action. Space does the same, as its face says.
#[component]
pub fn HostNext(
    /// What the host sees.
    #[prop(into)]
    view: Signal<HostView>,
    /// The time.
    #[prop(into)]
    now: Signal<Timestamp>,
    /// Where commands go.
    asks: Asks,
) -> impl IntoView {
    let action = Memo::new(move |_| view.with(|view| next_action(view, now.get())));
    let busy = Memo::new(move |_| {
        action.get().and_then(|action| action.command).is_some_and(|command| asks.is_waiting(command))
    });
    let waits = Memo::new(move |_| action.get().is_some_and(|action| action.command.is_none()));
    let refusal = Memo::new(move |_| asks.refusal());
    let press = move |_| {
        if let Some(command) = action.get_untracked().and_then(|action| action.command) {
            asks.ask(command);
        }
    };
    view! {
        <div class="host-next">
            // One button for all phases, so that a thumb or the focus on it stays where it is.
            <Show
                when=move || action.with(Option::is_some)
                fallback=|| view! { <a class="button primary" href=address("/quizzes")>"Back to my quizzes"</a> }
            >
                <button
                    type="button"
                    class="button primary"
                    aria-disabled=move || waits.get().then_some("true")
                    aria-busy=move || busy.get().then_some("true")
                    aria-keyshortcuts="Space"
                    on:click=press
                >
                    <span>{move || action.with(|action| action.as_ref().map(|action| action.label))}</span>
                    <kbd>"space"</kbd>
                </button>
            </Show>
            <p class="told" role="status">
                {move || match (refusal.get(), busy.get()) {
                    (Some(why), _) => format!("Not done: {why}."),
                    (None, true) => "Asked, one moment…".to_owned(),
                    (None, false) => String::new(),
                }}
            </p>
        </div>
    }
    .into_any()
}

/// Everything else that can be done with the room: skip, lock, end. The end is asked for twice.
#[component]
pub fn HostMore(
    /// What the host sees.
    #[prop(into)]
    view: Signal<HostView>,
    /// Whether the question about the end is open; the page's keys open it as well.
    ending: RwSignal<bool>,
    /// Where commands go.
    asks: Asks,
) -> impl IntoView {
    let step = Memo::new(move |_| view.with(|view| view.show.step));
    let phase = Memo::new(move |_| view.with(|view| view.show.scene.phase()));
    let lock =
        Memo::new(move |_| if view.with(|view| view.show.locked) { HostCommand::Unlock } else { HostCommand::Lock });
    let has_question =
        Memo::new(move |_| view.with(|view| matches!(view.show.scene, Scene::Reading(_) | Scene::Answering(_))));
    view! {
        <Show when=move || phase.get() != Phase::Closed>
            <div class="host-more">
                <Show when=move || has_question.get()>
                    <button
                        type="button"
                        class="button"
                        aria-keyshortcuts="S"
                        aria-busy=move || asks.is_asked(HostCommand::Skip { step: step.get() }).then_some("true")
                        on:click=move |_| asks.ask(HostCommand::Skip { step: step.get_untracked() })
                    >
                        "Skip question" <kbd>"S"</kbd>
                    </button>
                </Show>
                <button
                    type="button"
                    class="button"
                    aria-keyshortcuts="L"
                    aria-busy=move || asks.is_asked(lock.get()).then_some("true")
                    on:click=move |_| asks.ask(lock.get_untracked())
                >
                    {move || match lock.get() {
                        HostCommand::Unlock => "Unlock room",
                        _ => "Lock room",
                    }}
                    <kbd>"L"</kbd>
                </button>
                // On the podium the next action closes the room already.
                <Show when=move || phase.get() != Phase::Podium>
                    <button
                        type="button"
                        class="button"
                        aria-expanded=move || ending.get().to_string()
                        on:click=move |_| ending.update(|open| *open = !*open)
                    >
                        {move || if phase.get() == Phase::Lobby { "Close room" } else { "End quiz" }}
                    </button>
                </Show>
            </div>
            <Show when=move || ending.get() && phase.get() != Phase::Podium>
                <EndQuestion phase step ending asks/>
            </Show>
        </Show>
    }
    .into_any()
}

/// Asks whether the quiz shall really end.
#[component]
fn EndQuestion(
    /// Where the session stands.
    phase: Memo<Phase>,
    /// The room's step.
    step: Memo<u32>,
    /// Whether this is open.
    ending: RwSignal<bool>,
    /// Where commands go.
    asks: Asks,
) -> impl IntoView {
    let keep = NodeRef::<leptos::html::Button>::new();
    Effect::new(move |_| {
        if let Some(keep) = keep.get() {
            // It has just been made, so it can take the focus; if not, nothing is lost.
            let _ = keep.focus();
        }
    });
    let words = move || match phase.get() {
        Phase::Lobby => "Close the room for everybody? Nothing has been asked yet.",
        Phase::Reading | Phase::Answering => {
            "End the quiz for everybody? The open question does not count, then comes the podium."
        }
        Phase::Reveal | Phase::Standings | Phase::Podium | Phase::Closed => {
            "End the quiz for everybody? Then comes the podium."
        }
    };
    let end = move |_| {
        ending.set(false);
        asks.ask(HostCommand::End { step: step.get_untracked() });
    };
    view! {
        <div class="host-end card" role="group" aria-label="End the quiz">
            <p>{words}</p>
            <div class="choice">
                <button type="button" class="button" node_ref=keep on:click=move |_| ending.set(false)>
                    "Keep playing"
                </button>
                <button type="button" class="button danger" on:click=end>"End it now"</button>
            </div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::JoinCode;
    use crate::domain::ids::TurnNo;
    use crate::domain::question::QuestionKind;
    use crate::protocol::state::{Leaderboard, Presence};
    use crate::protocol::view::{Cue, QuestionFace, Show};

    fn check(scene: Scene, next_prompt: Option<&str>, now: i64, label: Option<&str>, told: &str) {
        let view = HostView {
            chat: crate::protocol::chat::Chat::default(),
            show: Show {
                title: "Friday".to_owned(),
                language: "en".to_owned(),
                code: JoinCode::parse("KFX7QM").expect("a good code"),
                question_count: 10,
                step: 7,
                locked: false,
                scene,
                presence: Presence::default(),
                leaderboard: Leaderboard::default(),
            },
            people: Vec::new(),
            cue: Cue { next_prompt: next_prompt.map(str::to_owned), ..Cue::default() },
        };
        assert_eq!(next_action(&view, Timestamp(now)).map(|action| action.label), label);
        assert_eq!(heading(&view, Timestamp(now)), told);
    }

    fn reading() -> Scene {
        Scene::Reading(QuestionFace {
            turn: TurnNo(4),
            kind: QuestionKind::TrueFalse,
            prompt: "Is it?".to_owned(),
            options: vec!["True".to_owned(), "False".to_owned()],
            points: 1_000,
            opened_at: Timestamp(0),
            answers_at: Timestamp(3_000),
            deadline: None,
        })
    }

    #[test]
    fn the_next_action_says_where_it_leads() {
        check(Scene::Lobby, Some("Is it?"), 0, Some("Start the quiz"), "Waiting for the first player");
        check(reading(), None, 0, Some("The answers open by themselves"), "Reading question 4 of 10");
        check(reading(), None, 3_000, Some("End the question now"), "Answering question 4 of 10");
        let standings = Scene::Standings { turn: TurnNo(4) };
        check(standings.clone(), Some("Is it?"), 0, Some("Next question"), "Standings after question 4 of 10");
        check(standings, None, 0, Some("Show the podium"), "Standings after question 4 of 10");
        check(Scene::Podium, None, 0, Some("Close the room"), "The podium");
        check(Scene::Closed, None, 0, None, "The room is closed");
    }
}
