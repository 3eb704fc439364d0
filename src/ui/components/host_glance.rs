//! What the host has to know at a glance: what the stage shows right now, what is right, what comes, how everybody is.

use leptos::prelude::*;

use crate::domain::question::Choice;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::state::Presence;
use crate::protocol::view::{Cue, HostPerson, HostView, Phase, QuestionFace, Scene};
use crate::ui::components::answer_mark::AnswerMark;
use crate::ui::components::countdown::CountdownBar;
use crate::ui::components::podium::initial;
use crate::ui::components::stage_question::{Answered, part, revealed, tally};
use crate::ui::words::grouped;

/// A round trip from which playing feels slow.
const SLOW: Millis = Millis(400);

/// The stage, small, with what only the host may see.
#[component]
pub fn HostGlance(
    /// What the host sees.
    #[prop(into)]
    view: Signal<HostView>,
    /// The time.
    #[prop(into)]
    now: Signal<Timestamp>,
) -> impl IntoView {
    let scene = Memo::new(move |_| view.with(|view| view.show.scene.clone()));
    let cue = Memo::new(move |_| view.with(|view| view.cue.clone()));
    let presence = Memo::new(move |_| view.with(|view| view.show.presence.clone()));
    let question = Memo::new(move |_| scene.with(|scene| scene.question().cloned()));
    let phase = Memo::new(move |_| scene.with(|scene| part(scene, now.get())));
    let leaders = Memo::new(move |_| view.with(leaders));
    let language = view.with_untracked(|view| view.show.language.clone());
    let texts = language.clone();
    view! {
        <section class="host-glance" aria-label="On the stage now">
            <div class="mini" data-tone="dark">
                <p class="label">"On the stage: "{move || stage_words(phase.get())}</p>
                {move || match question.get() {
                    Some(question) => view! { <MiniQuestion question scene cue phase now language=texts.clone()/> }.into_any(),
                    None => view! { <MiniLobby view phase/><MiniRanks leaders phase/> }.into_any(),
                }}
                <Show when=move || matches!(phase.get(), Phase::Answering | Phase::Reveal)>
                    <Answered scene presence/>
                </Show>
            </div>
            {move || next_words(&cue.get(), phase.get()).map(|(label, prompt)| view! {
                <p class="next">
                    <span class="label">{label}</span>" "
                    <span lang=language.clone() dir="auto">{prompt}</span>
                </p>
            })}
        </section>
    }
    .into_any()
}

/// The question with its answers, the right ones marked.
#[component]
fn MiniQuestion(
    /// The question.
    question: QuestionFace,
    /// What is on, for the counts after the reveal.
    scene: Memo<Scene>,
    /// What is right.
    cue: Memo<Cue>,
    /// What the stage shows of it.
    phase: Memo<Phase>,
    /// The time.
    now: Signal<Timestamp>,
    /// The language of the texts.
    language: String,
) -> impl IntoView {
    let QuestionFace { prompt, options, opened_at, answers_at, deadline, .. } = question;
    let key: Memo<Choice> = Memo::new(move |_| cue.with(|cue| cue.key));
    let explanation = Memo::new(move |_| cue.with(|cue| cue.explanation.clone()));
    let answer = move |(place, text): (usize, String)| {
        view! {
            <li data-right=move || key.get().has(place).then_some("")>
                <AnswerMark place/>
                <span class="text" dir="auto">{text}</span>
                {move || scene.with(|scene| tally(revealed(scene), place)).map(|tally| view! {
                    <span class="number">{grouped(tally.count)}<span class="visually-hidden">" answers"</span></span>
                })}
                {move || key.get().has(place).then(|| view! {
                    <span class="sign" aria-hidden="true">"✓"</span><span class="visually-hidden">"right"</span>
                })}
            </li>
        }
    };
    view! {
        <div class="question" lang=language>
            <p class="prompt" dir="auto">{prompt}</p>
            <ol class="answers">{options.into_iter().enumerate().map(answer).collect_view()}</ol>
            <Show when=move || !explanation.with(String::is_empty)>
                <p class="why" dir="auto">{explanation}</p>
            </Show>
        </div>
        {move || match phase.get() {
            Phase::Reading => view! {
                <CountdownBar
                    now
                    from=Signal::stored(opened_at)
                    until=Signal::stored(Some(answers_at))
                    words="until the answers open"
                />
            }
            .into_any(),
            Phase::Answering if deadline.is_none() => view! {
                <p class="label">"No time limit: it ends when everybody has answered, or when you end it."</p>
            }
            .into_any(),
            Phase::Answering => view! {
                <CountdownBar now from=Signal::stored(answers_at) until=Signal::stored(deadline)/>
            }
            .into_any(),
            Phase::Lobby | Phase::Reveal | Phase::Standings | Phase::Podium | Phase::Closed => ().into_any(),
        }}
    }
    .into_any()
}

/// The code and the number, before the first question.
#[component]
fn MiniLobby(
    /// What the host sees.
    view: Signal<HostView>,
    /// What the stage shows.
    phase: Memo<Phase>,
) -> impl IntoView {
    let code = view.with_untracked(|view| view.show.code.spaced());
    let here = Memo::new(move |_| view.with(|view| view.show.presence.here));
    view! {
        <Show when=move || phase.get() == Phase::Lobby>
            <p class="lobby">
                <span class="code">{code.clone()}</span>
                <span><strong class="number">{move || grouped(here.get())}</strong>" here"</span>
            </p>
        </Show>
    }
}

/// The first three, once somebody has points.
#[component]
fn MiniRanks(
    /// Rank, name and points.
    leaders: Memo<Vec<(u32, String, u32)>>,
    /// What the stage shows.
    phase: Memo<Phase>,
) -> impl IntoView {
    view! {
        <Show when=move || phase.get() != Phase::Lobby && leaders.with(|leaders| !leaders.is_empty())>
            <ol class="leaders">
                {move || leaders.get().into_iter().map(|(rank, name, score)| view! {
                    <li>
                        <span class="rank">{rank}</span>
                        <span class="avatar" aria-hidden="true">{initial(&name)}</span>
                        <bdi>{name}</bdi>
                        <span class="number">{grouped(score)}</span>
                    </li>
                }).collect_view()}
            </ol>
        </Show>
    }
}

/// How everybody is, in one line.
#[component]
pub fn HostHealth(
    /// What the host sees.
    #[prop(into)]
    view: Signal<HostView>,
) -> impl IntoView {
    let health = Memo::new(move |_| view.with(Health::of));
    let is_open = Memo::new(move |_| view.with(|view| view.show.scene.phase() != Phase::Closed));
    view! {
        <Show when=move || is_open.get()>
        <p class="host-health" data-slow=move || health.get().is_slow().then_some("")>
            <span class="numbers">{move || health.get().words()}</span>
            {move || health.get().verdict().map(|verdict| view! { <span class="verdict">{verdict}</span> })}
        </p>
        </Show>
    }
    .into_any()
}

/// The numbers of the health line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Health {
    here: u32,
    away: u32,
    slowest: Option<Millis>,
}

impl Health {
    fn of(view: &HostView) -> Self {
        let Presence { here, seats, .. } = view.show.presence;
        let slowest = view.people.iter().filter(|person| person.is_here).filter_map(|person| person.round_trip).max();
        Self { here, away: seats.saturating_sub(here), slowest }
    }

    fn words(self) -> String {
        let slowest = self.slowest.map(|trip| format!(" · slowest link {} ms", trip.0)).unwrap_or_default();
        format!("{} here · {} away{slowest}", grouped(self.here), grouped(self.away))
    }

    fn is_slow(self) -> bool {
        self.slowest.is_some_and(|trip| trip > SLOW)
    }

    /// Nothing is said about links before one was measured.
    fn verdict(self) -> Option<&'static str> {
        self.slowest?;
        Some(if self.is_slow() { "Some links are slow" } else { "All good" })
    }
}

/// What the stage shows, in words.
fn stage_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Lobby => "the code, and who is in",
        Phase::Reading => "the question alone",
        Phase::Answering => "the answers and the clock",
        Phase::Reveal => "the right answer",
        Phase::Standings => "the standings",
        Phase::Podium => "the podium",
        Phase::Closed => "thanks and goodbye",
    }
}

/// The prompt that comes next with its label; nothing once the ranks are final.
fn next_words(cue: &Cue, phase: Phase) -> Option<(&'static str, String)> {
    match phase {
        Phase::Lobby => cue.next_prompt.clone().map(|prompt| ("First question:", prompt)),
        Phase::Reading | Phase::Answering | Phase::Reveal | Phase::Standings => Some(match &cue.next_prompt {
            Some(prompt) => ("Then:", prompt.clone()),
            None => ("Then:", "the podium, this is the last question.".to_owned()),
        }),
        Phase::Podium | Phase::Closed => None,
    }
}

fn leaders(view: &HostView) -> Vec<(u32, String, u32)> {
    view.show.leaderboard.rows.iter().take(3).map(|row| (row.rank, row.name.clone(), row.score)).collect()
}

/// How a person's link is, in words; the time away counts on.
pub fn link_words(person: &HostPerson, now: Timestamp) -> String {
    match (person.is_here, person.round_trip, person.away_since) {
        (true, Some(trip), _) => format!("{} ms", trip.0),
        (true, None, _) => "here".to_owned(),
        (false, _, Some(since)) => format!("away for {}", crate::ui::words::lasting(now - since)),
        (false, _, None) => "away".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SeatId;

    #[test]
    fn health_is_one_line() {
        let health = Health { here: 27, away: 1, slowest: Some(Millis(180)) };
        assert_eq!(health.words(), "27 here · 1 away · slowest link 180 ms");
        assert_eq!(health.verdict(), Some("All good"));
        let health = Health { here: 0, away: 0, slowest: None };
        assert_eq!(health.words(), "0 here · 0 away");
        assert_eq!(health.verdict(), None);
        assert!(Health { here: 1, away: 0, slowest: Some(Millis(401)) }.is_slow());
    }

    #[test]
    fn a_person_is_here_with_a_round_trip_or_away_for_a_while() {
        let mut person = HostPerson {
            seat: SeatId(1),
            name: "Ada".to_owned(),
            is_here: true,
            away_since: None,
            round_trip: Some(Millis(34)),
        };
        assert_eq!(link_words(&person, Timestamp(0)), "34 ms");
        person.is_here = false;
        person.away_since = Some(Timestamp(1_000));
        assert_eq!(link_words(&person, Timestamp(13_900)), "away for 12 s");
    }
}
