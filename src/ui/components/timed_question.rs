//! One question of a timed session: what is asked, what can be chosen, the way on.
//!
//! A plain form whose controls are real radio buttons and check boxes; with scripts each choice is sent as it is made and
//! the way on needs no new page. It shows what became of the last answer in words.

use leptos::ev;
use leptos::prelude::*;

use crate::domain::ids::TurnNo;
use crate::domain::question::{Choice, QuestionKind};
use crate::domain::time::Timestamp;
use crate::domain::timed::Feedback;
use crate::protocol::command::Answer;
use crate::protocol::timed::{Finish, GoTo, SeatPage, SeatView, Solution, TimedShow};
use crate::ui::address::address;
use crate::ui::components::answer_mark::letter;
use crate::ui::components::form_field::HiddenField;
use crate::ui::components::timed_screen::TimedAsks;
use crate::ui::focus::focus_on;
use crate::ui::live::{AskState, AskedAnswer, Connection};
use crate::ui::words::counted;

/// The id of the heading, which takes the focus when another question comes up.
const HEADING: &str = "timed-heading";

/// What of a page stays while it is on: what is shown anew only with another question.
#[derive(Clone, Debug, PartialEq)]
struct Face {
    attempt: u32,
    turn: TurnNo,
    kind: QuestionKind,
    prompt: String,
    options: Vec<String>,
}

/// What is put together for a question and not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Draft {
    attempt: u32,
    answer: Answer,
}

/// The question that is on.
#[component]
pub fn TimedQuestion(
    /// What everybody sees.
    show: Memo<TimedShow>,
    /// What this seat sees.
    seat: Memo<SeatView>,
    /// The time.
    now: Signal<Timestamp>,
    /// How the page and the server stand to each other.
    connection: Signal<Connection>,
    /// The answer that was asked for last.
    asked: Signal<Option<AskedAnswer>>,
    /// What can be asked.
    asks: TimedAsks,
    /// Sent with an answer of a page without scripts.
    request_id: String,
) -> impl IntoView {
    let face = Memo::new(move |_| {
        seat.with(|seat| {
            let SeatPage { turn, kind, prompt, options, .. } = seat.page.clone()?;
            Some(Face { attempt: seat.attempt, turn, kind, prompt, options })
        })
    });
    // By its own clock the page knows first that the time is up; the server says so in a moment.
    let is_over = Memo::new(move |_| seat.with(|seat| seat.deadline.is_some_and(|deadline| now.get() >= deadline)));
    let count = show.with_untracked(|show| show.question_count);
    Effect::new(move |before: Option<Option<TurnNo>>| {
        let turn = face.with(|face| face.as_ref().map(|face| face.turn));
        if before.is_some_and(|before| before != turn) {
            focus_on(HEADING.to_owned());
        }
        turn
    });
    let answered = Memo::new(move |_| {
        u32::try_from(seat.with(|seat| seat.answered.iter().filter(|is| **is).count())).unwrap_or(u32::MAX)
    });
    let draft = RwSignal::new(None::<Draft>);
    let state = Memo::new(move |_| {
        let asked = asked.get();
        let draft = draft.get().and_then(|draft| seat.with(|seat| draft_words(draft, asked.as_ref(), seat)));
        draft.unwrap_or_else(|| saved_words(asked.as_ref(), connection.get(), answered.get()))
    });
    let place = move || face.with(|face| face.as_ref().map_or(0, |face| face.turn.0));
    view! {
        <section class="timed-question" data-over=move || is_over.get().then_some("")>
            <div class="progress" aria-hidden="true">
                <span style=("--done", move || format!("{:.4}", f64::from(answered.get()) / f64::from(count.max(1))))></span>
            </div>
            <p class="where">
                "Question "{place}" of "{count}" · "
                <span class="saved" role="status" data-bad=move || state.with(|(_, is_bad)| is_bad.then_some(""))>
                    {move || state.with(|(words, _)| words.clone())}
                </span>
            </p>
            {move || face.get().map(|face| {
                let request_id = request_id.clone();
                view! { <Asked face show seat is_over asked draft asks request_id/> }
            })}
            <HandIn show seat is_over asks/>
        </section>
    }
    .into_any()
}

/// What is said of a draft, and whether that is bad news; nothing of one that is as good as sent.
fn draft_words(draft: Draft, asked: Option<&AskedAnswer>, seat: &SeatView) -> Option<(String, bool)> {
    let Draft { attempt, answer: Answer { turn, choice } } = draft;
    let page = seat.page.as_ref().filter(|page| seat.attempt == attempt && page.turn == turn)?;
    let is_sent = asked.is_some_and(|asked| asked.answer == draft.answer) || page.choice == Some(choice);
    match (choice.count(), page.choice) {
        _ if is_sent || page.solution.is_some() => None,
        (0, None) => None,
        (0, Some(_)) => Some(("nothing is chosen, so your earlier answer still counts".to_owned(), true)),
        (_, _) => Some(("not sent yet".to_owned(), false)),
    }
}

/// What became of the answers, and whether that is bad news.
fn saved_words(asked: Option<&AskedAnswer>, connection: Connection, answered: u32) -> (String, bool) {
    let is_connected = matches!(connection, Connection::Connected { .. } | Connection::Connecting);
    match asked.map(|asked| &asked.state) {
        Some(AskState::Sent) if is_connected => ("saving…".to_owned(), false),
        Some(AskState::Sent) => ("kept here until you are connected".to_owned(), true),
        Some(AskState::Refused(why)) => (format!("not saved: {why}"), true),
        Some(AskState::Done | AskState::Idle) | None if answered == 0 => ("nothing answered yet".to_owned(), false),
        Some(AskState::Done | AskState::Idle) | None => ("all saved".to_owned(), false),
    }
}

/// The question as it is asked, with the way on.
#[component]
fn Asked(
    /// The question.
    face: Face,
    /// What everybody sees.
    show: Memo<TimedShow>,
    /// What this seat sees.
    seat: Memo<SeatView>,
    /// Whether the time is up.
    is_over: Memo<bool>,
    /// The answer that was asked for last.
    asked: Signal<Option<AskedAnswer>>,
    /// What is put together and not sent: where an answer is final, and where nothing is chosen any more.
    draft: RwSignal<Option<Draft>>,
    /// What can be asked.
    asks: TimedAsks,
    /// Sent with an answer of a page without scripts.
    request_id: String,
) -> impl IntoView {
    let Face { attempt, turn, kind, prompt, options } = face;
    let TimedShow { language, code, question_count, settings, .. } = show.get_untracked();
    let is_practice = settings.feedback == Feedback::WithEachAnswer;
    let takes_many = kind == QuestionKind::Multiple;
    let kept = Memo::new(move |_| {
        seat.with(|seat| seat.page.as_ref().filter(|page| page.turn == turn).and_then(|page| page.choice))
    });
    let on_its_way = Memo::new(move |_| {
        asked.with(|asked| {
            let sent = asked.as_ref().filter(|asked| asked.answer.turn == turn && asked.state == AskState::Sent);
            sent.map(|asked| asked.answer.choice)
        })
    });
    let drafted = Memo::new(move |_| {
        let own = draft.get().filter(|draft| draft.attempt == attempt && draft.answer.turn == turn);
        own.map(|draft| draft.answer.choice)
    });
    let chosen = Memo::new(move |_| drafted.get().or(on_its_way.get()).or(kept.get()).unwrap_or_default());
    let solution = Memo::new(move |_| {
        seat.with(|seat| seat.page.as_ref().filter(|page| page.turn == turn).and_then(|page| page.solution.clone()))
    });
    let can_choose = Memo::new(move |_| !is_over.get() && solution.with(Option::is_none));
    let send = move |choice: Choice| {
        if can_choose.get_untracked() && choice.count() > 0 {
            let _ = asks.answer.run(Answer { turn, choice });
        }
    };
    let choose = move |place: usize| {
        let choice = if takes_many { chosen.get_untracked().toggled(place) } else { Choice::default().toggled(place) };
        // Nothing chosen is no answer: what was saved before stays until something else is chosen.
        if is_practice || choice.count() == 0 {
            draft.set(Some(Draft { attempt, answer: Answer { turn, choice } }));
        } else {
            draft.set(None);
            send(choice);
        }
    };
    let is_last = turn.0 >= question_count;
    let go = move |turn: u32| {
        let _ = asks.go_to.run(GoTo { turn: TurnNo(turn) });
    };
    // With scripts the form is never posted: the button that was pressed says what is meant.
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let waits = is_practice && solution.with_untracked(Option::is_none);
        if waits {
            send(chosen.get_untracked());
        } else if !is_last {
            go(turn.0 + 1);
        }
    };
    let option = |(place, text): (usize, String)| {
        let is_chosen = move || chosen.get().has(place);
        let verdict = move || {
            solution.with(|solution| {
                solution.as_ref().map(|Solution { key, .. }| if key.has(place) { "right" } else { "wrong" })
            })
        };
        view! {
            <label class="option" data-verdict=verdict>
                <input
                    type=if takes_many { "checkbox" } else { "radio" }
                    name="choice"
                    value=place.to_string()
                    checked=kept.get_untracked().is_some_and(|kept| kept.has(place))
                    prop:checked=is_chosen
                    disabled=move || !can_choose.get()
                    on:change=move |_| choose(place)
                />
                <span class="letter" aria-hidden="true">{letter(place)}</span>
                <span class="text" lang=language.clone() dir="auto">{text}</span>
                <span class="sign">
                    {move || match verdict() {
                        Some("right") => "✓ right",
                        Some(_) if is_chosen() => "✗ not right",
                        _ => "",
                    }}
                </span>
            </label>
        }
    };
    let options: Vec<_> = options.into_iter().enumerate().map(option).collect();
    let asks_for_answer = Memo::new(move |_| is_practice && solution.with(Option::is_none));
    let hint = match kind {
        QuestionKind::Multiple => "Choose all that are right.",
        QuestionKind::Single | QuestionKind::TrueFalse => "Choose one.",
    };
    view! {
        <form class="asked" method="post" action=address("/session/answer") on:submit=submit>
            <HiddenField name="code" value=code.to_string()/>
            <HiddenField name="turn" value=turn.to_string()/>
            <HiddenField name="id" value=request_id/>
            <fieldset aria-describedby="timed-hint">
                <legend><h1 id=HEADING tabindex="-1" lang=show.get_untracked().language dir="auto">{prompt}</h1></legend>
                <p class="hint" id="timed-hint">{hint}</p>
                <div class="options">{options.into_iter().collect_view()}</div>
            </fieldset>
            {move || solution.get().map(|solution| view! { <Explained solution/> })}
            <div class="ways">
                {(settings.may_go_back && turn.0 > 1).then(|| view! {
                    <button
                        type="submit"
                        class="button"
                        name="go_to"
                        value=(turn.0 - 1).to_string()
                        on:click=move |event: ev::MouseEvent| {
                            event.prevent_default();
                            go(turn.0 - 1);
                        }
                    >
                        "Back"
                    </button>
                })}
                {move || match (asks_for_answer.get(), is_last) {
                    (true, _) => view! { <button type="submit" class="button strong">"Answer"</button> }.into_any(),
                    (false, false) => view! {
                        <button type="submit" class="button strong" name="go_to" value=(turn.0 + 1).to_string()>
                            "Next question"
                        </button>
                    }
                    .into_any(),
                    // Without scripts the last answer needs a way, too.
                    (false, true) => view! { <button type="submit" class="button needs-no-scripts">"Save"</button> }.into_any(),
                }}
            </div>
        </form>
    }
    .into_any()
}

/// What was right, where each answer is told at once.
#[component]
fn Explained(
    /// What was right.
    solution: Solution,
) -> impl IntoView {
    let Solution { points, explanation, .. } = solution;
    view! {
        <div class="explained" role="status">
            <p class="points">{counted(points, "point")}</p>
            {(!explanation.is_empty()).then(|| view! { <p dir="auto">{explanation}</p> })}
        </div>
    }
}

/// All questions at a glance, and the way to the end.
#[component]
fn HandIn(
    /// What everybody sees.
    show: Memo<TimedShow>,
    /// What this seat sees.
    seat: Memo<SeatView>,
    /// Whether the time is up.
    is_over: Memo<bool>,
    /// What can be asked.
    asks: TimedAsks,
) -> impl IntoView {
    let TimedShow { code, settings, .. } = show.get_untracked();
    let answered = Memo::new(move |_| seat.with(|seat| seat.answered.clone()));
    let here = Memo::new(move |_| seat.with(|seat| seat.page.as_ref().map_or(0, |page| page.turn.0)));
    let open = move || answered.with(|answered| answered.iter().filter(|is| !**is).count());
    let may_go = settings.may_go_back;
    let item = move |(place, is_answered): (usize, bool)| {
        let turn = u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1);
        let words = if is_answered { "answered" } else { "open" };
        let current = move || (here.get() == turn).then_some("step");
        let inside = view! { {turn}<span class="visually-hidden">", "{words}</span> };
        view! {
            <li data-answered=is_answered.then_some("")>
                {if may_go {
                    view! {
                        <button
                            type="submit"
                            name="go_to"
                            value=turn.to_string()
                            aria-current=current
                            on:click=move |event: ev::MouseEvent| {
                                event.prevent_default();
                                let _ = asks.go_to.run(GoTo { turn: TurnNo(turn) });
                            }
                        >
                            {inside}
                        </button>
                    }
                    .into_any()
                } else {
                    view! { <span aria-current=current>{inside}</span> }.into_any()
                }}
            </li>
        }
    };
    let finish = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let _ = asks.finish.run(Finish {});
    };
    view! {
        <details class="hand-in">
            <summary>"Overview and handing in"</summary>
            <form method="post" action=address("/session/answer")>
                <HiddenField name="code" value=code.to_string()/>
                <ol class="overview" aria-label="Questions">
                    {move || answered.get().into_iter().enumerate().map(item).collect_view()}
                </ol>
            </form>
            <form class="end" method="post" action=address("/session/finish") on:submit=finish>
                <HiddenField name="code" value=code.to_string()/>
                <p>
                    {move || match open() {
                        0 => "You have answered everything.".to_owned(),
                        1 => "One question is still open.".to_owned(),
                        count => format!("{count} questions are still open."),
                    }}
                    " Once you hand in, nothing can be changed."
                </p>
                <button type="submit" class="button primary" disabled=move || is_over.get()>"Hand in now"</button>
            </form>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Millis;

    #[test]
    fn it_is_said_in_words_whether_answers_are_safe() {
        let answer = Answer { turn: TurnNo(1), choice: Choice::default() };
        let asked = |state: AskState| Some(AskedAnswer { answer, state });
        let connected = Connection::Connected { round_trip: Some(Millis(20)) };
        for (asked, connection, answered, words, is_bad) in [
            (None, connected, 0, "nothing answered yet", false),
            (None, connected, 3, "all saved", false),
            (asked(AskState::Done), connected, 1, "all saved", false),
            (asked(AskState::Sent), connected, 0, "saving…", false),
            (asked(AskState::Sent), Connection::Offline, 2, "kept here until you are connected", true),
            (asked(AskState::Refused("Too late.".to_owned())), connected, 2, "not saved: Too late.", true),
        ] {
            assert_eq!(saved_words(asked.as_ref(), connection, answered), (words.to_owned(), is_bad));
        }
    }

    #[test]
    fn what_is_put_together_and_not_sent_is_called_so() {
        let choice = |places: &[u8]| Choice::of(places).expect("places");
        let answer = |places: &[u8]| Answer { turn: TurnNo(2), choice: choice(places) };
        let page = |kept: Option<&[u8]>, solution: Option<Solution>| SeatPage {
            turn: TurnNo(2),
            kind: QuestionKind::Multiple,
            prompt: String::new(),
            options: Vec::new(),
            points: 1,
            choice: kept.map(choice),
            solution,
        };
        let seat = |page: SeatPage| SeatView {
            seat: crate::domain::ids::SeatId(1),
            name: String::new(),
            state: crate::protocol::timed::SeatState::Active,
            attempt: 1,
            attempts_left: 0,
            deadline: None,
            stopped_with: None,
            extra: Millis(0),
            page: Some(page),
            answered: vec![false; 3],
            ended: None,
            summary: None,
        };
        let words = |draft: Draft, asked: Option<AskedAnswer>, seat: &SeatView| {
            draft_words(draft, asked.as_ref(), seat).map(|(words, _)| words)
        };
        let draft = |places: &[u8]| Draft { attempt: 1, answer: answer(places) };
        let sent = |places: &[u8]| Some(AskedAnswer { answer: answer(places), state: AskState::Sent });
        let (blank, kept) = (seat(page(None, None)), seat(page(Some(&[1]), None)));
        assert_eq!(words(draft(&[0]), None, &blank).as_deref(), Some("not sent yet"));
        assert_eq!(words(draft(&[0, 1]), sent(&[0]), &blank).as_deref(), Some("not sent yet"));
        assert_eq!(words(draft(&[0]), sent(&[0]), &blank), None, "it is on its way");
        assert_eq!(words(draft(&[]), None, &blank), None, "nothing is nothing");
        let still = "nothing is chosen, so your earlier answer still counts";
        assert_eq!(words(draft(&[]), None, &kept).as_deref(), Some(still));
        assert_eq!(words(draft(&[1]), None, &kept), None, "it is there");
        let solution = Solution { key: choice(&[1]), verdict: None, points: 0, explanation: String::new() };
        assert_eq!(words(draft(&[0]), None, &seat(page(Some(&[1]), Some(solution)))), None, "it is too late for it");
        for other in [
            Draft { attempt: 2, ..draft(&[0]) },
            Draft { attempt: 1, answer: Answer { turn: TurnNo(1), ..answer(&[0]) } },
        ] {
            assert_eq!(words(other, None, &blank), None, "of another question");
        }
    }
}
