//! One labelled place to type or choose: label, hint, control, and what is wrong with it.
//!
//! It does not know what the control is nor where the error comes from: a refused form, or the editor while somebody types.

use leptos::prelude::*;

/// The ids that tie a control to its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldIds {
    control: String,
}

impl FieldIds {
    /// The ids around the control with this id.
    pub fn of(control: impl Into<String>) -> Self {
        Self { control: control.into() }
    }

    /// The id of the control itself, where links to the field lead.
    pub fn control(&self) -> String {
        self.control.clone()
    }

    /// The id of the hint.
    pub fn hint(&self) -> String {
        format!("{}-hint", self.control)
    }

    /// The id of the error.
    pub fn error(&self) -> String {
        format!("{}-error", self.control)
    }

    /// What `aria-describedby` of the control says: only what is there, the error first.
    pub fn described_by(&self, hint: Option<&str>, error: Option<&str>) -> Option<String> {
        let ids: Vec<String> = error.map(|_| self.error()).into_iter().chain(hint.map(|_| self.hint())).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// Label, hint and error around one control.
///
/// The control says its own `id` and `aria-describedby`, both from the same [`FieldIds`].
#[component]
pub fn Field(
    /// The ids that the control uses too.
    ids: FieldIds,
    /// What the field is called; always visible.
    #[prop(into)]
    label: String,
    /// What helps to fill it in.
    #[prop(optional_no_strip)]
    hint: Option<String>,
    /// What is wrong with it, in words.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// The control.
    children: Children,
) -> impl IntoView {
    let hint_id = ids.hint();
    view! {
        <div class="field">
            <label for=ids.control()>{label}</label>
            {children()}
            <FieldError id=ids.error() error/>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
        </div>
    }
    .into_any()
}

/// What is wrong with a field or a group of fields; nothing when all is well.
#[component]
pub fn FieldError(
    /// The id that `aria-describedby` of the control names.
    id: String,
    /// What is wrong, in words.
    #[prop(into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    move || error.get().map(|text| view! { <p class="field-error" id=id.clone()>{text}</p> })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_is_described_by_what_is_there() {
        let ids = FieldIds::of("join-code");
        assert_eq!(ids.described_by(None, None), None);
        assert_eq!(ids.described_by(Some("six letters"), None).as_deref(), Some("join-code-hint"));
        assert_eq!(
            ids.described_by(Some("six letters"), Some("too short")).as_deref(),
            Some("join-code-error join-code-hint")
        );
    }
}
