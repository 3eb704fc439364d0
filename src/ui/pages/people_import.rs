//! A list of people as a file: how it has to look, and what became of it.
//!
//! A plain form; the file is read by the route it is posted to, which sends back what came in and what did not.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::ApiError;
use crate::api::admin::{Flash, flash, me};
use crate::ui::address::address;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::form::{Form, SubmitButton};
use crate::ui::components::form_field::FileField;
use crate::ui::components::trouble::Trouble;
use crate::ui::words::grouped;

/// The page at `/people/import`.
#[component]
pub fn PeopleImport() -> impl IntoView {
    let me = Resource::new(|| (), |()| me());
    let flash = Resource::new(|| (), |()| flash());
    let page = async move || {
        let me = me.await?;
        let flash = flash.await.unwrap_or_default();
        Ok::<_, ApiError>(view! {
            <AdminShell me section=Section::People>
                <ImportForm flash/>
            </AdminShell>
        })
    };
    view! {
        <Title text="Take in a list · Podium"/>
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

/// What became of the last file, and the form for the next.
#[component]
pub fn ImportForm(
    /// What waits from the last post.
    flash: Flash,
) -> impl IntoView {
    let count = |name: &str| flash.value(name).and_then(|count| count.parse::<u32>().ok());
    let outcome = count("added").zip(count("wrong")).map(|(added, wrong)| {
        let came = match added {
            0 => "Nobody came in.".to_owned(),
            1 => "1 person came in.".to_owned(),
            added => format!("{} people came in.", grouped(added)),
        };
        let rest = match wrong {
            0 => String::new(),
            1 => " 1 line did not.".to_owned(),
            wrong => format!(" {} lines did not.", grouped(wrong)),
        };
        view! {
            <p class="outcome" role="status">
                {came}{rest}" "
                <a class="button quiet" href=address("/people")>"Show the list"</a>
            </p>
        }
    });
    view! {
        <div class="people-import">
            <p><a class="button quiet back" href=address("/people")>"All people"</a></p>
            <h1>"Take in a list"</h1>
            {outcome}
            <p>
                "A spreadsheet (XLSX) or CSV file whose first row names the columns. First name is needed; last name, e-mail and "
                "tags may be there, in any order. Of a spreadsheet the first sheet is read:"
            </p>
            <pre>"first_name,last_name,email,tags\nAda,Lovelace,ada@quiz.example,\"north, 2027\"\nSøren,,,"</pre>
            <p>"Who has an address that is in your list already stays as they are. What cannot be used is named line by line; the rest comes in."</p>
            <Form id="import" action="/people/import" flash has_file=true>
                <FileField name="list" label="File" hint="XLSX or CSV, up to 32 MB and 100,000 people." accept=".csv,.xlsx,text/csv"/>
                <SubmitButton label="Take it in" pending="Taking it in…"/>
            </Form>
        </div>
    }
    .into_any()
}
