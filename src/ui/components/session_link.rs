//! A link to send: its QR code, the address in a field, and a button that copies it.
//!
//! It does not know whose link it is, nor how the clipboard works.

use leptos::html;
use leptos::prelude::*;

use crate::api::timed::SeatLink;
use crate::ui::components::qr::QrCode;
use crate::ui::live;

/// A link with its QR code.
#[component]
pub fn LinkToSend(
    /// The id of the field.
    id: &'static str,
    /// What the link is called.
    #[prop(into)]
    label: String,
    /// The whole address.
    url: String,
    /// Its QR code, an SVG of our own making.
    qr_svg: String,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let copied = RwSignal::new(None);
    let select = move || {
        if let Some(field) = field.get_untracked() {
            field.select();
        }
    };
    let told = Callback::new(move |is_there: bool| {
        // Where the clipboard cannot be had, the person copies by hand.
        if !is_there {
            select();
        }
        copied.set(Some(is_there));
    });
    let address = url.clone();
    view! {
        <div class="session-link">
            <QrCode svg=qr_svg label=format!("QR code: {label}")/>
            <div class="words">
                <label for=id>{label}</label>
                <input id=id type="text" readonly value=url node_ref=field on:focus=move |_| select()/>
                <button type="button" class="button needs-scripts" on:click=move |_| live::copy(&address, told)>
                    "Copy the link"
                </button>
                <p class="hint" role="status">
                    {move || match copied.get() {
                        None => "",
                        Some(true) => "Copied.",
                        Some(false) => "The link is marked: copy it with a long press or the copy key.",
                    }}
                </p>
            </div>
        </div>
    }
    .into_any()
}

/// Somebody's personal link, or why there is none.
#[component]
pub fn PersonalLink(
    /// The link; none while it is on its way.
    #[prop(into)]
    link: Signal<Option<Result<SeatLink, String>>>,
) -> impl IntoView {
    move || match link.get() {
        None => view! { <p class="hint" role="status">"Fetching the link…"</p> }.into_any(),
        Some(Err(why)) => view! { <p class="trouble-note" role="alert">{why}</p> }.into_any(),
        Some(Ok(SeatLink { name, url, qr_svg, .. })) => view! {
            <LinkToSend id="personal-link" label=format!("Personal link of {name}") url qr_svg/>
            <p class="hint">"Whoever has this link answers in this name. Give it to nobody else."</p>
        }
        .into_any(),
    }
}

/// Somebody's personal link in a dialog of its own.
#[component]
pub fn LinkDialog(
    /// The dialog, which the page opens.
    dialog: NodeRef<html::Dialog>,
    /// The link; none while it is on its way.
    #[prop(into)]
    link: Signal<Option<Result<SeatLink, String>>>,
) -> impl IntoView {
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <dialog class="session-link-dialog" node_ref=dialog aria-label="Personal link">
            <PersonalLink link/>
            <button type="button" class="button" on:click=close>"Close"</button>
        </dialog>
    }
}
