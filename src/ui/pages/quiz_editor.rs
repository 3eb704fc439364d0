//! The editor of one quiz: saved as one types, never in the way of typing.
//!
//! The page loads the quiz and puts it on the desk; from there on everything is signals. Reading order: `draft` (what
//! lies on the desk), `saving` and `saver` (how it is kept), `bench` (what is in front), then the parts that are seen.

pub mod about;
pub mod bench;
pub mod choices;
pub mod draft;
pub mod editor;
pub mod live_text;
pub mod options;
pub mod outline;
pub mod question;
pub mod saver;
pub mod saving;
pub mod spot;
pub mod todos;
pub mod toolbar;

use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::api::ApiError;
use crate::api::admin::{flash, me};
use crate::api::quiz::quiz_to_edit;
use crate::domain::ids::QuizId;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::trouble::Trouble;
use crate::ui::pages::quiz_editor::editor::Editor;

/// The page at `/quizzes/{id}`.
#[component]
pub fn QuizEditor() -> impl IntoView {
    let params = use_params_map();
    let id = move || params.with(|params| params.get("id").and_then(|id| id.parse::<QuizId>().ok()));
    let me = Resource::new(|| (), |()| me());
    let quiz = Resource::new(id, async |id| match id {
        Some(id) => quiz_to_edit(id).await,
        None => Err(ApiError::NotFound),
    });
    let flash = Resource::new(|| (), |()| flash());
    let page = async move || {
        let (me, edited) = (me.await?, quiz.await?);
        let flash = flash.await.unwrap_or_default();
        Ok::<_, ApiError>(view! {
            <AdminShell me section=Section::Quizzes>
                <Editor edited flash/>
            </AdminShell>
        })
    };
    view! {
        <Suspense fallback=|| view! { <p class="loading" role="status">"Opening the quiz…"</p> }>
            {move || Suspend::new(async move {
                match page().await {
                    Ok(page) => Either::Left(page),
                    Err(error) => Either::Right(view! { <Trouble error way_on="/quizzes" way_on_label="To your quizzes"/> }),
                }
            })}
        </Suspense>
    }
    .into_any()
}
