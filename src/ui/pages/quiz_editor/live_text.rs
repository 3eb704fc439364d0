//! A text that is saved as it is typed: one line or several, bound to one signal.
//!
//! It knows nothing of what the text is for; errors come from outside and never stop the typing.

use leptos::html;
use leptos::prelude::*;

use crate::ui::components::field::FieldIds;

/// One line.
#[component]
pub fn LiveLine(
    /// The ids around it.
    ids: FieldIds,
    /// What is written.
    value: RwSignal<String>,
    /// What is wrong, for `aria-invalid` and the description.
    error: Signal<Option<String>>,
    /// The language of the text.
    #[prop(into)]
    language: Signal<String>,
    /// Hears that somebody has left it.
    on_leave: impl Fn() + Send + 'static,
) -> impl IntoView {
    let line = NodeRef::<html::Input>::new();
    bind(value, move || line.get().map(|line| (line.value(), line)), |line, text| line.set_value(text));
    let id = ids.control();
    let described_by = move || ids.described_by(None, error.get().as_deref());
    view! {
        <input
            id=id
            type="text"
            value=value.get_untracked()
            lang=language
            dir="auto"
            autocomplete="off"
            aria-describedby=described_by
            aria-invalid=move || error.get().map(|_| "true")
            on:input=move |event| value.set(event_target_value(&event))
            on:blur=move |_| on_leave()
            node_ref=line
        />
    }
}

/// Several lines, as high as what is written.
#[component]
pub fn LiveLines(
    /// The ids around it.
    ids: FieldIds,
    /// What is written.
    value: RwSignal<String>,
    /// What is wrong, for `aria-invalid` and the description.
    error: Signal<Option<String>>,
    /// The language of the text.
    #[prop(into)]
    language: Signal<String>,
    /// Lines to begin with.
    rows: u32,
    /// Hears that somebody has left it.
    on_leave: impl Fn() + Send + 'static,
) -> impl IntoView {
    let lines = NodeRef::<html::Textarea>::new();
    bind(value, move || lines.get().map(|lines| (lines.value(), lines)), |lines, text| lines.set_value(text));
    let id = ids.control();
    let described_by = move || ids.described_by(None, error.get().as_deref());
    view! {
        <textarea
            id=id
            rows=rows
            lang=language
            dir="auto"
            autocomplete="off"
            aria-describedby=described_by
            aria-invalid=move || error.get().map(|_| "true")
            on:input=move |event| value.set(event_target_value(&event))
            on:blur=move |_| on_leave()
            node_ref=lines
            inner_html=escaped(&value.get_untracked())
        ></textarea>
    }
}

/// A text as HTML. leptos writes the children of a `<textarea>` unescaped into the page, so nothing else may be there.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Keeps control and signal the same.
fn bind<C: 'static>(
    value: RwSignal<String>,
    control: impl Fn() -> Option<(String, C)> + 'static,
    write: impl Fn(&C, &str) + 'static,
) {
    // Only a page that the server wrote can have been typed into before the scripts arrived; that must not be lost.
    let mut may_hold_more = Owner::current_shared_context().is_some_and(|context| context.during_hydration());
    Effect::new(move |_| {
        let text = value.get();
        let Some((typed, control)) = control() else { return };
        let takes_over = std::mem::take(&mut may_hold_more);
        match (typed == text, takes_over) {
            (true, _) => {}
            (false, true) => value.set(typed),
            (false, false) => write(&control, &text),
        }
    });
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_cannot_leave_its_field() {
        let owner = Owner::new();
        owner.with(|| {
            let value = RwSignal::new("</textarea><b>&amp;".to_owned());
            let error = Signal::stored(None);
            let html =
                view! { <LiveLines ids=FieldIds::of("a") value error language="en" rows=2 on_leave=|| ()/> }.to_html();
            assert!(html.contains(">&lt;/textarea&gt;&lt;b&gt;&amp;amp;</textarea>"), "{html}");
        });
    }
}
