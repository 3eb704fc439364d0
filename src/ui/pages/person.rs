//! One person: somebody new, or what is written about somebody.
//!
//! A plain form; whether what was typed can be kept is said by the route it is posted to.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::ApiError;
use crate::api::admin::{Flash, flash, me};
use crate::api::people::person_to_edit;
use crate::domain::ids::PersonId;
use crate::domain::person::full_name;
use crate::protocol::people::PersonRecord;
use crate::ui::address::address;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::form::{Form, SubmitButton};
use crate::ui::components::form_field::{HiddenField, TextField};
use crate::ui::components::trouble::Trouble;

/// The pages at `/people/new` and `/people/{id}`.
#[component]
pub fn Person() -> impl IntoView {
    let params = use_params_map();
    let id = move || params.with(|params| params.get("id"));
    let me = Resource::new(|| (), |()| me());
    let person = Resource::new(id, |id| async move {
        match id {
            None => Ok(None),
            Some(id) => match id.parse::<PersonId>() {
                Ok(id) => person_to_edit(id).await.map(Some),
                Err(_) => Err(ApiError::NotFound),
            },
        }
    });
    let flash = Resource::new(|| (), |()| flash());
    let page = async move || {
        let (me, person) = (me.await?, person.await?);
        let flash = flash.await.unwrap_or_default();
        Ok::<_, ApiError>(view! {
            <AdminShell me section=Section::People>
                <PersonForm person flash/>
            </AdminShell>
        })
    };
    view! {
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading…"</p> }>
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

/// The form.
#[component]
pub fn PersonForm(
    /// Who it is; nobody yet for somebody new.
    person: Option<PersonRecord>,
    /// What waits from a refused post.
    flash: Flash,
) -> impl IntoView {
    let heading = match &person {
        Some(person) => full_name(&person.first_name, &person.last_name),
        None => "Add a person".to_owned(),
    };
    let action = if person.is_some() { "/people/save" } else { "/people" };
    let known = person.as_ref().map(|person| (person.id.to_string(), person.version.to_string()));
    let (first_name, last_name, email, tags) = person
        .map(|person| (person.first_name, person.last_name, person.email, person.tags.join(", ")))
        .unwrap_or_default();
    view! {
        <Title text=format!("{heading} · Podium")/>
        <div class="person">
            <p><a class="button quiet" href=address("/people")>"All people"</a></p>
            <h1 dir="auto">{heading}</h1>
            <Form id="person" action flash>
                {known.map(|(id, version)| view! {
                    <HiddenField name="id" value=id/>
                    <HiddenField name="version" value=version/>
                })}
                <TextField name="first_name" label="First name" value=first_name/>
                <TextField name="last_name" label="Last name" value=last_name is_required=false/>
                <TextField
                    name="email"
                    label="E-mail"
                    kind="email"
                    capitals="none"
                    value=email
                    hint="May be left empty."
                    is_required=false
                />
                <TextField
                    name="tags"
                    label="Tags"
                    capitals="none"
                    value=tags
                    hint="With commas between them, for example north, 2027."
                    is_required=false
                />
                <SubmitButton label="Save" pending="Saving…"/>
            </Form>
        </div>
    }
    .into_any()
}
