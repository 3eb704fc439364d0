//! The pages of who is in a timed session: the seat's own page, and what is said where no link or no time is left.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::ApiError;
use crate::api::timed::{OwnSeat, SeatEntry, own_result, own_seat};
use crate::protocol::close::Close;
use crate::protocol::command::Command;
use crate::protocol::refusal::sentence;
use crate::ui::address::address;
use crate::ui::components::logo::Logo;
use crate::ui::components::timed_screen::{TimedAsks, TimedScreen};
use crate::ui::components::timed_view::TimedView;
use crate::ui::live::{AskState, Connection, Figures, LiveRoom, use_view};
use crate::ui::response;

/// The page at `/session/{code}`.
#[component]
pub fn TimedSeat() -> impl IntoView {
    let code = use_params_map().with_untracked(|params| params.get("code").unwrap_or_default());
    let entry = Resource::new_blocking(
        {
            let code = code.clone();
            move || code.clone()
        },
        own_seat,
    );
    view! {
        <Suspense fallback=|| view! { <Plain><p role="status">"Finding your seat…"</p></Plain> }>
            {move || {
                let code = code.clone();
                Suspend::new(async move {
                    match entry.await {
                        Ok(SeatEntry::Seated(own)) => view! { <Own own=*own code/> }.into_any(),
                        Ok(SeatEntry::NoSeat) => view! { <NoLink/> }.into_any(),
                        Err(problem) => view! { <Problem problem/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
    .into_any()
}

/// The page at `/session/expired`, where clients of other documents lead when the time is up.
#[component]
pub fn TimedExpired() -> impl IntoView {
    view! {
        <Title text="Time is up · Podium"/>
        <Plain>
            <h1>"Time is up"</h1>
            <p>"Everything that was saved until then counts. To see how it went, open your personal link again."</p>
        </Plain>
    }
    .into_any()
}

/// The page at `/session/link`, where a link leads that opens nothing.
#[component]
pub fn TimedLink() -> impl IntoView {
    view! { <NoLink/> }.into_any()
}

/// What stands around a few words.
#[component]
fn Plain(
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="timed-seat" data-theme="auto" data-picture="plain">
            <main id="content"><p class="brand"><Logo/></p>{children()}</main>
        </div>
    }
}

/// A link that opens nothing: mistyped, taken back, replaced by a newer one, or of a session that is gone.
#[component]
fn NoLink() -> impl IntoView {
    response::set_not_found();
    view! {
        <Title text="This link opens nothing · Podium"/>
        <Plain>
            <h1>"This link opens nothing"</h1>
            <p>
                "It may have been cut short on its way, taken back, or replaced by a newer one. Open it once more from your \
                 invitation, or ask whoever invited you for a new one."
            </p>
            <p><a class="button" href=address("/") rel="external">"Join with a room code"</a></p>
        </Plain>
    }
}

/// A page that could not be made.
#[component]
fn Problem(
    /// Why.
    problem: ApiError,
) -> impl IntoView {
    view! {
        <Title text="Podium"/>
        <Plain>
            <h1>"Not just now"</h1>
            <p role="alert">{sentence(&problem.to_string())}</p>
            // An empty address is the page itself: the link tries again.
            <p><a class="button primary" href="" rel="external">"Try again"</a></p>
        </Plain>
    }
}

/// The screen, with its link where the session runs.
#[component]
fn Own(
    /// What it starts from.
    own: OwnSeat,
    /// The code, as it stands in the address.
    code: String,
) -> impl IntoView {
    let first = TimedView::of(&own);
    let live = own.position.map(|position| use_view(first.clone(), position, own.server_time));
    let view: Signal<TimedView> = live.map_or_else(|| Signal::stored(first), |live| live.view.into());
    let OwnSeat { request_id, flash, server_time, .. } = own;
    // The attempt that is over, and whether its numbers and solutions are known: whatever of it changes, it is read anew.
    let over = Memo::new(move |_| {
        view.with(|view| {
            let seat = &view.seat;
            seat.ended.map(|_| (seat.attempt, seat.summary.is_some(), seat.attempts_left))
        })
    });
    let result = Resource::new_blocking(
        move || over.get(),
        move |over| {
            let code = code.clone();
            async move {
                match over {
                    Some((attempt, ..)) => own_result(code, attempt).await.ok(),
                    None => None,
                }
            }
        },
    );
    // Where nothing runs, nothing on the screen asks.
    let ask = move |command| live.map_or_else(|| Signal::stored(AskState::Idle), |live| live.ask(command));
    let asks = TimedAsks {
        answer: Callback::new(move |answer| ask(Command::Answer(answer))),
        go_to: Callback::new(move |to| ask(Command::GoTo(to))),
        finish: Callback::new(move |finish| ask(Command::Finish(finish))),
        reconnect: Callback::new(move |()| live.iter().for_each(LiveRoom::reconnect)),
        figures: Callback::new(move |()| live.map_or_else(Figures::default, |live| live.figures())),
    };
    view! {
        <TimedScreen
            view
            now=live.map_or_else(|| Signal::stored(server_time), |live| live.now)
            connection=live.map_or_else(|| Signal::stored(Connection::Ended(Close::Over)), |live| live.connection)
            is_back=live.map_or_else(|| Signal::stored(false), |live| live.is_back)
            asked=live.map_or_else(|| Signal::stored(None), |live| live.answer)
            result
            asks
            request_id
            flash
        />
    }
}
