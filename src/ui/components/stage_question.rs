//! A question on the stage: the prompt alone, then the tiles with the clock, then the key with who took what.
//!
//! One component for all three, so that what stands stays where it is. It takes the scene and the time as they come.

use leptos::prelude::*;

use crate::domain::time::Timestamp;
use crate::protocol::state::Presence;
use crate::protocol::view::{Phase, QuestionFace, Revealed, Scene};
use crate::ui::components::answer_tile::{AnswerTile, Tally, TileLook};
use crate::ui::components::countdown::{CountdownBar, CountdownRing};
use crate::ui::components::stage_fit::{Load, Sizes, fit, fit_prompt, padding};
use crate::ui::words::{counted, grouped};

/// Which part of a question is on. The options open by the page's clock, at the same instant everywhere, even when the
/// event that says so is still on its way.
pub fn part(scene: &Scene, now: Timestamp) -> Phase {
    match scene {
        Scene::Reading(question) if now >= question.answers_at => Phase::Answering,
        Scene::Lobby
        | Scene::Reading(_)
        | Scene::Answering(_)
        | Scene::Reveal(_)
        | Scene::Standings { .. }
        | Scene::Podium
        | Scene::Closed => scene.phase(),
    }
}

/// The question of one turn.
#[component]
pub fn StageQuestion(
    /// The question; its texts stay the same for the whole turn.
    question: QuestionFace,
    /// The language of its texts.
    #[prop(into)]
    language: String,
    /// What is on: the same turn, reading, answering or revealed.
    #[prop(into)]
    scene: Signal<Scene>,
    /// The time.
    #[prop(into)]
    now: Signal<Timestamp>,
) -> impl IntoView {
    let QuestionFace { prompt, options, opened_at, answers_at, .. } = question;
    let part = Memo::new(move |_| scene.with(|scene| part(scene, now.get())));
    let deadline = Memo::new(move |_| scene.with(|scene| scene.question().and_then(|question| question.deadline)));
    let revealed = Memo::new(move |_| scene.with(|scene| revealed(scene).cloned()));
    let texts = StoredValue::new((prompt.clone(), options));
    let sizes = Memo::new(move |_| {
        let explanation =
            revealed.with(|revealed| revealed.as_ref().map(|it| it.explanation.clone()).unwrap_or_default());
        texts.with_value(|(prompt, options)| match part.get() {
            Phase::Reading => Sizes { prompt: fit_prompt(prompt), ..fit(Load { prompt, options, explanation: "" }) },
            _ => fit(Load { prompt, options, explanation: &explanation }),
        })
    });
    view! {
        <section
            class="stage-question"
            data-part=move || part_name(part.get())
            lang=language
            style=move || sizes_style(sizes.get())
        >
            <div class="ask">
                <h1 class="prompt" dir="auto">{prompt}</h1>
                {move || (part.get() == Phase::Answering).then(|| view! {
                    <CountdownRing now from=Signal::stored(answers_at) until=deadline/>
                })}
            </div>
            {move || (part.get() == Phase::Reading).then(|| view! {
                <CountdownBar
                    now
                    from=Signal::stored(opened_at)
                    until=Signal::stored(Some(answers_at))
                    words="until the answers open"
                />
            })}
            <Show when=move || part.get() != Phase::Reading>
                <Tiles options=texts.with_value(|(_, options)| options.clone()) revealed/>
            </Show>
            {move || revealed.with(|revealed| revealed.as_ref().filter(|it| !it.explanation.is_empty()).map(|it| view! {
                <p class="explanation" dir="auto">{it.explanation.clone()}</p>
            }))}
        </section>
    }
    .into_any()
}

/// All answers, two in a row.
#[component]
fn Tiles(
    /// What they say.
    options: Vec<String>,
    /// The key, once it is shown.
    revealed: Memo<Option<Revealed>>,
) -> impl IntoView {
    let pad = format!("{:.2}", padding(options.len()));
    let tile = move |(place, text): (usize, String)| {
        let look = move || revealed.with(|revealed| look(revealed.as_ref(), place));
        let tally = move || revealed.with(|revealed| tally(revealed.as_ref(), place));
        view! { <li><AnswerTile place text look=Signal::derive(look) tally=Signal::derive(tally)/></li> }
    };
    view! {
        <ol class="tiles" style=("--pad", pad)>{options.into_iter().enumerate().map(tile).collect_view()}</ol>
    }
    .into_any()
}

/// How many have answered, as a bar and in words; after the reveal, how many were right.
#[component]
pub fn Answered(
    /// What is on.
    #[prop(into)]
    scene: Signal<Scene>,
    /// Who is there.
    #[prop(into)]
    presence: Signal<Presence>,
) -> impl IntoView {
    let told = Memo::new(move |_| scene.with(|scene| presence.with(|presence| answered(scene, presence))));
    view! {
        <p class="stage-answered">
            <span class="bar" aria-hidden="true" style=("--share", move || format!("{:.4}", told.get().share()))></span>
            <span>
                <strong class="number">{move || grouped(told.get().part)}</strong>
                {move || told.get().words}
            </span>
        </p>
    }
    .into_any()
}

/// A number of a whole, with its words.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    part: u32,
    whole: u32,
    words: String,
}

impl Told {
    fn share(&self) -> f64 {
        if self.whole == 0 { 0.0 } else { f64::from(self.part.min(self.whole)) / f64::from(self.whole) }
    }
}

/// Who answered and went away still counts, so the whole is never less than the part.
fn answered(scene: &Scene, presence: &Presence) -> Told {
    match revealed(scene) {
        Some(revealed) => {
            let words = format!(" of {} right", counted(revealed.answered, "answer"));
            Told { part: revealed.right, whole: revealed.answered, words }
        }
        None => {
            let whole = presence.here.max(presence.answered);
            Told { part: presence.answered, whole, words: format!(" of {} answered", grouped(whole)) }
        }
    }
}

/// The question with its key, once that is shown.
pub fn revealed(scene: &Scene) -> Option<&Revealed> {
    match scene {
        Scene::Reveal(revealed) => Some(revealed),
        Scene::Lobby
        | Scene::Reading(_)
        | Scene::Answering(_)
        | Scene::Standings { .. }
        | Scene::Podium
        | Scene::Closed => None,
    }
}

/// How a tile stands once the key is shown.
pub fn look(revealed: Option<&Revealed>, place: usize) -> TileLook {
    match revealed {
        None => TileLook::Open,
        Some(revealed) if revealed.key.has(place) => TileLook::Right,
        Some(_) => TileLook::Back,
    }
}

/// Who took a tile, once that may be known.
pub fn tally(revealed: Option<&Revealed>, place: usize) -> Option<Tally> {
    let revealed = revealed?;
    Some(Tally { count: revealed.counts.get(place).copied().unwrap_or(0), answered: revealed.answered })
}

fn part_name(part: Phase) -> &'static str {
    match part {
        Phase::Reading => "reading",
        Phase::Reveal => "reveal",
        Phase::Answering | Phase::Lobby | Phase::Standings | Phase::Podium | Phase::Closed => "answering",
    }
}

fn sizes_style(sizes: Sizes) -> String {
    let Sizes { prompt, answer, explanation, ring } = sizes;
    format!("--prompt: {prompt:.2}; --answer: {answer:.2}; --explanation: {explanation:.2}; --ring: {ring:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::TurnNo;
    use crate::domain::question::{Choice, QuestionKind};

    fn question() -> QuestionFace {
        QuestionFace {
            turn: TurnNo(1),
            kind: QuestionKind::Single,
            prompt: "Which?".to_owned(),
            options: vec!["This".to_owned(), "That".to_owned()],
            points: 1_000,
            opened_at: Timestamp(0),
            answers_at: Timestamp(3_000),
            deadline: Some(Timestamp(23_000)),
        }
    }

    fn reveal() -> Revealed {
        let key = Choice::of(&[1]).expect("a place");
        Revealed { question: question(), key, explanation: String::new(), counts: vec![2, 6], answered: 8, right: 6 }
    }

    #[test]
    fn the_options_open_by_the_clock() {
        let scene = Scene::Reading(question());
        assert_eq!(part(&scene, Timestamp(2_999)), Phase::Reading);
        assert_eq!(part(&scene, Timestamp(3_000)), Phase::Answering);
        assert_eq!(part(&Scene::Reveal(reveal()), Timestamp(3_000)), Phase::Reveal);
    }

    #[test]
    fn right_tiles_stay_and_the_others_step_back() {
        assert_eq!(look(None, 0), TileLook::Open);
        assert_eq!(look(Some(&reveal()), 0), TileLook::Back);
        assert_eq!(look(Some(&reveal()), 1), TileLook::Right);
        assert_eq!(tally(Some(&reveal()), 1), Some(Tally { count: 6, answered: 8 }));
        assert_eq!(tally(Some(&reveal()), 9), Some(Tally { count: 0, answered: 8 }));
    }

    #[test]
    fn the_bar_counts_answers_then_right_ones() {
        let mut presence = Presence { here: 10, seats: 12, answered: 4, is_host_here: true };
        let told = answered(&Scene::Answering(question()), &presence);
        assert_eq!((told.part, told.words.as_str()), (4, " of 10 answered"));
        presence.here = 3;
        assert!((answered(&Scene::Answering(question()), &presence).share() - 1.0).abs() < f64::EPSILON);
        let told = answered(&Scene::Reveal(reveal()), &presence);
        assert_eq!((told.part, told.words.as_str()), (6, " of 8 answers right"));
    }
}
