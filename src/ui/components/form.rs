//! The form of everything that must work without scripts: a plain POST to a route that answers 303.
//!
//! It does not know what is asked nor what the answer means: values and errors of a refused post come back in a
//! [`Flash`] and reach the fields through the context. Scripts add only comfort: the focus on what is wrong, and one
//! submit instead of two.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use leptos::context::Provider;
use leptos::prelude::*;
use leptos::{ev, html};

use crate::api::admin::Flash;
use crate::ui::address::address;
use crate::ui::components::field::FieldIds;

/// How long a submit may be under way before the form can be sent again: the answer to a POST is a whole page, so
/// either it is here by then or the visitor has stopped it.
const PENDING_MAX: Duration = Duration::from_secs(15);

/// What the fields learn from the form around them.
#[derive(Clone)]
pub struct FormScope {
    id: Arc<str>,
    flash: Arc<Flash>,
    is_pending: RwSignal<bool>,
    /// What the fields are called, for the summary of errors.
    labels: Arc<Mutex<Vec<(&'static str, String)>>>,
}

impl FormScope {
    /// The form around this component.
    pub fn here() -> Self {
        use_context().expect("fields and submit buttons stand inside a Form")
    }

    /// The ids around the field of this name.
    pub fn ids(&self, field: &str) -> FieldIds {
        FieldIds::of(format!("{}-{field}", self.id))
    }

    /// Tells what the field of this name is called.
    pub fn call(&self, field: &'static str, label: &str) {
        if let Ok(mut labels) = self.labels.lock() {
            labels.push((field, label.to_owned()));
        }
    }

    /// Everything that is wrong: the field's name and the words, with what the field is called in front.
    fn wrongs(&self) -> Vec<(String, String)> {
        let labels = self.labels.lock().map(|labels| labels.clone()).unwrap_or_default();
        let words = |(field, text): &(String, String)| match labels.iter().find(|(name, _)| name == field) {
            Some((_, label)) => (field.clone(), format!("{label}: {text}")),
            None => (String::new(), text.clone()),
        };
        self.flash.errors.iter().map(words).collect()
    }

    /// What was typed into the field of this name before the form was refused.
    pub fn value(&self, field: &str) -> Option<String> {
        self.flash.value(field).map(str::to_owned)
    }

    /// What is wrong with the field of this name.
    pub fn error(&self, field: &str) -> Option<String> {
        self.flash.error(field).map(str::to_owned)
    }

    /// Whether the form is under way.
    pub fn is_pending(&self) -> Signal<bool> {
        self.is_pending.into()
    }
}

/// A form that is posted as a whole page, with and without scripts.
#[component]
pub fn Form(
    /// Names the form within the page; the ids of its fields begin with it.
    #[prop(into)]
    id: String,
    /// Where it is posted, as a path from the product's root (`/join`).
    action: &'static str,
    /// What waits from a refused post.
    #[prop(optional)]
    flash: Flash,
    /// Whether it sends a file.
    #[prop(optional)]
    has_file: bool,
    /// Fields and the submit button.
    children: Children,
) -> impl IntoView {
    let is_pending = RwSignal::new(false);
    let scope = FormScope { id: id.as_str().into(), flash: Arc::new(flash), is_pending, labels: Arc::default() };
    forget_pending_when_shown_again(is_pending);
    let send_once = move |event: ev::SubmitEvent| {
        if event.default_prevented() {
            return;
        }
        if is_pending.get_untracked() {
            event.prevent_default();
            return;
        }
        is_pending.set(true);
        set_timeout(
            move || {
                let _ = is_pending.try_set(false);
            },
            PENDING_MAX,
        );
    };
    // The fields first: only then is known what they are called.
    let fields = view! { <Provider value=scope.clone()>{children()}</Provider> };
    let wrongs = scope.wrongs();
    let summary = (!wrongs.is_empty()).then(|| view! { <ErrorSummary form=id.clone() wrongs/> });
    view! {
        // The server's words are better than the browser's bubbles, and the same without scripts.
        <form
            class="form"
            id=id
            method="post"
            action=address(action)
            enctype=has_file.then_some("multipart/form-data")
            novalidate=true
            on:submit=send_once
        >
            {summary}
            {fields}
        </form>
    }
    .into_any()
}

/// The button that sends the form. Its words change while the form is under way, its size does not.
#[component]
pub fn SubmitButton(
    /// What it says.
    #[prop(into)]
    label: String,
    /// What it says while the form is under way.
    #[prop(into)]
    pending: String,
    /// Its classes; the page's one strong button unless said otherwise.
    #[prop(default = "button primary")]
    class: &'static str,
) -> impl IntoView {
    let is_pending = FormScope::here().is_pending;
    let busy = move || is_pending.get().then_some("true");
    view! {
        <button type="submit" class=format!("submit-button {class}") aria-busy=busy>
            <span class="rest">{label}</span>
            <span class="pending">{pending}</span>
        </button>
    }
}

/// Everything that is wrong, with links to the fields. It takes the focus: without scripts by `autofocus`.
#[component]
fn ErrorSummary(
    /// The id of the form.
    form: String,
    /// Field names (empty for the form as a whole) and what is wrong.
    wrongs: Vec<(String, String)>,
) -> impl IntoView {
    let summary = NodeRef::<html::Div>::new();
    summary.on_load(|element| {
        // Who has already begun to type keeps the focus.
        if document().active_element().is_none_or(|active| active.tag_name() == "BODY") {
            let _ = element.focus();
        }
    });
    let title = match wrongs.len() {
        1 => "One thing needs your attention".to_owned(),
        count => format!("{count} things need your attention"),
    };
    let item = move |(field, text): &(String, String)| match field.as_str() {
        "" => view! { <li>{text.clone()}</li> }.into_any(),
        field => {
            let target = format!("#{}", FieldIds::of(format!("{form}-{field}")).control());
            view! { <li><a href=target rel="external">{text.clone()}</a></li> }.into_any()
        }
    };
    let items = wrongs.iter().map(item).collect_view();
    view! {
        <div class="error-summary" role="alert" tabindex="-1" autofocus=true node_ref=summary>
            <p class="title">{title}</p>
            <ul class="list">{items}</ul>
        </div>
    }
}

/// A page that the browser kept and shows again (the back button) must not wait for an answer it already had.
fn forget_pending_when_shown_again(is_pending: RwSignal<bool>) {
    Effect::new(move |_| {
        let listener = window_event_listener(ev::pageshow, move |_| is_pending.set(false));
        on_cleanup(move || listener.remove());
    });
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::ui::components::form_field::{PasswordField, TextField};

    /// A form with a name and a password, as it comes back from a post.
    fn sent_back(errors: &[(&str, &str)]) -> String {
        let owned = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        let flash = Flash { values: owned(&[("name", "Ada & Co")]), errors: owned(errors) };
        Owner::new().with(|| {
            view! {
                <Form id="join" action="/join" flash>
                    <TextField name="name" label="Your name" hint="As others know you."/>
                    <PasswordField name="password" label="Password" autocomplete="current-password"/>
                    <SubmitButton label="Go" pending="Going…"/>
                </Form>
            }
            .to_html()
            // The marks by which the browser finds texts and parts again.
            .replace("<!>", "")
        })
    }

    fn check(html: &str, holds: &[&str]) {
        for part in holds {
            assert!(html.contains(part), "{part} is not in {html}");
        }
    }

    #[test]
    fn a_form_is_a_plain_post_with_what_was_typed() {
        let html = sent_back(&[]);
        check(&html, &[r#"method="post""#, r#"action="/join""#, r#"value="Ada &amp; Co""#]);
        check(&html, &[r#"<label for="join-name">Your name</label>"#, r#"aria-describedby="join-name-hint""#]);
        assert!(!html.contains("error-summary") && !html.contains("aria-invalid"), "{html}");
    }

    #[test]
    fn an_error_stands_at_its_field_and_in_the_summary_that_leads_there() {
        let html = sent_back(&[("name", "Fill this in."), ("", "The room is full.")]);
        check(&html, &["2 things need your attention", "autofocus", r#"role="alert""#]);
        check(&html, &[r##"<a href="#join-name""##, "Your name: Fill this in.", "<li>The room is full.</li>"]);
        check(
            &html,
            &[r#"aria-describedby="join-name-error join-name-hint""#, r#"id="join-name-error""#, "aria-invalid"],
        );
    }

    #[test]
    fn an_error_of_a_field_that_is_not_there_is_told_all_the_same() {
        check(&sent_back(&[("next", "This address is not ours.")]), &["<li>This address is not ours.</li>"]);
    }
}
