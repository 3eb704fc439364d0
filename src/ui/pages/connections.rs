//! Who is connected to the organisation's rooms and pages right now, for who watches over them.
//!
//! The list is asked for again every few seconds; rows stay in place when their figures change, so that scroll position and
//! focus stay as well. What is looked for stands in the address.

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use crate::api::ApiError;
use crate::api::admin::me;
use crate::api::house::{
    CloseConnection, ConnectedRoom, ConnectionFilter, ConnectionKind, ConnectionRow, ConnectionsPage, close_connection,
    connections_page,
};
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::refusal::sentence;
use crate::ui::address::address;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::announcer::Announcer;
use crate::ui::components::confirm_close::ConfirmClose;
use crate::ui::components::trouble::Trouble;
use crate::ui::focus::focus_on;
use crate::ui::refresh;
use crate::ui::words::{amount_of_bytes, lasting};

/// The list is asked for this often.
const REFRESH_S: u64 = 3;

/// The page at `/connections`.
#[component]
pub fn Connections() -> impl IntoView {
    let query = use_query_map();
    let me = Resource::new(|| (), |()| me());
    let wanted = move || {
        query.with(|query| {
            let after = query.get("after").and_then(|after| after.parse().ok()).unwrap_or_default();
            (filter_of(query), after)
        })
    };
    let page = Resource::new(wanted, |(filter, after)| connections_page(filter, after));
    let page = async move || {
        let (me, page) = (me.await?, page.await?);
        let after = query.with_untracked(|query| query.get("after").and_then(|after| after.parse().ok()));
        Ok::<_, ApiError>(view! {
            <AdminShell me section=Section::Connections>
                <ConnectionList page after=after.unwrap_or_default()/>
            </AdminShell>
        })
    };
    view! {
        <Title text="Connections · Podium"/>
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading the connections…"</p> }>
            {move || Suspend::new(async move {
                match page().await {
                    Ok(page) => Either::Left(page),
                    Err(error) => {
                        Either::Right(view! { <Trouble error way_on="/connections" way_on_label="To the list"/> })
                    }
                }
            })}
        </Suspense>
    }
    .into_any()
}

const KINDS: [ConnectionKind; 5] = [
    ConnectionKind::Player,
    ConnectionKind::Host,
    ConnectionKind::Stage,
    ConnectionKind::Admin,
    ConnectionKind::Person,
];

fn kind_words(kind: ConnectionKind) -> &'static str {
    match kind {
        ConnectionKind::Player => "Player",
        ConnectionKind::Host => "Host",
        ConnectionKind::Stage => "Stage",
        ConnectionKind::Admin => "Admin",
        ConnectionKind::Person => "Person",
    }
}

fn filter_of(query: &ParamsMap) -> ConnectionFilter {
    let kind = query.get("kind").and_then(|name| KINDS.into_iter().find(|kind| kind_words(*kind) == name));
    ConnectionFilter { search: query.get("q").unwrap_or_default(), kind }
}

/// The address of a page of the list.
fn address_of(filter: &ConnectionFilter, after: Option<u64>) -> String {
    let mut query = ParamsMap::new();
    if !filter.search.trim().is_empty() {
        query.insert("q", filter.search.clone());
    }
    if let Some(kind) = filter.kind {
        query.insert("kind", kind_words(kind).to_owned());
    }
    if let Some(after) = after {
        query.insert("after", after.to_string());
    }
    format!("{}{}", address("/connections"), query.to_query_string())
}

/// Whose a connection is, in words.
fn whose(row: &ConnectionRow) -> String {
    if row.who.is_empty() { format!("A {}", kind_words(row.kind).to_lowercase()) } else { row.who.clone() }
}

/// The id of the heading, which takes the focus when a row has gone.
const HEADING: &str = "connections-heading";

/// Search, table, pages.
#[component]
fn ConnectionList(
    /// The page.
    page: ConnectionsPage,
    /// The last connection of the page before.
    after: u64,
) -> impl IntoView {
    let (filter, is_first) = (page.filter.clone(), page.is_first);
    let page = RwSignal::new(page);
    let told = RwSignal::new(String::new());
    let trouble = RwSignal::new(None::<String>);
    let look = {
        let filter = filter.clone();
        Action::new(move |()| {
            let filter = filter.clone();
            async move {
                // What cannot be asked now stands as it was.
                if let Ok(new) = connections_page(filter, after).await {
                    page.set(new);
                }
            }
        })
    };
    refresh::every(REFRESH_S, move || drop(look.dispatch(())));
    let closing = Action::new(move |(id, name): &(u64, String)| {
        let (id, name) = (*id, name.clone());
        async move {
            match close_connection(id).await {
                Ok(()) | Err(ApiError::NotFound) => {
                    trouble.set(None);
                    told.set(format!("The connection of {name} was closed."));
                    page.update(|page| page.rows.retain(|row| row.id != id));
                    focus_on(HEADING.to_owned());
                }
                Err(error) => trouble.set(Some(sentence(&error.to_string()))),
            }
        }
    });
    let ids = Memo::new(move |_| page.with(|page| page.rows.iter().map(|row| row.id).collect::<Vec<_>>()));
    let is_empty = Memo::new(move |_| ids.with(Vec::is_empty));
    let next = Memo::new(move |_| page.with(|page| page.next));
    let of_next = filter.clone();
    view! {
        <div class="connections">
            <div class="page-head">
                <h1 id=HEADING tabindex="-1">"Connections"</h1>
            </div>
            {move || trouble.get().map(|text| view! { <p class="trouble-note" role="alert">{text}</p> })}
            <Announcer text=told/>
            <Search filter=filter.clone()/>
            <Show when=move || is_empty.get()>
                <p class="empty">"Nobody is connected who fits what you are looking for."</p>
            </Show>
            <Show when=move || !is_empty.get()>
                <div class="people-table connections-table">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">"Who"</th>
                                <th scope="col">"What for"</th>
                                <th scope="col">"Room"</th>
                                <th scope="col">"With"</th>
                                <th scope="col">"Since"</th>
                                <th scope="col">"Last heard"</th>
                                <th scope="col">"Round trip"</th>
                                <th scope="col">"Waiting"</th>
                                <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=move || ids.get() key=|id| *id let:id>
                                <Row id page closing/>
                            </For>
                        </tbody>
                    </table>
                </div>
            </Show>
            <nav class="pages" aria-label="Pages of the list">
                {(!is_first).then(|| view! { <a class="button" href=address_of(&filter, None)>"First page"</a> })}
                {move || next.get().map(|next| view! { <a class="button" href=address_of(&of_next, Some(next))>"Next page"</a> })}
            </nav>
        </div>
    }
    .into_any()
}

/// One connection.
#[component]
fn Row(
    /// Its number.
    id: u64,
    /// The page.
    page: RwSignal<ConnectionsPage>,
    /// Closes a connection: its number and whose it is.
    closing: Action<(u64, String), ()>,
) -> impl IntoView {
    // A row that has just gone is drawn once more, with what it had.
    let row = Memo::new(move |before: Option<&Option<(ConnectionRow, Timestamp)>>| {
        let found = page.with(|page| {
            let found = page.rows.iter().find(|row| row.id == id).cloned();
            found.map(|row| (row, page.now))
        });
        found.or_else(|| before.cloned().flatten())
    });
    let text = move |of: fn(&ConnectionRow, Timestamp) -> String| {
        row.with(|row| row.as_ref().map(|(row, now)| of(row, *now)).unwrap_or_default())
    };
    let rooms = move || row.with(|row| row.as_ref().map(|(row, _)| row.rooms.clone()).unwrap_or_default());
    let name = move || text(|row, _| whose(row));
    view! {
        <tr>
            <th scope="row" class="name" data-label="Who" dir="auto">{name}</th>
            <td data-label="What for">{move || text(|row, _| kind_words(row.kind).to_owned())}</td>
            <td data-label="Room">
                {move || rooms().into_iter().map(|room| view! {
                    <a class="code" href=address(&path_of(room))>{room.code.spaced()}</a>
                }).collect_view()}
            </td>
            <td data-label="With">{move || text(|row, _| with_words(row))}</td>
            <td class="number" data-label="Since">{move || text(|row, now| lasting(now - row.since))}</td>
            <td class="number" data-label="Last heard">{move || text(|row, now| format!("{} ago", lasting(now - row.heard_at)))}</td>
            <td class="number" data-label="Round trip">
                {move || text(|row, _| row.round_trip.map_or("–".to_owned(), |Millis(ms)| format!("{ms} ms")))}
            </td>
            <td class="number" data-label="Waiting">
                {move || text(|row, _| if row.queued_bytes == 0 { "–".to_owned() } else { amount_of_bytes(row.queued_bytes.into()) })}
            </td>
            <td class="deeds">
                <ConfirmClose
                    id
                    whose=Signal::derive(name)
                    action=CloseConnection::url()
                    on_close=Callback::new(move |()| drop(closing.dispatch((id, name()))))
                />
            </td>
        </tr>
    }
    .into_any()
}

/// Where the host of a room finds it.
fn path_of(room: ConnectedRoom) -> String {
    match room.timed {
        Some(session) => format!("/sessions/{session}"),
        None => format!("/host/{}", room.code),
    }
}

/// The program on the other side, and the words that it speaks if they are not those of our own pages.
fn with_words(row: &ConnectionRow) -> String {
    match &row.dialect {
        Some(dialect) => format!("{}, in the words of {dialect}", row.client),
        None => row.client.clone(),
    }
}

/// What is looked for: a plain form whose answer is the list.
#[component]
fn Search(
    /// What is looked for now.
    filter: ConnectionFilter,
) -> impl IntoView {
    let ConnectionFilter { search, kind: chosen } = filter;
    let option = |kind: ConnectionKind| {
        view! { <option value=kind_words(kind) selected=chosen == Some(kind)>{kind_words(kind)}</option> }
    };
    view! {
        <form class="connections-search" role="search" method="get" action=address("/connections")>
            <label>"Name, room or browser"<input type="search" name="q" value=search autocomplete="off"/></label>
            <label>
                "What for"
                <select name="kind">
                    <option value="">"All"</option>
                    {KINDS.map(option).collect_view()}
                </select>
            </label>
            <button type="submit" class="button">"Look"</button>
        </form>
    }
}
