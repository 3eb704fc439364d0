//! The sheet that takes a seat to another device: a code to scan, good once and for a minute.
//!
//! It does not know how a ticket is made; the page hands it one when it is asked for.

use leptos::html;
use leptos::prelude::*;

use crate::api::ApiError;
use crate::api::room::DeviceTicket;
use crate::domain::time::Timestamp;
use crate::protocol::refusal::sentence;
use crate::ui::components::qr::QrCode;

/// The button and the sheet that it opens.
#[component]
pub fn DeviceSheet(
    /// The ticket that was asked for last; `None` while it is on its way.
    #[prop(into)]
    ticket: Signal<Option<Result<DeviceTicket, ApiError>>>,
    /// The time, for the end of the ticket.
    #[prop(into)]
    now: Signal<Timestamp>,
    /// Asks for a new ticket.
    on_ask: Callback<()>,
) -> impl IntoView {
    let sheet = NodeRef::<html::Dialog>::new();
    let open = move |_| {
        if let Some(sheet) = sheet.get_untracked()
            && sheet.show_modal().is_ok()
        {
            on_ask.run(());
        }
    };
    let close = move |_| {
        if let Some(sheet) = sheet.get_untracked() {
            sheet.close();
        }
    };
    let left = Memo::new(move |_| {
        ticket.with(|ticket| match ticket {
            Some(Ok(ticket)) => Some((ticket.ends_at - now.get()).whole_seconds_up()),
            Some(Err(_)) | None => None,
        })
    });
    let has_ended = Memo::new(move |_| left.get() == Some(0));
    let code = move || match (ticket.get(), has_ended.get()) {
        (Some(Ok(ticket)), false) => view! {
            <QrCode svg=ticket.qr_svg label="Code for the other device"/>
            <p>"Good once, for "<span class="number">{move || left.get()}</span>" s."</p>
        }
        .into_any(),
        (Some(Ok(_)), true) => view! { <Again words="This code has ended." on_ask/> }.into_any(),
        (Some(Err(problem)), _) => view! { <Again words=sentence(&problem.to_string()) on_ask/> }.into_any(),
        (None, _) => view! { <p class="empty" role="status">"Making a code…"</p> }.into_any(),
    };
    view! {
        <button type="button" class="device-button needs-scripts" on:click=open>
            <svg viewBox="0 0 24 24" aria-hidden="true">
                <rect x="3" y="2" width="10" height="17" rx="2"/>
                <path d="M16.5 8.5H19a2 2 0 0 1 2 2V20a2 2 0 0 1-2 2h-5a2 2 0 0 1-2-2v-1"/>
            </svg>
            <span class="label">"Use another device"</span>
        </button>
        <dialog class="device-sheet" node_ref=sheet aria-labelledby="device-sheet-title">
            <h2 id="device-sheet-title">"Go on with another device"</h2>
            <p>"Scan this with the other device. Your seat opens there as well, with the same name and points."</p>
            <div class="code">{code}</div>
            <button type="button" class="button" on:click=close>"Close"</button>
        </dialog>
    }
}

/// Why there is no code, and a button for a new one.
#[component]
fn Again(
    /// Why.
    #[prop(into)]
    words: String,
    /// Asks for a new ticket.
    on_ask: Callback<()>,
) -> impl IntoView {
    view! {
        <p role="status">{words}</p>
        <button type="button" class="button primary" on:click=move |_| on_ask.run(())>"Make a new code"</button>
    }
}
