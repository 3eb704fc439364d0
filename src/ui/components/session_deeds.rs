//! What a host can do about one person of a timed session: time, clock, attempts, link. A dialog over the table.
//!
//! Only what fits how far the person is stands in it; what cannot be taken back asks first. It does not know how anything
//! is done: the page does it and says what became of it.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use crate::api::timed::SeatDeed;
use crate::domain::ids::{SeatId, SessionId};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::timed::{SeatRow, SeatState, TimedHostView};
use crate::ui::address::address;
use crate::ui::components::session_link::{AskedLink, PersonalLink, arrived};
use crate::ui::components::session_row::time_left;
use crate::ui::components::session_state::SeatBadge;
use crate::ui::components::session_table::row_of;
use crate::ui::focus::focus_on;
use crate::ui::words::exact;

/// The heading of the dialog, which takes the focus when a question has been answered.
const HEADING: &str = "session-deeds-heading";
/// The harmless answer of a question, which takes the focus when it is asked.
const KEEP: &str = "session-deeds-keep";
/// Minutes that are given with one tap.
const MINUTES: [i64; 3] = [1, 5, 10];

/// What fits a row at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fitting {
    more_time: bool,
    pause: bool,
    resume: bool,
    end: bool,
    attempt: bool,
    link: bool,
    renew: bool,
    revoke: bool,
    result: bool,
}

impl Fitting {
    fn of(row: &SeatRow, is_closed: bool) -> Self {
        let is_open = !is_closed;
        let is_under_way = is_open && row.state.is_under_way();
        let holds = row.state != SeatState::Revoked;
        Self {
            more_time: is_under_way && (row.deadline.is_some() || row.stopped_with.is_some()),
            pause: is_under_way && row.state == SeatState::Active,
            resume: is_under_way && row.state == SeatState::Paused,
            end: is_under_way,
            attempt: is_open && holds && !row.state.is_under_way(),
            link: is_open && holds,
            renew: is_open,
            revoke: is_open && holds,
            result: row.attempt > 0 && !row.state.is_under_way(),
        }
    }
}

/// A deed that asks first: what is asked, what it means, what the button says.
fn question(deed: SeatDeed, name: &str) -> Option<(String, &'static str, &'static str)> {
    match deed {
        SeatDeed::End => Some((
            format!("End the attempt of {name}?"),
            "What was answered so far counts; nothing can be answered any more.",
            "End it",
        )),
        SeatDeed::Revoke => Some((
            format!("Revoke the link of {name}?"),
            "It opens nothing any more, on no device. A running attempt ends with it. Answers stay.",
            "Revoke it",
        )),
        SeatDeed::Renew => Some((
            format!("Make a new link for {name}?"),
            "The links before it open nothing any more. Answers and time stay as they are.",
            "Make a new link",
        )),
        SeatDeed::Extend(_) | SeatDeed::Pause | SeatDeed::Resume | SeatDeed::AddAttempt => None,
    }
}

/// What is told when a deed is done.
pub fn done_words(deed: SeatDeed, name: &str) -> String {
    match deed {
        SeatDeed::Extend(by) => format!("{name} has {} more.", exact(by)),
        SeatDeed::Pause => format!("The clock of {name} stands still."),
        SeatDeed::Resume => format!("The clock of {name} goes on."),
        SeatDeed::End => format!("The attempt of {name} is over."),
        SeatDeed::AddAttempt => format!("{name} may try once more."),
        SeatDeed::Revoke => format!("The link of {name} opens nothing any more."),
        SeatDeed::Renew => format!("{name} has a new link. Send it."),
    }
}

/// What became of the last deed: words when it was done, or why it was refused.
pub type Outcome = Option<Result<String, String>>;

/// The dialog.
#[component]
pub fn SessionDeeds(
    /// The session.
    id: SessionId,
    /// What the host sees.
    view: Signal<TimedHostView>,
    /// The time.
    now: Signal<Timestamp>,
    /// Whom it is about.
    chosen: RwSignal<Option<SeatId>>,
    /// The dialog, which the page opens.
    dialog: NodeRef<html::Dialog>,
    /// Does something about a seat of this name.
    on_deed: Callback<(SeatId, String, SeatDeed)>,
    /// What became of it.
    outcome: Signal<Outcome>,
    /// Fetches the personal link.
    on_link: Callback<SeatId>,
    /// The personal link, once it was asked for.
    link: RwSignal<Option<AskedLink>>,
) -> impl IntoView {
    let asking = RwSignal::new(None::<SeatDeed>);
    let row = Memo::new(move |_| chosen.get().and_then(|seat| view.with(|view| row_of(view, seat).cloned())));
    let name = Memo::new(move |_| row.with(|row| row.as_ref().map(|row| row.name.clone()).unwrap_or_default()));
    let state = Memo::new(move |_| row.with(|row| row.as_ref().map(|row| row.state)));
    let left =
        Memo::new(move |_| row.with(|row| row.as_ref().map(|row| time_left(row, now.get())).unwrap_or_default()));
    let fitting = Memo::new(move |_| {
        let is_closed = view.with(|view| view.timed.is_closed);
        row.with(|row| row.as_ref().map(|row| Fitting::of(row, is_closed)).unwrap_or_default())
    });
    let do_it = move |deed: SeatDeed| {
        if let Some(seat) = chosen.get_untracked() {
            on_deed.run((seat, name.get_untracked(), deed));
        }
    };
    let act = Callback::new(move |deed: SeatDeed| {
        if question(deed, "").is_some() {
            asking.set(Some(deed));
            focus_on(KEEP.to_owned());
        } else {
            do_it(deed);
        }
    });
    let answer = Callback::new(move |deed: Option<SeatDeed>| {
        asking.set(None);
        focus_on(HEADING.to_owned());
        if let Some(deed) = deed {
            // The link that is shown will hold no more.
            link.set(None);
            do_it(deed);
        }
    });
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let closed = move |_: ev::Event| {
        asking.set(None);
        link.set(None);
    };
    let fetch = Callback::new(move |()| chosen.get_untracked().into_iter().for_each(|seat| on_link.run(seat)));
    view! {
        <dialog class="session-deeds" node_ref=dialog aria-labelledby=HEADING on:close=closed>
            <div class="head">
                <h2 id=HEADING tabindex="-1"><bdi>{name}</bdi></h2>
                <button type="button" class="button quiet" on:click=close>"Close"</button>
            </div>
            <p class="facts"><SeatBadge state/><span class="number">"Time left: "{left}</span></p>
            <p class="outcome" role="status">{move || outcome.get().and_then(Result::ok)}</p>
            {move || outcome.get().and_then(Result::err).map(|why| view! { <p class="trouble-note" role="alert">{why}</p> })}
            {move || match asking.get().and_then(|deed| Some((deed, question(deed, &name.get())?))) {
                Some((deed, (question, consequence, yes))) => view! {
                    <div class="question" role="group" aria-labelledby="session-deeds-question">
                        <p class="asked" id="session-deeds-question">{question}</p>
                        <p>{consequence}</p>
                        <div class="answers">
                            <button type="button" class="button" id=KEEP on:click=move |_| answer.run(None)>
                                "Leave it as it is"
                            </button>
                            <button type="button" class="button danger" on:click=move |_| answer.run(Some(deed))>{yes}</button>
                        </div>
                    </div>
                }
                .into_any(),
                None => view! { <Offers id chosen fitting act on_link=fetch link/> }.into_any(),
            }}
        </dialog>
    }
    .into_any()
}

/// The deeds that fit, by what they are about.
#[component]
fn Offers(
    /// The session.
    id: SessionId,
    /// Whom it is about.
    chosen: RwSignal<Option<SeatId>>,
    /// What fits.
    fitting: Memo<Fitting>,
    /// Does it, or asks first.
    act: Callback<SeatDeed>,
    /// Fetches the personal link.
    on_link: Callback<()>,
    /// The personal link, once it was asked for.
    link: RwSignal<Option<AskedLink>>,
) -> impl IntoView {
    let deed = move |fits: fn(Fitting) -> bool, deed: SeatDeed, words: &'static str| {
        view! {
            <Show when=move || fits(fitting.get())>
                <button type="button" class="button" on:click=move |_| act.run(deed)>{words}</button>
            </Show>
        }
    };
    let here = move || chosen.get().map(|seat| address(&format!("/sessions/{id}/seats/{seat}"))).unwrap_or_default();
    let is_link_asked = Memo::new(move |_| link.with(Option::is_some));
    view! {
        <Show when=move || fitting.get().more_time>
            <MoreTime act/>
        </Show>
        <div class="group">
            {deed(|fits| fits.pause, SeatDeed::Pause, "Pause the clock")}
            {deed(|fits| fits.resume, SeatDeed::Resume, "Let the clock go on")}
            {deed(|fits| fits.attempt, SeatDeed::AddAttempt, "Give another attempt")}
            {deed(|fits| fits.end, SeatDeed::End, "End the attempt")}
        </div>
        <Show when=move || fitting.get().result>
            <div class="group">
                <a class="button" href=here>"Result"</a>
                <a class="button" href=move || format!("{}/transcript", here())>"Transcript"</a>
            </div>
        </Show>
        <Show when=move || is_link_asked.get()>
            <PersonalLink link=arrived(link)/>
        </Show>
        <div class="group">
            <Show when=move || fitting.get().link && !is_link_asked.get()>
                <button type="button" class="button" on:click=move |_| on_link.run(())>"Personal link and QR code"</button>
            </Show>
            {deed(|fits| fits.renew, SeatDeed::Renew, "Make a new link")}
            {deed(|fits| fits.revoke, SeatDeed::Revoke, "Revoke the link")}
        </div>
    }
    .into_any()
}

/// More time: a few minutes with one tap, or a number of them.
#[component]
fn MoreTime(
    /// Does it.
    act: Callback<SeatDeed>,
) -> impl IntoView {
    let minutes = RwSignal::new(String::new());
    let give = move |minutes: i64| act.run(SeatDeed::Extend(Millis(minutes.saturating_mul(60_000))));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        // The browser lets nothing else through; what is no number all the same is refused in words.
        give(minutes.get_untracked().trim().parse().unwrap_or(0));
        minutes.set(String::new());
    };
    let tap = |number: i64| {
        view! {
            <button type="button" class="button" on:click=move |_| give(number)>
                {format!("+{number} min")}<span class="visually-hidden">" of time"</span>
            </button>
        }
    };
    view! {
        <div class="group">
            {MINUTES.into_iter().map(tap).collect_view()}
            <form class="own" on:submit=submit>
                <label for="session-deeds-minutes" class="visually-hidden">"Minutes to add"</label>
                <input
                    id="session-deeds-minutes"
                    type="number"
                    min="1"
                    max="10080"
                    required=true
                    inputmode="numeric"
                    placeholder="min"
                    prop:value=move || minutes.get()
                    on:input=move |event| minutes.set(event_target_value(&event))
                />
                <button type="submit" class="button">"Add"</button>
            </form>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(state: SeatState, attempt: u32, deadline: Option<Timestamp>) -> SeatRow {
        SeatRow {
            seat: SeatId(1),
            name: "Ada".to_owned(),
            person: None,
            state,
            is_here: false,
            attempt,
            attempts_left: 0,
            answered: 0,
            started_at: None,
            deadline,
            stopped_with: None,
            extra: Millis(0),
            ended_at: None,
            score: None,
            last_at: None,
        }
    }

    #[test]
    fn only_what_fits_is_offered() {
        let active = Fitting::of(&row(SeatState::Active, 1, Some(Timestamp(1))), false);
        assert!(active.more_time && active.pause && active.end && active.link && !active.resume && !active.attempt);
        let no_limit = Fitting::of(&row(SeatState::Active, 1, None), false);
        assert!(!no_limit.more_time && no_limit.pause);
        let finished = Fitting::of(&row(SeatState::Finished, 1, None), false);
        assert!(finished.result && finished.attempt && !finished.end && !finished.more_time);
        let revoked = Fitting::of(&row(SeatState::Revoked, 0, None), false);
        assert_eq!(revoked, Fitting { renew: true, ..Fitting::default() });
        let closed = Fitting::of(&row(SeatState::Finished, 1, None), true);
        assert_eq!(closed, Fitting { result: true, ..Fitting::default() });
    }

    #[test]
    fn what_cannot_be_taken_back_asks_first() {
        for (deed, asks) in [
            (SeatDeed::Extend(Millis(60_000)), false),
            (SeatDeed::Pause, false),
            (SeatDeed::Resume, false),
            (SeatDeed::AddAttempt, false),
            (SeatDeed::End, true),
            (SeatDeed::Revoke, true),
            (SeatDeed::Renew, true),
        ] {
            assert_eq!(question(deed, "Ada").is_some(), asks, "{deed:?}");
            assert!(done_words(deed, "Ada").contains("Ada"));
        }
    }
}
