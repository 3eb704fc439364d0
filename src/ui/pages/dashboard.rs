//! Where staff begin: what runs now, and for those who run the house how it is.
//!
//! Rooms are asked for now and then; the house tells its figures by itself. What else goes on right now gets a card of its
//! own in [`NowCards`].

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use crate::api::ApiError;
use crate::api::admin::{Me, me};
use crate::api::house::{DashboardPage, dashboard_page};
use crate::api::room::{RoomCard, open_rooms};
use crate::domain::code::JoinCode;
use crate::domain::role::{Right, Role};
use crate::protocol::health::{Health, READINGS_KEPT};
use crate::protocol::message::{EncodedView, Message};
use crate::protocol::view::{Audience, Show as RoomShow};
use crate::ui::address::address;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::connection::ConnectionState;
use crate::ui::components::health_charts::HealthCharts;
use crate::ui::components::now_card::NowCard;
use crate::ui::components::room_card::RunningRoom;
use crate::ui::components::trouble::Trouble;
use crate::ui::live::{LiveView, use_view};
use crate::ui::refresh;
use crate::ui::words::grouped;

/// Rooms are asked for this often.
const REFRESH_S: u64 = 5;

/// The page at `/dashboard`.
#[component]
pub fn Dashboard() -> impl IntoView {
    let me = Resource::new(|| (), |()| me());
    let rooms = Resource::new(|| (), |()| open_rooms());
    let house = Resource::new(|| (), |()| dashboard_page(true));
    let page = async move || {
        let (me, rooms, house) = (me.await?, rooms.await?, house.await?);
        Ok::<_, ApiError>(view! {
            <AdminShell me=me.clone() section=Section::Dashboard has_own_link=true>
                <Overview me rooms house/>
            </AdminShell>
        })
    };
    view! {
        <Title text="Dashboard · Podium"/>
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading your dashboard…"</p> }>
            {move || Suspend::new(async move {
                match page().await {
                    Ok(page) => Either::Left(page),
                    Err(error) => Either::Right(view! { <Trouble error way_on="/dashboard" way_on_label="Try again"/> }),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The readings of the house as they stand in the browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Readings(Vec<Health>);

impl LiveView for Readings {
    const AUDIENCE: Audience = Audience::Admins;

    fn show(&self) -> Option<&RoomShow> {
        None
    }

    fn fold(&mut self, message: &Message) {
        if let Message::Health(news) = message
            && let Some(health) = news.read::<Health>()
            && self.0.last().is_none_or(|last| last.at < health.at)
        {
            if self.0.len() >= READINGS_KEPT {
                self.0.remove(0);
            }
            self.0.push(health);
        }
    }

    /// The people, who are listed elsewhere.
    fn replace(&mut self, _view: &EncodedView) {}
}

/// What runs, then how the house is.
#[component]
fn Overview(
    /// Who is signed in.
    me: Me,
    /// The rooms that are open.
    rooms: Vec<RoomCard>,
    /// Everything else.
    house: DashboardPage,
) -> impl IntoView {
    let rooms = RwSignal::new(rooms);
    let (people, timed) = (RwSignal::new(house.people), RwSignal::new(house.timed_sessions));
    let again = Action::new(move |()| async move {
        // What cannot be asked now stands as it was; the line above the charts says that the server is away.
        if let Ok(open) = open_rooms().await {
            rooms.set(open);
        }
        if let Ok(house) = dashboard_page(false).await {
            people.set(house.people);
            timed.set(house.timed_sessions);
        }
    });
    refresh::every(REFRESH_S, move || drop(again.dispatch(())));
    let live = me
        .desk
        .map(|start| use_view(Readings(house.health.clone().unwrap_or_default()), start.position, start.server_time));
    let charts = live.filter(|_| house.health.is_some());
    view! {
        <div class="dashboard">
            <div class="page-head">
                <h1>"Dashboard"</h1>
                {live.map(|live| view! {
                    <ConnectionState
                        connection=live.connection
                        now=live.now
                        figures=Callback::new(move |()| live.figures())
                        on_reconnect=Callback::new(move |()| live.reconnect())
                    />
                })}
            </div>
            <NowCards rooms timed people/>
            <Rooms rooms role=me.role/>
            {charts.map(|live| view! {
                <section class="house-health" aria-labelledby="health-heading">
                    <h2 id="health-heading">"How the house is"</h2>
                    <HealthCharts history=Signal::derive(move || live.view.with(|readings| readings.0.clone()))/>
                </section>
            })}
        </div>
    }
    .into_any()
}

/// What goes on right now, a card for each number.
#[component]
fn NowCards(
    /// The rooms that are open.
    rooms: RwSignal<Vec<RoomCard>>,
    /// How many timed sessions are open.
    timed: RwSignal<u32>,
    /// How many people the organisation knows, for who may see them.
    people: RwSignal<Option<u32>>,
) -> impl IntoView {
    let open = Signal::derive(move || rooms.with(Vec::len).to_string());
    let here = Signal::derive(move || grouped(rooms.with(|rooms| rooms.iter().map(|room| room.here).sum())));
    let sees_people = people.get_untracked().is_some();
    view! {
        <ul class="now-cards">
            <NowCard name="Rooms open" value=open/>
            <NowCard name="People in them" value=here/>
            <NowCard name="Timed sessions open" value=Signal::derive(move || grouped(timed.get())) way=address("/sessions")/>
            {sees_people.then(|| view! {
                <NowCard
                    name="People you know"
                    value=Signal::derive(move || grouped(people.get().unwrap_or_default()))
                    way=address("/people")
                />
            })}
        </ul>
    }
}

/// The rooms that are open, with the way back to each.
#[component]
fn Rooms(
    /// The rooms.
    rooms: RwSignal<Vec<RoomCard>>,
    /// What the visitor is.
    role: Role,
) -> impl IntoView {
    let codes = Memo::new(move |_| rooms.with(|rooms| rooms.iter().map(|room| room.code).collect::<Vec<_>>()));
    let may_drive = role.may(Right::RunRooms);
    view! {
        <section class="running" aria-labelledby="running-heading">
            <h2 id="running-heading">"Running now"</h2>
            <Show when=move || !codes.with(Vec::is_empty) fallback=move || view! { <NoRoom may_drive/> }>
                <ul class="room-cards">
                    <For each=move || codes.get() key=|code| *code let:code>
                        <RunningRoom room=card(rooms, code) may_drive/>
                    </For>
                </ul>
            </Show>
        </section>
    }
}

/// A room of the list. One that has just gone is drawn once more, with what it had.
fn card(rooms: RwSignal<Vec<RoomCard>>, code: JoinCode) -> Memo<RoomCard> {
    Memo::new(move |before: Option<&RoomCard>| {
        let found = rooms.with(|rooms| rooms.iter().find(|room| room.code == code).cloned());
        found.or_else(|| before.cloned()).expect("a room is drawn because it is in the list")
    })
}

/// What to do first.
#[component]
fn NoRoom(
    /// Whether the visitor may open one.
    may_drive: bool,
) -> impl IntoView {
    let words = if may_drive {
        "No room is open. Choose a quiz and open one; it is here as long as it runs."
    } else {
        "No room is open. The ones that hosts open are here as long as they run."
    };
    view! {
        <div class="empty">
            <p>{words}</p>
            {may_drive.then(|| view! { <a class="button primary" href=address("/quizzes")>"Choose a quiz"</a> })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use crate::protocol::frame;
    use crate::protocol::health::HealthState;

    fn told(at: i64) -> Message {
        let health = Health { at: Timestamp(at), ..Health::default() };
        frame::received(&frame::state(&HealthState::Health(health), Timestamp(0))).expect("an own message").message
    }

    #[test]
    fn readings_come_once_and_the_oldest_go() {
        let mut readings = Readings(Vec::new());
        let count = i64::try_from(READINGS_KEPT).expect("few");
        for at in (0..=count).chain([3, count]) {
            readings.fold(&told(at));
        }
        let ends = (readings.0.first().map(|it| it.at), readings.0.last().map(|it| it.at));
        assert_eq!((readings.0.len(), ends), (READINGS_KEPT, (Some(Timestamp(1)), Some(Timestamp(count)))));
    }
}
