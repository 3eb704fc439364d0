//! The accounts of the organisation: who is one, what they are, links for colleagues.
//!
//! Plain forms; each leads back here and says what was done. A link that was just made stands here once.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::ApiError;
use crate::api::account::{AccountLine, AccountsPage, InviteLine, accounts_page};
use crate::api::admin::{Flash, flash, me};
use crate::domain::moment::day;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::ui::address::address;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::badge::{Badge, Tone};
use crate::ui::components::form::{Form, SubmitButton};
use crate::ui::components::form_field::{HiddenField, SelectField, TextField};
use crate::ui::components::told::Told;
use crate::ui::components::trouble::Trouble;
use crate::ui::words::{ago, counted};

/// The page at `/accounts`.
#[component]
pub fn Accounts() -> impl IntoView {
    let me = Resource::new(|| (), |()| me());
    let page = Resource::new(|| (), |()| accounts_page());
    let flash = Resource::new(|| (), |()| flash());
    let page = async move || {
        let (me, page) = (me.await?, page.await?);
        let flash = flash.await.unwrap_or_default();
        Ok::<_, ApiError>(view! {
            <AdminShell me section=Section::Accounts>
                <AccountList page flash/>
            </AdminShell>
        })
    };
    view! {
        <Title text="Accounts · Podium"/>
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading the accounts…"</p> }>
            {move || Suspend::new(async move {
                match page().await {
                    Ok(page) => Either::Left(page),
                    Err(error) => Either::Right(view! { <Trouble error way_on="/quizzes" way_on_label="To the quizzes"/> }),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// What a role may do, in a few words.
fn role_in_words(role: Role) -> String {
    let words = match role {
        Role::Owner => "Owner: everything",
        Role::Admin => "Admin: everything but owners",
        Role::Host => "Host: writes quizzes and runs rooms",
        Role::Viewer => "Viewer: looks on",
        Role::Member => "Member: plays, and nothing else",
    };
    words.to_owned()
}

/// What removing somebody's account does, where newcomers come in by the word of an issuer that people call so, or of none.
fn removal_in_words(newcomers_by: Option<&str>) -> String {
    match newcomers_by {
        None => "They are signed out everywhere and cannot come in any more. What they made stays.".to_owned(),
        Some(issuer) => format!(
            "They are signed out everywhere. They get a new account as soon as they sign in with {issuer} again; to keep \
             them out, take them out there as well. What they made stays."
        ),
    }
}

/// The accounts, the open links, and the form of a new one.
#[component]
pub fn AccountList(
    /// The page.
    page: AccountsPage,
    /// What waits from a form.
    flash: Flash,
) -> impl IntoView {
    let AccountsPage { accounts, invites, roles, origin, newcomers_by, server_time } = page;
    let removal = removal_in_words(newcomers_by.as_deref());
    let link = flash.value("path").map(|path| format!("{origin}{path}"));
    let is_of_invite = flash.errors.iter().any(|(field, _)| !field.is_empty());
    let (of_page, of_form) = if is_of_invite { (Flash::default(), flash) } else { (flash, Flash::default()) };
    let choices: Vec<(String, String)> =
        roles.iter().map(|role| (role.name().to_owned(), role_in_words(*role))).collect();
    view! {
        <div class="accounts">
            <div class="page-head">
                <h1>"Accounts "<span class="number">{accounts.len()}</span></h1>
                <a class="button quiet" href=address("/audit")>"Audit log"</a>
            </div>
            <Told flash=of_page/>
            {link.map(|link| view! {
                <p class="new-link">
                    <label for="new-link">"The link, for one colleague and seven days"</label>
                    <input id="new-link" type="text" readonly=true value=link/>
                </p>
            })}
            <div class="people-table">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Name"</th>
                            <th scope="col">"E-mail"</th>
                            <th scope="col">"Last seen"</th>
                            <th scope="col">"Role"</th>
                            <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        {accounts
                            .into_iter()
                            .map(|account| view! { <AccountRow account roles=roles.clone() removal=removal.clone() server_time/> })
                            .collect_view()}
                    </tbody>
                </table>
            </div>
            <section aria-labelledby="invite-heading">
                <h2 id="invite-heading">"Invite a colleague"</h2>
                <p>"The link makes one account, within seven days. Hand it over yourself; nothing is sent."</p>
                <Form id="invite" action="/accounts/invite" flash=of_form>
                    <SelectField name="role" label="Role" choices value="host"/>
                    <TextField
                        name="email"
                        label="E-mail"
                        kind="email"
                        capitals="none"
                        hint="May be left empty. If it is not, the link is good for this address only."
                        is_required=false
                    />
                    <SubmitButton label="Make a link" pending="Making it…"/>
                </Form>
                <Invites invites/>
            </section>
        </div>
    }
    .into_any()
}

/// One account.
#[component]
fn AccountRow(
    /// The account.
    account: AccountLine,
    /// The roles that may be given.
    roles: Vec<Role>,
    /// What removing it does, in words.
    removal: String,
    /// The server's time when the page was made.
    server_time: Timestamp,
) -> impl IntoView {
    let AccountLine { id, name, email, role, seen_at, open, is_me, may_change } = account;
    let seen = match seen_at {
        None => "never".to_owned(),
        Some(at) if open > 0 => format!("{}, {} open", ago(server_time - at), counted(open, "login")),
        Some(at) => ago(server_time - at),
    };
    let role_cell = if may_change {
        let option = move |given: Role| {
            view! { <option value=given.name() selected=given == role>{given.name()}</option> }
        };
        let label = format!("role-of-{id}");
        Either::Left(view! {
            <form class="role" method="post" action=address("/accounts/role")>
                <HiddenField name="id" value=id.to_string()/>
                <label class="visually-hidden" for=label.clone()>"Role of "{name.clone()}</label>
                <select id=label name="role">{roles.into_iter().map(option).collect_view()}</select>
                <button type="submit" class="button quiet">"Give"<span class="visually-hidden">" "{name.clone()}" this role"</span></button>
            </form>
        })
    } else {
        Either::Right(role.name())
    };
    let deeds = (may_change && !is_me).then(|| view! { <Deeds id=id.to_string() name=name.clone() removal/> });
    view! {
        <tr>
            <th scope="row" class="name" data-label="Name">
                <span><bdi>{name}</bdi>" "{is_me.then(|| view! { <Badge tone=Tone::Good text="You"/> })}</span>
            </th>
            <td class="email" data-label="E-mail">{email}</td>
            <td data-label="Last seen">{seen}</td>
            <td data-label="Role">{role_cell}</td>
            <td class="deeds">{deeds}</td>
        </tr>
    }
    .into_any()
}

/// What can be done to somebody's account; removing asks first, with and without scripts.
#[component]
fn Deeds(
    /// The account.
    id: String,
    /// Whose it is.
    name: String,
    /// What removing it does, in words.
    removal: String,
) -> impl IntoView {
    let (dialog, heading) = (format!("remove-{id}"), format!("remove-{id}-heading"));
    view! {
        <div class="both">
            <form method="post" action=address("/accounts/revoke")>
                <HiddenField name="id" value=id.clone()/>
                <button type="submit" class="button quiet">"Sign out"<span class="visually-hidden">" "{name.clone()}</span></button>
            </form>
            <button type="button" class="button quiet" popovertarget=dialog.clone()>
                "Remove"<span class="visually-hidden">" "{name.clone()}</span>
            </button>
        </div>
        <div class="confirm-delete" id=dialog.clone() popover="auto" role="dialog" aria-labelledby=heading.clone()>
            <p class="question" id=heading.clone()>"Remove “"<bdi>{name}</bdi>"”?"</p>
            <p>{removal}</p>
            <div class="answers">
                <button type="button" class="button" popovertarget=dialog.clone() popovertargetaction="hide" autofocus=true>
                    "Keep it"
                </button>
                <form method="post" action=address("/accounts/remove")>
                    <HiddenField name="id" value=id/>
                    <button type="submit" class="button danger">"Remove"</button>
                </form>
            </div>
        </div>
    }
    .into_any()
}

/// The links that are open.
#[component]
fn Invites(
    /// The links, the newest first.
    invites: Vec<InviteLine>,
) -> impl IntoView {
    let row = |invite: InviteLine| {
        let InviteLine { id, role, email, made_by, ends_at } = invite;
        let whom = email.unwrap_or_else(|| "anybody who has the link".to_owned());
        let what = format!("A {} for {whom}", role.name());
        let made = made_by.unwrap_or_else(|| "the command line, or an account that is gone".to_owned());
        view! {
            <li>
                <p class="what"><strong>{what.clone()}</strong></p>
                <p class="when">"Made by "<bdi>{made}</bdi>", good until "{day(ends_at)}</p>
                <form method="post" action=address("/accounts/invite/revoke")>
                    <HiddenField name="id" value=id.to_string()/>
                    <button type="submit" class="button quiet">"Take back"<span class="visually-hidden">" "{what}</span></button>
                </form>
            </li>
        }
    };
    if invites.is_empty() {
        Either::Left(view! { <p class="empty">"No link is open."</p> })
    } else {
        Either::Right(view! { <ul class="open">{invites.into_iter().map(row).collect_view()}</ul> })
    }
}
