//! The people of an organisation: the list, kept up to date; search, tags, order, pages.
//!
//! What is looked for stands in the address, so that a page can be reloaded, kept and shared.

use leptos::either::Either;
use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use crate::api::ApiError;
use crate::api::admin::{Flash, flash, me};
use crate::api::people::{DeletePerson, PeoplePage, delete_person, people_page};
use crate::api::timed::seat_link;
use crate::domain::ids::{PersonId, SeatId, SessionId};
use crate::domain::person::{PeopleFilter, PeopleSort};
use crate::protocol::refusal::sentence;
use crate::ui::address::address;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::announcer::Announcer;
use crate::ui::components::connection::ConnectionState;
use crate::ui::components::people_table::{PeopleRows, PeopleTable};
use crate::ui::components::session_link::{AskedLink, LinkDialog, arrived};
use crate::ui::components::trouble::Trouble;
use crate::ui::focus::focus_on;
use crate::ui::live::use_view;
use crate::ui::words::grouped;

/// The page at `/people`.
#[component]
pub fn People() -> impl IntoView {
    let query = use_query_map();
    let me = Resource::new(|| (), |()| me());
    let wanted = move || query.with(|query| (filter_of(query), query.get("after").unwrap_or_default()));
    let page = Resource::new(wanted, |(filter, after)| people_page(filter, after));
    let flash = Resource::new(|| (), |()| flash());
    let page = async move || {
        let (me, mut page) = (me.await?, page.await?);
        // The bell may have been read before the people were; what comes twice does no harm to either.
        if let Some(start) = me.desk.filter(|start| start.position.epoch == page.position.epoch) {
            page.position.seq = page.position.seq.min(start.position.seq);
        }
        let flash = flash.await.unwrap_or_default();
        Ok::<_, ApiError>(view! {
            <AdminShell me section=Section::People has_own_link=true>
                <PeopleList page flash/>
            </AdminShell>
        })
    };
    view! {
        <Title text="People · Podium"/>
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading your people…"</p> }>
            {move || Suspend::new(async move {
                match page().await {
                    Ok(page) => Either::Left(page),
                    Err(error) => Either::Right(view! { <Trouble error way_on="/people" way_on_label="To the list"/> }),
                }
            })}
        </Suspense>
    }
    .into_any()
}

fn filter_of(query: &ParamsMap) -> PeopleFilter {
    PeopleFilter {
        search: query.get("q").unwrap_or_default(),
        tag: query.get("tag").filter(|tag| !tag.is_empty()),
        sort: if query.get("sort").as_deref() == Some("name") { PeopleSort::Name } else { PeopleSort::Newest },
    }
}

/// The address of a page of the list.
fn address_of(filter: &PeopleFilter, after: Option<&str>) -> String {
    let mut query = ParamsMap::new();
    if !filter.search.trim().is_empty() {
        query.insert("q", filter.search.clone());
    }
    if let Some(tag) = &filter.tag {
        query.insert("tag", tag.clone());
    }
    if filter.sort == PeopleSort::Name {
        query.insert("sort", "name".to_owned());
    }
    if let Some(after) = after {
        query.insert("after", after.to_owned());
    }
    format!("{}{}", address("/people"), query.to_query_string())
}

/// The id of the heading, which takes the focus when a row has gone.
const HEADING: &str = "people-heading";

/// Search, table, pages.
#[component]
pub fn PeopleList(
    /// The page.
    page: PeoplePage,
    /// What waits from a refused post.
    flash: Flash,
) -> impl IntoView {
    let live = use_view(PeopleTable::of(&page), page.position, page.server_time);
    let PeoplePage { filter, next, is_first, tags, .. } = page;
    let told = RwSignal::new(String::new());
    let trouble = RwSignal::new(flash.errors.first().map(|(_, text)| text.clone()));
    let deletion = Action::new(move |(id, name): &(PersonId, String)| {
        let (id, name) = (*id, name.clone());
        async move {
            match delete_person(id).await {
                // The row goes when the table is told, as in every other window.
                Ok(()) => {
                    trouble.set(None);
                    told.set(format!("{name} was deleted."));
                    focus_on(HEADING.to_owned());
                }
                Err(error) => trouble.set(Some(sentence(&error.to_string()))),
            }
        }
    });
    let on_delete = Callback::new(move |asked| drop(deletion.dispatch(asked)));
    let (dialog, link) = (NodeRef::<html::Dialog>::new(), RwSignal::new(None::<AskedLink>));
    let fetch = Action::new(move |(session, seat): &(SessionId, SeatId)| {
        let (session, seat) = (*session, *seat);
        async move {
            let result = seat_link(session, seat).await.map_err(|error| sentence(&error.to_string()));
            link.update(|wanted| AskedLink::arrive(wanted, (session, seat), result));
        }
    });
    let on_link = Callback::new(move |asked: (SessionId, SeatId)| {
        link.set(Some(AskedLink::new(asked.0, asked.1)));
        if let Some(dialog) = dialog.get_untracked() {
            let _ = dialog.show_modal();
        }
        fetch.dispatch(asked);
    });
    let total = Memo::new(move |_| live.view.with(|table| table.total));
    let elsewhere = Memo::new(move |_| live.view.with(|table| table.elsewhere));
    let first = address_of(&filter, None);
    view! {
        <div class="people">
            <div class="page-head">
                <h1 id=HEADING tabindex="-1">"People "<span class="number">{move || grouped(total.get())}</span></h1>
                <span class="ways">
                    <a class="button quiet" href=address("/people.csv") rel="external" download="">"Export CSV"</a>
                    <a class="button quiet" href=address("/people.xlsx") rel="external" download="">"Export XLSX"</a>
                    <a class="button" href=address("/people/import")>"Take in a list"</a>
                    <a class="button primary" href=address("/people/new")>"Add a person"</a>
                </span>
            </div>
            <ConnectionState
                connection=live.connection
                now=live.now
                figures=Callback::new(move |()| live.figures())
                on_reconnect=Callback::new(move |()| live.reconnect())
            />
            {move || trouble.get().map(|text| view! { <p class="trouble-note" role="alert">{text}</p> })}
            <Announcer text=told/>
            <Search filter=filter.clone() tags/>
            <Show when=move || elsewhere.get() != 0>
                <p class="elsewhere" role="status">
                    {move || match elsewhere.get() {
                        1 => "1 person came in since. ".to_owned(),
                        count => format!("{} people came in since. ", grouped(count)),
                    }}
                    <a class="button quiet" href=first.clone() rel="external">"Show the list as it is now"</a>
                </p>
            </Show>
            <PeopleRows table=live.view now=live.now filter=filter.clone() on_link on_delete delete_url=DeletePerson::url()/>
            <LinkDialog dialog link=arrived(link)/>
            <nav class="pages" aria-label="Pages of the list">
                {(!is_first).then(|| view! { <a class="button" href=address_of(&filter, None)>"First page"</a> })}
                {next.map(|next| view! { <a class="button" href=address_of(&filter, Some(&next))>"Next page"</a> })}
            </nav>
        </div>
    }
    .into_any()
}

/// What is looked for: a plain form whose answer is the list.
#[component]
fn Search(
    /// What is looked for now.
    filter: PeopleFilter,
    /// The tags that somebody has.
    tags: Vec<String>,
) -> impl IntoView {
    let PeopleFilter { search, tag, sort } = filter;
    let option = |tag_of: String, chosen: &Option<String>| {
        let is_chosen = chosen.as_ref() == Some(&tag_of);
        view! { <option value=tag_of.clone() selected=is_chosen>{tag_of.clone()}</option> }
    };
    view! {
        <form class="people-search" role="search" method="get" action=address("/people")>
            <label>"Search"<input type="search" name="q" value=search autocomplete="off"/></label>
            {(!tags.is_empty()).then(|| view! {
                <label>
                    "Tag"
                    <select name="tag">
                        <option value="">"All"</option>
                        {tags.into_iter().map(|name| option(name, &tag)).collect_view()}
                    </select>
                </label>
            })}
            <label>
                "Order"
                <select name="sort">
                    <option value="">"Newest first"</option>
                    <option value="name" selected=sort == PeopleSort::Name>"By name"</option>
                </select>
            </label>
            <button type="submit" class="button">"Look"</button>
        </form>
    }
}
