//! The audit log: who did what and when, the newest first.
//!
//! What is looked for stands in the address. Names of accounts are looked up for the page; people are told by number only.

use std::collections::HashMap;

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use crate::api::ApiError;
use crate::api::account::{AuditPage, audit_page};
use crate::api::admin::me;
use crate::domain::audit::{
    AuditAction, AuditActor, AuditArea, AuditDetail, AuditFilter, AuditRecord, AuditSubject, SignInWay,
};
use crate::domain::ids::AdminId;
use crate::domain::moment::moment;
use crate::ui::address::address;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::trouble::Trouble;
use crate::ui::words::grouped;

/// The page at `/audit`.
#[component]
pub fn Audit() -> impl IntoView {
    let query = use_query_map();
    let me = Resource::new(|| (), |()| me());
    let wanted = move || query.with(|query| (filter_of(query), query.get("before").and_then(|no| no.parse().ok())));
    let page = Resource::new(wanted, |(filter, before)| audit_page(filter, before));
    let page = async move || {
        let (me, page) = (me.await?, page.await?);
        Ok::<_, ApiError>(view! {
            <AdminShell me section=Section::Accounts>
                <AuditList page/>
            </AdminShell>
        })
    };
    view! {
        <Title text="Audit log · Podium"/>
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading the audit log…"</p> }>
            {move || Suspend::new(async move {
                match page().await {
                    Ok(page) => Either::Left(page),
                    Err(error) => Either::Right(view! { <Trouble error way_on="/accounts" way_on_label="To the accounts"/> }),
                }
            })}
        </Suspense>
    }
    .into_any()
}

fn filter_of(query: &ParamsMap) -> AuditFilter {
    AuditFilter::of(&query.get("area").unwrap_or_default(), &query.get("account").unwrap_or_default())
}

/// The address of a page of the log, or of its file.
fn address_of(path: &str, filter: AuditFilter, before: Option<i64>) -> String {
    let mut query = ParamsMap::new();
    if let Some(area) = filter.area {
        query.insert("area", area.name().to_owned());
    }
    if let Some(account) = filter.account {
        query.insert("account", account.to_string());
    }
    if let Some(before) = before {
        query.insert("before", before.to_string());
    }
    format!("{}{}", address(path), query.to_query_string())
}

fn area_in_words(area: AuditArea) -> &'static str {
    match area {
        AuditArea::SignIns => "Coming in and going out",
        AuditArea::Accounts => "Accounts",
        AuditArea::People => "People",
        AuditArea::Quizzes => "Quizzes and rooms",
        AuditArea::Sessions => "Timed sessions",
    }
}

/// Search, table, pages.
#[component]
pub fn AuditList(
    /// The page.
    page: AuditPage,
) -> impl IntoView {
    let AuditPage { filter, entries, names, next, is_first, kept_days } = page;
    let kept = match kept_days {
        Some(days) => {
            format!("Entries are kept for {} days.", grouped(u32::try_from(days).unwrap_or(u32::MAX)))
        }
        None => "Entries are kept for ever.".to_owned(),
    };
    let known: HashMap<AdminId, String> = names.iter().cloned().collect();
    let is_empty = entries.is_empty();
    let rows = entries.into_iter().map(|entry| row(&entry, &known)).collect_view();
    view! {
        <div class="audit">
            <div class="page-head">
                <h1>"Audit log"</h1>
                <a class="button quiet" href=address_of("/audit.csv", filter, None) rel="external" download="">"Export"</a>
            </div>
            <p>{kept}</p>
            <Search filter names/>
            {if is_empty {
                Either::Left(view! { <p class="empty">"Nothing that fits is in the log."</p> })
            } else {
                Either::Right(view! {
                    <div class="people-table">
                        <table>
                            <thead>
                                <tr>
                                    <th scope="col">"When"</th>
                                    <th scope="col">"Who"</th>
                                    <th scope="col">"What"</th>
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                })
            }}
            <nav class="pages" aria-label="Pages of the log">
                {(!is_first).then(|| view! { <a class="button" href=address_of("/audit", filter, None)>"Newest"</a> })}
                {next.map(|next| view! { <a class="button" href=address_of("/audit", filter, Some(next))>"Older"</a> })}
            </nav>
        </div>
    }
    .into_any()
}

/// What is looked for: a plain form whose answer is the page.
#[component]
fn Search(
    /// What is looked for now.
    filter: AuditFilter,
    /// The accounts that are there.
    names: Vec<(AdminId, String)>,
) -> impl IntoView {
    let area = |area: AuditArea| {
        view! { <option value=area.name() selected=filter.area == Some(area)>{area_in_words(area)}</option> }
    };
    let account = |(id, name): (AdminId, String)| {
        view! { <option value=id.to_string() selected=filter.account == Some(id)>{name}</option> }
    };
    view! {
        <form class="audit-search" role="search" method="get" action=address("/audit")>
            <label>
                "What"
                <select name="area">
                    <option value="">"Everything"</option>
                    {AuditArea::ALL.into_iter().map(area).collect_view()}
                </select>
            </label>
            <label>
                "Account"
                <select name="account">
                    <option value="">"All"</option>
                    {names.into_iter().map(account).collect_view()}
                </select>
            </label>
            <button type="submit" class="button">"Look"</button>
        </form>
    }
    .into_any()
}

/// One entry.
fn row(entry: &AuditRecord, names: &HashMap<AdminId, String>) -> impl IntoView + use<> {
    let name_of = |id: AdminId| names.get(&id).cloned().unwrap_or_else(|| "a removed account".to_owned());
    let who = match entry.by {
        AuditActor::Account(id) => name_of(id),
        AuditActor::CommandLine => "the command line".to_owned(),
        AuditActor::System => "the server".to_owned(),
    };
    let what = in_words(entry.action);
    let to_whom = match entry.subject {
        AuditSubject::Account(id) if entry.by != AuditActor::Account(id) => Some(name_of(id)),
        AuditSubject::Account(_) | AuditSubject::Organisation(_) => None,
        AuditSubject::Person(id) => Some(format!("person {id}")),
        AuditSubject::Quiz(id) => Some(format!("quiz {id}")),
        AuditSubject::Session(id) => Some(format!("session {id}")),
        AuditSubject::ColleagueInvite(id) => Some(format!("link {id}")),
    };
    let detail = entry.detail.map(detail_in_words);
    view! {
        <tr>
            <td class="added" data-label="When">{moment(entry.at)}</td>
            <td class="name" data-label="Who"><bdi>{who}</bdi></td>
            <td data-label="What">
                <span>
                    {what}
                    {to_whom.map(|name| view! { ": "<bdi>{name}</bdi> })}
                    {detail.map(|detail| format!(" ({detail})"))}
                </span>
            </td>
        </tr>
    }
}

fn detail_in_words(detail: AuditDetail) -> String {
    match detail {
        AuditDetail::Role(role) => role.name().to_owned(),
        AuditDetail::Roles { from, to } => format!("from {from} to {to}"),
        AuditDetail::Count(count) => grouped(count),
        AuditDetail::Way(SignInWay::Password) => "by password".to_owned(),
        AuditDetail::Way(SignInWay::OpenId) => "by OpenID Connect".to_owned(),
        AuditDetail::Way(SignInWay::Invite) => "by a colleague's link".to_owned(),
        AuditDetail::Way(SignInWay::SetUp) => "by the set-up link".to_owned(),
    }
}

fn in_words(action: AuditAction) -> &'static str {
    match action {
        AuditAction::SignedIn => "signed in",
        AuditAction::SignInFailed => "heard a wrong password for",
        AuditAction::SignedOut => "signed out",
        AuditAction::ProgramSignedIn => "signed a program in",
        AuditAction::ProgramSignedOut => "signed a program out",
        AuditAction::LoginsRevoked => "ended logins",
        AuditAction::OrganisationMade => "made the organisation",
        AuditAction::AccountCreated => "made an account",
        AuditAction::RoleChanged => "gave another role",
        AuditAction::PasswordChanged => "chose another password",
        AuditAction::PasswordReset => "gave another password",
        AuditAction::PasswordRemoved => "gave up the password",
        AuditAction::AccountRemoved => "removed an account",
        AuditAction::IdentityLinked => "linked a sign-in from elsewhere",
        AuditAction::ColleagueInvited => "invited a colleague",
        AuditAction::ColleagueInviteRevoked => "took back an invitation",
        AuditAction::ColleagueInviteUsed => "used an invitation",
        AuditAction::PersonAdded => "added somebody",
        AuditAction::PersonEdited => "changed somebody",
        AuditAction::PersonDeleted => "deleted somebody",
        AuditAction::PeopleImported => "took in a list of people",
        AuditAction::PeopleExported => "wrote out all people",
        AuditAction::QuizDeleted => "deleted a quiz",
        AuditAction::RoomOpened => "opened a room",
        AuditAction::TimedSessionOpened => "opened a timed session",
        AuditAction::TimedSessionClosed => "closed a timed session",
        AuditAction::PeopleInvited => "invited people to a timed session",
        AuditAction::SeatTimeChanged => "changed somebody's time in a timed session",
        AuditAction::SeatLinkRevoked => "took back a personal link",
        AuditAction::SeatLinkRenewed => "made a personal link anew",
        AuditAction::LinksMailed => "sent personal links by mail",
        AuditAction::ResultsExported => "wrote out the answers of a timed session",
    }
}
