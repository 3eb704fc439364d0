//! What the house has to say to its operators: the notices, the newest first, with what was read.
//!
//! A new one shows by itself on the first page. The level that is looked for stands in the address.

use leptos::either::Either;
use leptos::ev;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::ApiError;
use crate::api::admin::me;
use crate::api::house::{
    NoticeRow, NoticesPage, ReadAllNotices, ReadNotice, notices_page, read_all_notices, read_notice,
};
use crate::domain::ids::NoticeId;
use crate::domain::moment::moment;
use crate::protocol::notice::{NoticeLevel, Notification};
use crate::protocol::refusal::sentence;
use crate::ui::address::address;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::announcer::Announcer;
use crate::ui::components::badge::{Badge, Tone};
use crate::ui::components::bell::{BellSignal, level_words};
use crate::ui::components::form_field::HiddenField;
use crate::ui::components::trouble::Trouble;
use crate::ui::focus::focus_on;

/// The page at `/notices`.
#[component]
pub fn Notices() -> impl IntoView {
    let query = use_query_map();
    let me = Resource::new(|| (), |()| me());
    let wanted = move || {
        query.with(|query| {
            let level = query.get("level").and_then(|name| NoticeLevel::of_name(&name));
            (level, query.get("before").and_then(|id| id.parse::<NoticeId>().ok()))
        })
    };
    let page = Resource::new(wanted, |(level, before)| notices_page(level, before));
    let page = async move || {
        let (me, page) = (me.await?, page.await?);
        Ok::<_, ApiError>(view! {
            <AdminShell me section=Section::Notices>
                <NoticeList page/>
            </AdminShell>
        })
    };
    view! {
        <Title text="Notices · Podium"/>
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading the notices…"</p> }>
            {move || Suspend::new(async move {
                match page().await {
                    Ok(page) => Either::Left(page),
                    Err(error) => Either::Right(view! { <Trouble error way_on="/notices" way_on_label="To the notices"/> }),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The id of the heading, which takes the focus when the button that had it has gone.
const HEADING: &str = "notices-heading";

/// Level and page in an address.
fn address_of(level: Option<NoticeLevel>, before: Option<NoticeId>) -> String {
    let level = level.map(|level| format!("level={}", level.name()));
    let before = before.map(|id| format!("before={id}"));
    let query = [level, before].into_iter().flatten().collect::<Vec<_>>().join("&");
    if query.is_empty() { address("/notices") } else { format!("{}?{query}", address("/notices")) }
}

/// What is marked as read.
#[derive(Clone, Copy, Debug)]
enum Mark {
    One(NoticeId),
    UpTo(NoticeId),
}

/// The list with its filter and pages.
#[component]
fn NoticeList(
    /// The page.
    page: NoticesPage,
) -> impl IntoView {
    let NoticesPage { level, rows, next, is_first } = page;
    let (rows, next) = (RwSignal::new(rows), RwSignal::new(next));
    let told = RwSignal::new(String::new());
    let trouble = RwSignal::new(None::<String>);
    let bell = use_context::<BellSignal>();
    let look = Action::new(move |()| async move {
        if let Ok(page) = notices_page(level, None).await {
            rows.set(page.rows);
            // Those that were pushed off this page are on the next one.
            next.set(page.next);
        }
    });
    if let (Some(BellSignal(bell)), true) = (bell, is_first) {
        let newest = Memo::new(move |_| bell.with(|bell| bell.newest));
        Effect::watch(move || newest.get(), move |_, _, _| drop(look.dispatch(())), false);
    }
    let marking = Action::new(move |mark: &Mark| {
        let mark = *mark;
        async move {
            let done = match mark {
                Mark::One(id) => read_notice(id).await,
                Mark::UpTo(id) => read_all_notices(id).await,
            };
            if let Err(error) = done {
                return trouble.set(Some(sentence(&error.to_string())));
            }
            trouble.set(None);
            told.set("Marked as read.".to_owned());
            let is_meant = |row: &NoticeRow| match mark {
                Mark::One(id) => row.notice.id == id,
                Mark::UpTo(id) => row.notice.id <= id,
            };
            rows.update(|rows| rows.iter_mut().filter(|row| is_meant(row)).for_each(|row| row.is_read = true));
            if let Some(BellSignal(bell)) = bell {
                bell.update(|bell| match mark {
                    Mark::One(_) => bell.unread = bell.unread.saturating_sub(1),
                    Mark::UpTo(_) => bell.unread = 0,
                });
            }
            focus_on(HEADING.to_owned());
        }
    });
    let newest = Memo::new(move |_| rows.with(|rows| rows.first().map(|row| row.notice.id)));
    let has_unread = Memo::new(move |_| rows.with(|rows| rows.iter().any(|row| !row.is_read)));
    let read_all = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let Some(newest) = newest.get_untracked() {
            marking.dispatch(Mark::UpTo(newest));
        }
    };
    let ids = Memo::new(move |_| rows.with(|rows| rows.iter().map(|row| row.notice.id).collect::<Vec<_>>()));
    let way = move |to: Option<NoticeLevel>, name: &'static str| {
        let current = (to == level).then_some("true");
        view! { <li><a class="button quiet" href=address_of(to, None) aria-current=current>{name}</a></li> }
    };
    view! {
        <div class="notices">
            <div class="page-head">
                <h1 id=HEADING tabindex="-1">"Notices"</h1>
                // Only where the newest stand is what is marked all that there is.
                <Show when=move || has_unread.get() && level.is_none() && is_first>
                    <form method="post" action=address(ReadAllNotices::url()) on:submit=read_all>
                        <input type="hidden" name="id" value=move || newest.get().map(|id| id.to_string())/>
                        <button type="submit" class="button">"Mark all as read"</button>
                    </form>
                </Show>
            </div>
            {move || trouble.get().map(|text| view! { <p class="trouble-note" role="alert">{text}</p> })}
            <Announcer text=told/>
            <nav aria-label="Levels">
                <ul class="levels">
                    {way(None, "All")}
                    {NoticeLevel::ALL.map(|level| way(Some(level), plural(level))).collect_view()}
                </ul>
            </nav>
            <Show when=move || ids.with(Vec::is_empty)>
                <p class="empty">"There is nothing to tell."</p>
            </Show>
            <ul class="notice-list">
                <For each=move || ids.get() key=|id| *id let:id>
                    <Row id rows marking/>
                </For>
            </ul>
            <nav class="pages" aria-label="Pages of the list">
                {(!is_first).then(|| view! { <a class="button" href=address_of(level, None)>"Newest"</a> })}
                {move || next.get().map(|next| view! {
                    <a class="button" href=address_of(level, Some(next))>"Older"</a>
                })}
            </nav>
        </div>
    }
    .into_any()
}

fn plural(level: NoticeLevel) -> &'static str {
    match level {
        NoticeLevel::Info => "Notes",
        NoticeLevel::Warning => "Warnings",
        NoticeLevel::Error => "Errors",
    }
}

fn tone(level: NoticeLevel) -> Tone {
    match level {
        NoticeLevel::Info => Tone::Plain,
        NoticeLevel::Warning => Tone::Waiting,
        NoticeLevel::Error => Tone::Bad,
    }
}

/// One notice.
#[component]
fn Row(
    /// Which.
    id: NoticeId,
    /// The page's notices.
    rows: RwSignal<Vec<NoticeRow>>,
    /// Marks it as read.
    marking: Action<Mark, ()>,
) -> impl IntoView {
    let found = rows.with_untracked(|rows| rows.iter().find(|row| row.notice.id == id).cloned());
    let is_read = Memo::new(move |before: Option<&bool>| {
        let found = rows.with(|rows| rows.iter().find(|row| row.notice.id == id).map(|row| row.is_read));
        found.or(before.copied()).unwrap_or(true)
    });
    let read = move |event: ev::SubmitEvent| {
        event.prevent_default();
        marking.dispatch(Mark::One(id));
    };
    found.map(|row| {
        let Notification { id: _, level, code, text, room, at } = row.notice;
        // A room that could not be brought back has no page.
        let room = room.filter(|_| code != "room_lost").map(|code| match row.timed {
            Some(session) => address(&format!("/sessions/{session}")),
            None => address(&format!("/host/{code}")),
        });
        view! {
            <li class="notice" data-read=move || is_read.get().to_string()>
                <Badge tone=tone(level) text=level_words(level)/>
                <div class="about">
                    <p class="text">{text}</p>
                    <p class="facts">
                        <time datetime=at.to_string()>{moment(at)}</time>
                        {room.map(|room| view! { <a href=room>"To the room"</a> })}
                    </p>
                </div>
                <Show when=move || !is_read.get()>
                    <form method="post" action=address(ReadNotice::url()) on:submit=read>
                        <HiddenField name="id" value=id.to_string()/>
                        <button type="submit" class="button quiet">"Mark as read"</button>
                    </form>
                </Show>
            </li>
        }
    })
}
