//! A timed session for its host: who is how far, live, and what can be done about it.
//!
//! The page loads the session, holds the link and asks the server; [`SessionDesk`] turns views into the page and knows
//! neither. A session that runs no more is shown as it ended, without a link.

use leptos::either::Either;
use leptos::html;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::api::ApiError;
use crate::api::admin::me;
use crate::api::timed::{
    MailedLinks, SeatDeed, TimedPage, close_session, mail_links, manage_seat, seat_link, timed_page,
};
use crate::domain::ids::{SeatId, SessionId};
use crate::domain::time::Timestamp;
use crate::protocol::refusal::sentence;
use crate::protocol::timed::{SeatRow, SeatState, TimedHostView};
use crate::ui::address::address;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::announcer::Announcer;
use crate::ui::components::badge::{Badge, Tone};
use crate::ui::components::connection::ConnectionState;
use crate::ui::components::session_ask::SessionAsk;
use crate::ui::components::session_deeds::{Outcome, SessionDeeds, done_words};
use crate::ui::components::session_link::{AskedLink, LinkToSend};
use crate::ui::components::session_table::{Figures, SessionTable, counted_people};
use crate::ui::components::session_terms::SessionTerms;
use crate::ui::components::trouble::Trouble;
use crate::ui::live::{LiveRoom, use_view};
use crate::ui::words::grouped;

/// The page at `/sessions/{id}`.
#[component]
pub fn SessionHost() -> impl IntoView {
    let params = use_params_map();
    let id = move || params.with(|params| params.get("id").unwrap_or_default());
    let me = Resource::new(|| (), |()| me());
    let page = Resource::new(id, |id| async move {
        match id.parse::<SessionId>() {
            Ok(id) => timed_page(id).await,
            Err(_) => Err(ApiError::NotFound),
        }
    });
    let page = async move || {
        let (me, page) = (me.await?, page.await?);
        Ok::<_, ApiError>(view! {
            <AdminShell me section=Section::Sessions>
                <SessionDesk page/>
            </AdminShell>
        })
    };
    view! {
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading the session…"</p> }>
            {move || Suspend::new(async move {
                match page().await {
                    Ok(page) => Either::Left(page),
                    Err(error) => Either::Right(view! { <Trouble error way_on="/sessions" way_on_label="To the list"/> }),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The id of the question before a session is closed.
const CLOSING: &str = "close-session";

/// What the page asks of the server, and what became of it.
#[derive(Clone, Copy)]
struct Desk {
    outcome: RwSignal<Outcome>,
    link: RwSignal<Option<AskedLink>>,
    on_deed: Callback<(SeatId, String, SeatDeed)>,
    on_link: Callback<SeatId>,
    on_close: Callback<()>,
    on_mail: Callback<()>,
    is_mailing: Memo<bool>,
    /// What became of the latest deed on the whole session.
    whole: RwSignal<Outcome>,
}

impl Desk {
    fn new(id: SessionId) -> Self {
        let outcome = RwSignal::new(None);
        let link = RwSignal::new(None::<AskedLink>);
        let whole = RwSignal::new(None);
        let words = |error: ApiError| sentence(&error.to_string());
        let deed = Action::new(move |(seat, name, deed): &(SeatId, String, SeatDeed)| {
            let (seat, name, deed) = (*seat, name.clone(), *deed);
            async move {
                let result = manage_seat(id, seat, deed).await;
                outcome.set(Some(result.map(|()| done_words(deed, &name)).map_err(words)));
            }
        });
        let fetch = Action::new(move |seat: &SeatId| {
            let seat = *seat;
            async move {
                let result = seat_link(id, seat).await.map_err(words);
                link.update(|wanted| AskedLink::arrive(wanted, (id, seat), result));
            }
        });
        let close = Action::new(move |(): &()| async move {
            let result = close_session(id).await;
            whole.set(Some(result.map(|()| "The session is closed.".to_owned()).map_err(words)));
        });
        let mail = Action::new(move |(): &()| async move {
            let result = mail_links(id, None).await;
            whole.set(Some(result.map(mailed_words).map_err(words)));
        });
        let is_mailing = mail.pending();
        Self {
            outcome,
            link,
            whole,
            on_deed: Callback::new(move |asked| drop(deed.dispatch(asked))),
            on_link: Callback::new(move |seat| {
                link.set(Some(AskedLink::new(id, seat)));
                fetch.dispatch(seat);
            }),
            on_close: Callback::new(move |()| drop(close.dispatch(()))),
            on_mail: Callback::new(move |()| {
                // A second click while the first is under way asks for nothing new.
                if !is_mailing.get_untracked() {
                    drop(mail.dispatch(()));
                }
            }),
            is_mailing,
        }
    }
}

/// The page, with its link where the session runs.
#[component]
pub fn SessionDesk(
    /// What it starts from.
    page: TimedPage,
) -> impl IntoView {
    let TimedPage { id, view, position, server_time, join_url, join_qr_svg, may_invite, can_mail } = page;
    let room = position.map(|position| use_view(view.clone(), position, server_time));
    let (view, now): (Signal<TimedHostView>, Signal<Timestamp>) = match room {
        Some(room) => (room.view.into(), room.now),
        None => (Signal::stored(view), Signal::stored(server_time)),
    };
    let desk = Desk::new(id);
    let dialog = NodeRef::<html::Dialog>::new();
    let chosen = RwSignal::new(None);
    let on_manage = Callback::new(move |seat: SeatId| {
        chosen.set(Some(seat));
        desk.outcome.set(None);
        desk.link.set(None);
        if let Some(dialog) = dialog.get_untracked() {
            let _ = dialog.show_modal();
        }
    });
    let is_closed = Memo::new(move |_| view.with(|view| view.timed.is_closed));
    let is_open = Signal::derive(move || room.is_some() && !is_closed.get());
    let is_past = Memo::new(move |_| view.with(|view| view.timed.settings.is_past(now.get())));
    let takes_people =
        Memo::new(move |_| is_open.get() && (!is_past.get() || view.with(|view| view.seats.iter().any(may_answer))));
    let timed = view.with_untracked(|view| view.timed.clone());
    let (title, code) = (timed.title.clone(), timed.code.spaced());
    let way_in = join_url.zip(join_qr_svg);
    view! {
        <Title text=format!("{title} · Timed session · Podium")/>
        <div class="session-host">
            <p><a class="button quiet back" href=address("/sessions")>"All timed sessions"</a></p>
            <div class="page-head">
                <h1 lang=timed.language dir="auto">{title}</h1>
                <Ways
                    id
                    is_open
                    takes_people
                    may_invite
                    can_mail=may_invite && can_mail
                    on_mail=desk.on_mail
                    is_mailing=desk.is_mailing
                />
            </div>
            <div class="standing">
                {move || match (is_open.get(), is_past.get()) {
                    (true, false) => view! { <Badge tone=Tone::Good text="Open"/> },
                    (true, true) => view! { <Badge tone=Tone::Plain text="Window over"/> },
                    (false, _) => view! { <Badge tone=Tone::Plain text="Closed"/> },
                }}
                {room.map(|room| view! { <Show when=move || is_open.get()><Connected room/></Show> })}
            </div>
            <SessionTerms settings=timed.settings question_count=timed.question_count/>
            <Invited/>
            {move || desk.whole.get().map(|outcome| match outcome {
                Ok(done) => Either::Left(view! { <p class="invited">{done}</p> }),
                Err(why) => Either::Right(view! { <p class="trouble-note" role="alert">{why}</p> }),
            })}
            <Announcer text=Signal::derive(move || desk.whole.get().and_then(Result::ok).unwrap_or_default())/>
            <Numbers view/>
            {way_in.map(|(url, qr_svg)| view! {
                <Show when=move || is_open.get() && !is_past.get()>
                    <section class="way-in card" aria-labelledby="session-way-in">
                        <h2 id="session-way-in">"The way in"</h2>
                        <p>"Everybody who has the code or the link may take part."</p>
                        <p class="code">{code.clone()}</p>
                        <LinkToSend id="session-join-link" label="Link to send" url=url.clone() qr_svg=qr_svg.clone()/>
                    </section>
                </Show>
            })}
            <SessionTable id view now on_manage/>
            <SessionDeeds
                id
                view
                now
                chosen
                dialog
                on_deed=desk.on_deed
                outcome=desk.outcome.into()
                on_link=desk.on_link
                link=desk.link
            />
            <SessionAsk
                id=CLOSING
                question="Close this session?"
                consequence="Whoever is still at it is handed in as far as they came, and nobody can start any more. This cannot be taken back. Results stay."
                keep="Leave it open"
                deed="Close the session"
                on_yes=desk.on_close
            />
        </div>
    }
    .into_any()
}

/// Whether somebody is at it or may start.
fn may_answer(row: &SeatRow) -> bool {
    row.state.is_under_way() || (row.attempts_left > 0 && row.state != SeatState::Revoked)
}

/// What can be done about the whole session.
#[component]
fn Ways(
    /// The session.
    id: SessionId,
    /// Whether it runs.
    is_open: Signal<bool>,
    /// Whether somebody may still answer in it.
    takes_people: Memo<bool>,
    /// Whether whoever looks may invite people.
    may_invite: bool,
    /// Whether whoever looks may send links by mail.
    can_mail: bool,
    /// Sends everybody's link.
    on_mail: Callback<()>,
    /// Whether links are just being sent.
    #[prop(into)]
    is_mailing: Signal<bool>,
) -> impl IntoView {
    let here = format!("/sessions/{id}");
    let invite = address(&format!("{here}/invite"));
    view! {
        <span class="ways">
            <a class="button quiet" href=address(&format!("{here}/results.csv")) rel="external" download="">
                "Download answers"
            </a>
            <Show when=move || is_open.get()>
                <button type="button" class="button needs-scripts" popovertarget=CLOSING>"Close session"</button>
            </Show>
            <Show when=move || is_open.get() && can_mail>
                <button
                    type="button"
                    class="button needs-scripts"
                    aria-disabled=move || is_mailing.get().then_some("true")
                    aria-busy=move || is_mailing.get().then_some("true")
                    on:click=move |_| on_mail.run(())
                >
                    "Send links by mail"
                </button>
            </Show>
            <Show when=move || takes_people.get() && may_invite>
                <a class="button primary" href=invite.clone()>"Invite people"</a>
            </Show>
        </span>
    }
}

/// What became of sending links, in words.
fn mailed_words(mailed: MailedLinks) -> String {
    let MailedLinks { sent, already, without_address, refused, refused_names } = mailed;
    let sent = match sent {
        0 if already == 0 && refused == 0 => "Nobody who has not begun has an address to write to.".to_owned(),
        0 => "No mail was sent.".to_owned(),
        1 => "1 mail is on its way.".to_owned(),
        sent => format!("{} mails are on their way.", grouped(sent)),
    };
    let already = match already {
        0 => String::new(),
        1 => " 1 person was sent this link just before.".to_owned(),
        count => format!(" {} people were sent their link just before.", grouped(count)),
    };
    let without_address = match without_address {
        0 => String::new(),
        1 => " 1 person has no address.".to_owned(),
        count => format!(" {} people have no address.", grouped(count)),
    };
    let names = refused_names.join(", ");
    let refused = match refused {
        0 => String::new(),
        1 => format!(" 1 person could not be written to, look at the address: {names}."),
        count if count as usize > refused_names.len() => {
            format!(" {} people could not be written to, look at their addresses: {names} and others.", grouped(count))
        }
        count => format!(" {} people could not be written to, look at their addresses: {names}.", grouped(count)),
    };
    format!("{sent}{already}{without_address}{refused}")
}

/// How page and server stand to each other.
#[component]
fn Connected(
    /// The session, live.
    room: LiveRoom<TimedHostView>,
) -> impl IntoView {
    view! {
        <ConnectionState
            connection=room.connection
            now=room.now
            figures=Callback::new(move |()| room.figures())
            on_reconnect=Callback::new(move |()| room.reconnect())
        />
    }
}

/// A word about who was just invited, as the page of invites leads here.
#[component]
fn Invited() -> impl IntoView {
    let query = use_query_map();
    let invited = move || query.with(|query| query.get("invited").and_then(|count| count.parse::<u32>().ok()));
    move || {
        invited().map(|count| {
            let words = match count {
                0 => "Everybody whom you chose was invited already.".to_owned(),
                1 => "1 person was invited. Their personal link is under “Manage”.".to_owned(),
                count => format!("{} were invited. Their personal links are under “Manage”.", counted_people(count)),
            };
            view! { <p class="invited" role="status">{words}</p> }
        })
    }
}

/// How many are how far.
#[component]
fn Numbers(
    /// What the host sees.
    view: Signal<TimedHostView>,
) -> impl IntoView {
    let figures = Memo::new(move |_| view.with(|view| Figures::of(&view.seats)));
    let figure = move |name: &'static str, of: fn(&Figures) -> u32| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd class="number">{move || grouped(figures.with(of))}</dd>
            </div>
        }
    };
    view! {
        <dl class="numbers">
            {figure("People", |figures| figures.people)}
            {figure("Here now", |figures| figures.here)}
            {figure("Under way", |figures| figures.under_way)}
            {figure("Done", |figures| figures.done)}
        </dl>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_who_was_written_to_and_who_was_not() {
        let none = MailedLinks { sent: 0, already: 0, without_address: 0, refused: 0, refused_names: Vec::new() };
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let check = |mailed: MailedLinks, words: &str| assert_eq!(mailed_words(mailed), words);
        check(none.clone(), "Nobody who has not begun has an address to write to.");
        let some = MailedLinks { sent: 2, without_address: 1, ..none.clone() };
        check(some, "2 mails are on their way. 1 person has no address.");
        check(
            MailedLinks { already: 2, ..none.clone() },
            "No mail was sent. 2 people were sent their link just before.",
        );
        let one = MailedLinks { sent: 1, refused: 1, refused_names: names(&["Ada King"]), ..none.clone() };
        check(one, "1 mail is on its way. 1 person could not be written to, look at the address: Ada King.");
        let many = MailedLinks { refused: 3, refused_names: names(&["Ada", "Bo"]), ..none };
        check(many, "No mail was sent. 3 people could not be written to, look at their addresses: Ada, Bo and others.");
    }
}
