//! Whom to invite to a timed session: people of the organisation, looked for as on their own page.
//!
//! What is looked for stands in the address. Who is invited is said by the server: who has a seat already keeps it.

use std::collections::BTreeSet;

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use leptos_router::params::ParamsMap;

use crate::api::ApiError;
use crate::api::admin::me;
use crate::api::timed::{Invited, PeopleToInvite, invite_people, people_to_invite};
use crate::domain::ids::{PersonId, SessionId};
use crate::domain::person::{PeopleFilter, PeopleSort};
use crate::protocol::refusal::sentence;
use crate::ui::address::address;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::badge::{Badge, Tone};
use crate::ui::components::session_ask::SessionAsk;
use crate::ui::components::session_table::counted_people;
use crate::ui::components::trouble::Trouble;
use crate::ui::words::grouped;

/// The page at `/sessions/{id}/invite`.
#[component]
pub fn SessionInvite() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let id = move || params.with(|params| params.get("id").unwrap_or_default()).parse::<SessionId>().ok();
    let me = Resource::new(|| (), |()| me());
    let people = Resource::new(
        move || (id(), query.with(filter_of)),
        |(id, filter)| async move {
            let id = id.ok_or(ApiError::NotFound)?;
            Ok::<_, ApiError>((id, people_to_invite(id, filter).await?))
        },
    );
    let page = async move || {
        let (me, (id, people)) = (me.await?, people.await?);
        Ok::<_, ApiError>(view! {
            <AdminShell me section=Section::Sessions>
                <Choosing id people/>
            </AdminShell>
        })
    };
    view! {
        <Title text="Invite people · Podium"/>
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading your people…"</p> }>
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

fn filter_of(query: &ParamsMap) -> PeopleFilter {
    PeopleFilter {
        search: query.get("q").unwrap_or_default(),
        tag: query.get("tag").filter(|tag| !tag.is_empty()),
        sort: PeopleSort::Name,
    }
}

/// The id of the question before everybody is invited.
const EVERYBODY: &str = "invite-everybody";

/// The list, and the two ways to invite.
#[component]
pub fn Choosing(
    /// The session.
    id: SessionId,
    /// Those who fit.
    people: PeopleToInvite,
) -> impl IntoView {
    let PeopleToInvite { title, filter, people, has_more, free, tags } = people;
    let chosen = RwSignal::new(BTreeSet::<PersonId>::new());
    let trouble = RwSignal::new(None::<String>);
    let here = format!("/sessions/{id}");
    let navigate = use_navigate();
    let invite = Action::new_local({
        let here = here.clone();
        move |who: &Invited| {
            let (who, here, navigate) = (who.clone(), here.clone(), navigate.clone());
            async move {
                match invite_people(id, who).await {
                    Ok(count) => {
                        navigate(&format!("{here}?invited={count}"), leptos_router::NavigateOptions::default())
                    }
                    Err(error) => trouble.set(Some(sentence(&error.to_string()))),
                }
            }
        }
    });
    let ask = move |who: Invited| {
        if !invite.pending().get_untracked() {
            trouble.set(None);
            invite.dispatch_local(who);
        }
    };
    let invite_chosen = move |_| {
        let these: Vec<PersonId> = chosen.with_untracked(|chosen| chosen.iter().copied().collect());
        if these.is_empty() {
            trouble.set(Some("Choose somebody first.".to_owned()));
        } else {
            ask(Invited::These(these));
        }
    };
    let invite_all = {
        let filter = filter.clone();
        Callback::new(move |()| ask(Invited::Everybody(filter.clone())))
    };
    let is_busy = move || invite.pending().get().then_some("true");
    let free_here: Vec<PersonId> = people.iter().filter(|person| !person.3).map(|person| person.0).collect();
    let choose_all = move |event| {
        let is_on = event_target_checked(&event);
        chosen.set(if is_on { free_here.iter().copied().collect() } else { BTreeSet::new() });
    };
    let nobody = if filter.search.trim().is_empty() && filter.tag.is_none() {
        "Nobody is in your list yet. Add people first, then invite them here."
    } else {
        "Nobody fits what you are looking for."
    };
    let is_empty = people.is_empty();
    view! {
        <div class="session-invite">
            <p><a class="button quiet back" href=address(&here)>"Back to the session"</a></p>
            <h1>"Invite people"</h1>
            <p class="lead">
                "To "<bdi>{title}</bdi>". Everybody gets a personal link, which you find on the session’s page and give to "
                "them. Nothing is sent by itself."
            </p>
            {move || trouble.get().map(|text| view! { <p class="trouble-note" role="alert">{text}</p> })}
            <Search action=format!("{here}/invite") filter tags/>
            {if is_empty {
                Either::Left(view! {
                    <p class="empty">{nobody}" "<a href=address("/people")>"To your people"</a></p>
                })
            } else {
                Either::Right(view! {
                    <div class="ways needs-scripts">
                        <button type="button" class="button primary" aria-busy=is_busy on:click=invite_chosen>
                            "Invite the chosen ones "
                            <span class="number">{move || format!("({})", grouped(count_of(&chosen.read())))}</span>
                        </button>
                        {(free > 0).then(|| view! {
                            <button type="button" class="button" popovertarget=EVERYBODY aria-busy=is_busy>
                                "Invite everybody who fits"
                            </button>
                        })}
                    </div>
                    <fieldset>
                        <legend class="visually-hidden">"People"</legend>
                        <label class="all needs-scripts">
                            <input type="checkbox" on:change=choose_all/>
                            "All on this page who are not invited yet"
                        </label>
                        <ul class="people">
                            {people.into_iter().map(|person| view! { <Offer person chosen/> }).collect_view()}
                        </ul>
                    </fieldset>
                    {has_more.then(|| view! {
                        <p class="empty">"More people fit than are shown; search for them, or invite everybody who fits."</p>
                    })}
                })
            }}
            <SessionAsk
                id=EVERYBODY
                question=format!("Invite {}?", counted_people(free))
                consequence="All who fit what you are looking for and have no seat in this session yet."
                keep="Not yet"
                deed="Invite them"
                class="button primary"
                on_yes=invite_all
            />
        </div>
    }
    .into_any()
}

fn count_of(chosen: &BTreeSet<PersonId>) -> u32 {
    u32::try_from(chosen.len()).unwrap_or(u32::MAX)
}

/// What is looked for: a plain form whose answer is the list.
#[component]
fn Search(
    /// Where the list is.
    action: String,
    /// What is looked for now.
    filter: PeopleFilter,
    /// The tags that somebody has.
    tags: Vec<String>,
) -> impl IntoView {
    let PeopleFilter { search, tag, sort: _ } = filter;
    let option = |name: String| {
        let is_chosen = tag.as_ref() == Some(&name);
        view! { <option value=name.clone() selected=is_chosen>{name.clone()}</option> }
    };
    view! {
        <form class="search" role="search" method="get" action=address(&action)>
            <label>"Search"<input type="search" name="q" value=search autocomplete="off"/></label>
            {(!tags.is_empty()).then(|| view! {
                <label>
                    "Tag"
                    <select name="tag">
                        <option value="">"All"</option>
                        {tags.into_iter().map(option).collect_view()}
                    </select>
                </label>
            })}
            <button type="submit" class="button">"Look"</button>
        </form>
    }
    .into_any()
}

/// One person to choose; who is invited already cannot be chosen.
#[component]
fn Offer(
    /// Id, name, e-mail, and whether they have a seat already.
    person: (PersonId, String, String, bool),
    /// Who is chosen.
    chosen: RwSignal<BTreeSet<PersonId>>,
) -> impl IntoView {
    let (id, name, email, is_seated) = person;
    let is_chosen = move || chosen.with(|chosen| chosen.contains(&id));
    let choose = move |event| {
        let is_on = event_target_checked(&event);
        chosen.update(|chosen| {
            if is_on {
                chosen.insert(id);
            } else {
                chosen.remove(&id);
            }
        });
    };
    view! {
        <li>
            <label>
                <input type="checkbox" disabled=is_seated prop:checked=is_chosen on:change=choose/>
                <span class="who"><bdi>{name}</bdi><span class="email">{email}</span></span>
                {is_seated.then(|| view! { <Badge tone=Tone::Plain text="Invited already"/> })}
            </label>
        </li>
    }
    .into_any()
}
