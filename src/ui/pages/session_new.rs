//! A new timed session of a quiz: what its host decides before anybody begins.
//!
//! A plain form; whether the settings go together is said by the route it is posted to.

use leptos::either::Either;
use leptos::html;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::ApiError;
use crate::api::admin::{Flash, flash, me};
use crate::api::timed::{QuizToTime, quiz_to_time};
use crate::domain::ids::QuizId;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::timed::ATTEMPTS_MAX;
use crate::ui::address::address;
use crate::ui::components::admin_shell::{AdminShell, Section};
use crate::ui::components::form::{Form, FormScope, SubmitButton};
use crate::ui::components::form_field::{HiddenField, SelectField, TextField};
use crate::ui::components::session_terms::FEEDBACK;
use crate::ui::components::trouble::Trouble;
use crate::ui::live;
use crate::ui::words::counted;

/// The page at `/sessions/new/{quiz}`.
#[component]
pub fn SessionNew() -> impl IntoView {
    let params = use_params_map();
    let id = move || params.with(|params| params.get("quiz").unwrap_or_default());
    let me = Resource::new(|| (), |()| me());
    let quiz = Resource::new(id, |id| async move {
        match id.parse::<QuizId>() {
            Ok(id) => quiz_to_time(id).await,
            Err(_) => Err(ApiError::NotFound),
        }
    });
    let flash = Resource::new(|| (), |()| flash());
    let page = async move || {
        let (me, quiz) = (me.await?, quiz.await?);
        let flash = flash.await.unwrap_or_default();
        Ok::<_, ApiError>(view! {
            <AdminShell me section=Section::Sessions>
                <SessionForm quiz flash/>
            </AdminShell>
        })
    };
    view! {
        <Suspense fallback=|| view! { <p class="loading" role="status">"Loading…"</p> }>
            {move || Suspend::new(async move {
                match page().await {
                    Ok(page) => Either::Left(page),
                    Err(error) => Either::Right(view! { <Trouble error way_on="/quizzes" way_on_label="To my quizzes"/> }),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The form.
#[component]
pub fn SessionForm(
    /// The quiz.
    quiz: QuizToTime,
    /// What waits from a refused post.
    flash: Flash,
) -> impl IntoView {
    let QuizToTime { id, title, question_count, problem_count } = quiz;
    // Capital letters at the beginning: these are the choices of a list.
    let feedback = FEEDBACK.map(|(_, value, words)| {
        let mut letters = words.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase()).unwrap_or_default();
        (value.to_owned(), format!("{first}{}", letters.as_str()))
    });
    view! {
        <Title text=format!("New timed session · {title} · Podium")/>
        <div class="session-new">
            <p><a class="button quiet back" href=address("/quizzes")>"All quizzes"</a></p>
            <h1>"New timed session"</h1>
            <p class="lead">
                <bdi>{title}</bdi>", "{counted(question_count, "question")}
                ". People answer by themselves, each with a clock of their own. You can close the session at any time."
            </p>
            {(problem_count > 0).then(|| view! {
                <p class="trouble-note" role="alert">
                    {format!("This quiz is not ready: {} to finish. ", counted(problem_count, "thing"))}
                    <a href=address(&format!("/quizzes/{id}"))>"Go on writing"</a>
                </p>
            })}
            <Form id="session" action="/sessions" flash>
                <HiddenField name="quiz" value=id.to_string()/>
                <Times/>
                <fieldset>
                    <legend>"Attempts and results"</legend>
                    <TextField
                        name="attempts"
                        label="Attempts"
                        kind="number"
                        value="1"
                        hint=format!("How often everybody may try, up to {ATTEMPTS_MAX}. The best attempt counts.")
                    />
                    <SelectField
                        name="feedback"
                        label="People see their results"
                        choices=feedback.to_vec()
                        value="at_the_end"
                    />
                    <Check
                        name="compares"
                        label="Show the average of the others"
                        hint="Next to the own result, without names."
                    />
                </fieldset>
                <fieldset>
                    <legend>"Questions"</legend>
                    <Check
                        name="may_go_back"
                        label="People may go back and change answers"
                        hint="Not where results are seen after each answer."
                        is_on=true
                    />
                    <Check name="shuffles_questions" label="Everybody has the questions in another order"/>
                    <Check name="shuffles_options" label="Everybody has the answers in another order"/>
                </fieldset>
                <fieldset>
                    <legend>"Who may take part"</legend>
                    <Check
                        name="is_open"
                        label="Everybody who has the code"
                        hint="Without this only those whom you invite. You can invite people in both cases, on the next page."
                    />
                </fieldset>
                <SubmitButton label="Open the session" pending="Opening…"/>
            </Form>
        </div>
    }
    .into_any()
}

/// How long, from when, until when. Moments are those of this device's clock; a page without scripts does not know it.
#[component]
fn Times() -> impl IntoView {
    let (opens, closes) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let zones = RwSignal::new(None::<[Millis; 2]>);
    let look = move || {
        let typed = |field: NodeRef<html::Input>| field.get_untracked().map(|field| field.value()).unwrap_or_default();
        zones.set(Some([opens, closes].map(|field| zone_of(&typed(field), live::zone_at, live::zone_now))));
    };
    // Where this device is belongs to the outside; it is known once the page stands.
    Effect::new(move |_| look());
    let minutes =
        move |place: usize| move || zones.get().map(|zones| (zones[place].0 / 60_000).to_string()).unwrap_or_default();
    view! {
        <fieldset on:change=move |_| look()>
            <legend>"Time"</legend>
            <TextField
                name="minutes"
                label="Minutes for all questions together"
                value="20"
                capitals="none"
                hint="The clock begins when somebody starts. Empty for no limit; then say below when the session closes, or close it yourself."
                is_required=false
            />
            <TextField
                name="opens_at"
                label="Nobody starts before"
                kind="datetime-local"
                hint="Empty: people may start at once."
                is_required=false
                node_ref=opens
            />
            <TextField
                name="closes_at"
                label="Everything ends at"
                kind="datetime-local"
                hint="Empty: when you close the session. Who is still at it then is handed in as far as they came."
                is_required=false
                node_ref=closes
            />
            <p class="hint">
                {move || match zones.get() {
                    Some(_) => "Both times are those of this device’s clock.",
                    None => "Both times are in UTC.",
                }}
            </p>
            <input type="hidden" name="opens_zone" value="" prop:value=minutes(0)/>
            <input type="hidden" name="closes_zone" value="" prop:value=minutes(1)/>
        </fieldset>
    }
    .into_any()
}

/// How far the clock of this device goes before UTC at the moment that was typed, or now: summer and winter differ.
fn zone_of(typed: &str, zone_at: fn(Timestamp) -> Millis, zone_now: fn() -> Millis) -> Millis {
    match Timestamp::parse(&format!("{typed}:00.000Z")) {
        // Taken for UTC it is some hours off; once corrected it is on the right side of a change of the clock.
        Some(local) => zone_at(local - zone_at(local)),
        None => zone_now(),
    }
}

/// Something that is on or off.
#[component]
fn Check(
    /// Its name in the posted form.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// What helps to decide.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Whether it is on at first; what was chosen before a refusal comes first.
    #[prop(optional)]
    is_on: bool,
) -> impl IntoView {
    let form = FormScope::here();
    form.call(name, label);
    let (ids, error) = (form.ids(name), form.error(name));
    let described_by = ids.described_by(hint.as_deref(), error.as_deref());
    let checked = form.value(name).map_or(is_on, |value| value == "on");
    view! {
        <div class="check">
            <input
                id=ids.control()
                name=name
                type="checkbox"
                checked=checked
                aria-describedby=described_by
                aria-invalid=error.as_ref().map(|_| "true")
            />
            <label for=ids.control()>{label}</label>
            {error.map(|error| view! { <p class="field-error" id=ids.error()>{error}</p> })}
            {hint.map(|hint| view! { <p class="hint" id=ids.hint()>{hint}</p> })}
        </div>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn sent_back(values: &[(&str, &str)], errors: &[(&str, &str)]) -> String {
        let owned = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        let flash = Flash { values: owned(values), errors: owned(errors) };
        let form = || {
            view! {
                <Form id="session" action="/sessions" flash>
                    <Check name="may_go_back" label="Back" is_on=true/>
                    <Check name="compares" label="Compare" hint="Without names."/>
                </Form>
            }
            .to_html()
        };
        Owner::new().with(form).replace("<!>", "")
    }

    #[test]
    fn each_moment_has_the_zone_of_its_own_season() {
        /// Berlin in 2027: summer ends on 31 October at 01:00 UTC.
        fn berlin(at: Timestamp) -> Millis {
            let end = Timestamp::parse("2027-10-31T01:00:00.000Z").expect("a time");
            Millis(if at < end { 7_200_000 } else { 3_600_000 })
        }
        let check = |typed: &str, minutes: i64| {
            assert_eq!(zone_of(typed, berlin, || Millis(0)), Millis(minutes * 60_000), "{typed}");
        };
        check("2027-10-20T09:00", 120);
        check("2027-10-31T01:59", 120);
        check("2027-10-31T04:00", 60);
        check("2027-11-10T18:00", 60);
        check("", 0);
    }

    #[test]
    fn a_box_keeps_what_was_chosen_before_a_refusal() {
        let is_checked = |html: &str, id: &str| {
            let control = html.split("<input").find(|part| part.contains(&format!("id=\"{id}\""))).expect("the box");
            control.split('>').next().expect("its tag").contains(" checked")
        };
        let html = sent_back(&[], &[]);
        assert!(is_checked(&html, "session-may_go_back") && !is_checked(&html, "session-compares"), "{html}");
        let html = sent_back(&[("may_go_back", "off"), ("compares", "on")], &[("may_go_back", "Not with this.")]);
        assert!(!is_checked(&html, "session-may_go_back") && is_checked(&html, "session-compares"), "{html}");
        assert!(html.contains(r#"aria-describedby="session-may_go_back-error""#), "{html}");
        assert!(html.contains("Back: Not with this."), "{html}");
    }
}
