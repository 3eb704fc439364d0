//! One's own account: who one is, what is signed in with it, another password.
//!
//! Plain forms; each leads back here and says what was done.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::ApiError;
use crate::api::account::{AccountPage, LoginLine, ProgramLine, account_page};
use crate::api::admin::{Flash, Me, flash, me};
use crate::domain::moment::day;
use crate::domain::time::Timestamp;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::badge::{Badge, Tone};
use crate::ui::components::form::{Form, SubmitButton};
use crate::ui::components::form_field::{HiddenField, PasswordField};
use crate::ui::components::told::Told;
use crate::ui::components::trouble::Trouble;
use crate::ui::words::ago;

/// The page at `/account`.
#[component]
pub fn Account() -> impl IntoView {
    let me = Resource::new(|| (), |()| me());
    let page = Resource::new(|| (), |()| account_page());
    let flash = Resource::new(|| (), |()| flash());
    let page = async move || {
        let (me, page) = (me.await?, page.await?);
        let flash = flash.await.unwrap_or_default();
        Ok::<_, ApiError>(view! {
            <AdminShell me=me.clone() section=Section::Account>
                <AccountPanel me page flash/>
            </AdminShell>
        })
    };
    view! {
        <Title text="Your account · Podium"/>
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading your account…"</p> }>
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

/// Who one is, what is signed in, another password.
#[component]
pub fn AccountPanel(
    /// Who is signed in.
    me: Me,
    /// The account.
    page: AccountPage,
    /// What waits from a form.
    flash: Flash,
) -> impl IntoView {
    let AccountPage { has_password, issuers, logins, programs, server_time } = page;
    // What is wrong with the password stands at its form; what is wrong otherwise stands here.
    let is_of_password = flash.errors.iter().any(|(field, _)| !field.is_empty());
    let (of_page, of_form) = if is_of_password { (Flash::default(), flash) } else { (flash, Flash::default()) };
    let others = logins.len() + programs.len() > 1;
    let has_programs = !programs.is_empty();
    view! {
        <div class="account">
            <h1>"Your account"</h1>
            <Told flash=of_page/>
            <dl class="facts">
                <div><dt>"Name"</dt><dd><bdi>{me.name}</bdi></dd></div>
                <div><dt>"E-mail"</dt><dd class="email">{me.email}</dd></div>
                <div><dt>"Role"</dt><dd>{me.role.name()}</dd></div>
                <div><dt>"Organisation"</dt><dd><bdi>{me.organisation}</bdi></dd></div>
            </dl>
            <section aria-labelledby="logins-heading">
                <h2 id="logins-heading">"Where you are signed in"</h2>
                <ul class="open">
                    {logins.into_iter().map(|login| view! { <LoginRow login server_time/> }).collect_view()}
                </ul>
                {has_programs.then(|| view! {
                    <h3>"Programs"</h3>
                    <ul class="open">
                        {programs.into_iter().map(|program| view! { <ProgramRow program server_time/> }).collect_view()}
                    </ul>
                })}
                {others.then(|| view! {
                    <Form id="revoke-others" action="/account/revoke-others">
                        <SubmitButton label="Sign out everywhere else" pending="Signing out…" class="button"/>
                    </Form>
                })}
            </section>
            <section aria-labelledby="password-heading">
                <h2 id="password-heading">"Password"</h2>
                {if has_password {
                    Either::Left(view! {
                        <Form id="password" action="/account/password" flash=of_form>
                            <PasswordField name="old" label="Your password now" autocomplete="current-password"/>
                            <PasswordField
                                name="new"
                                label="The new one"
                                hint="At least 10 characters. Everywhere else you are signed out."
                                autocomplete="new-password"
                            />
                            <SubmitButton label="Change it" pending="Changing…"/>
                        </Form>
                    })
                } else {
                    Either::Right(view! { <p>"This account has none."</p> })
                }}
                {(!issuers.is_empty()).then(|| view! {
                    <p>"You also come in by the word of "{issuers.join(", ")}"."</p>
                })}
            </section>
        </div>
    }
    .into_any()
}

/// A browser.
#[component]
fn LoginRow(
    /// The browser.
    login: LoginLine,
    /// The server's time when the page was made.
    server_time: Timestamp,
) -> impl IntoView {
    let LoginLine { name, browser, begun_at, used_at, is_this } = login;
    let browser = if browser.is_empty() { "A browser".to_owned() } else { browser };
    view! {
        <li>
            <p class="what">
                <strong>{browser.clone()}</strong>
                {is_this.then(|| view! { <Badge tone=Tone::Good text="This one"/> })}
            </p>
            <p class="when">"Since "{day(begun_at)}", used "{ago(server_time - used_at)}</p>
            {(!is_this).then(|| view! {
                <Form id=format!("revoke-{name}") action="/account/revoke">
                    <HiddenField name="login" value=name.clone()/>
                    <RevokeButton what=browser/>
                </Form>
            })}
        </li>
    }
    .into_any()
}

/// A program.
#[component]
fn ProgramRow(
    /// The program.
    program: ProgramLine,
    /// The server's time when the page was made.
    server_time: Timestamp,
) -> impl IntoView {
    let ProgramLine { id, begun_at, used_at } = program;
    view! {
        <li>
            <p class="what"><strong>"Program "{id.to_string()}</strong></p>
            <p class="when">"Since "{day(begun_at)}", tokens renewed "{ago(server_time - used_at)}</p>
            <Form id=format!("revoke-program-{id}") action="/account/revoke">
                <HiddenField name="program" value=id.to_string()/>
                <RevokeButton what=format!("program {id}")/>
            </Form>
        </li>
    }
    .into_any()
}

/// Ends one thing.
#[component]
fn RevokeButton(
    /// What, for who does not see beside what it stands.
    what: String,
) -> impl IntoView {
    view! { <button type="submit" class="button quiet">"Sign out"<span class="visually-hidden">" "{what}</span></button> }
}
