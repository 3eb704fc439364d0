//! How people come in, for the host to show and to send: code, QR code, link, and the stage in a window of its own.

use leptos::prelude::*;

use crate::ui::components::qr::QrCode;
use crate::ui::components::stage_lobby::Door;

/// Code, QR code and links.
#[component]
pub fn HostShare(
    /// Where people come in.
    door: Door,
    /// The whole address that the QR code carries.
    join_url: String,
    /// The address of the stage.
    stage_url: String,
    /// Copies the whole address, then tells whether that worked.
    copy: Callback<Callback<bool>>,
) -> impl IntoView {
    let Door { code, join_host, qr_svg } = door;
    let field = NodeRef::<leptos::html::Input>::new();
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
    view! {
        <section class="host-share card" aria-labelledby="way-in">
            <h2 id="way-in">"The way in"</h2>
            <div class="way">
                <QrCode svg=qr_svg label=format!("QR code that leads to {join_host} with the code {code}")/>
                <div>
                    <p class="address">{join_host}</p>
                    <p class="code">{code}</p>
                </div>
            </div>
            <label for="join-link">"Link to send"</label>
            <input id="join-link" type="text" readonly value=join_url node_ref=field on:focus=move |_| select()/>
            <button type="button" class="button" on:click=move |_| copy.run(told)>"Copy the link"</button>
            <p class="hint" role="status">
                {move || match copied.get() {
                    None => "",
                    Some(true) => "Copied.",
                    Some(false) => "The link is marked: copy it with a long press or the copy key.",
                }}
            </p>
            <a class="button" href=stage_url.clone() target="_blank" rel="noopener">"Open the stage in a new window"</a>
            <p class="hint">
                "In a bright room: "
                <a href=format!("{stage_url}?light") target="_blank" rel="noopener">"the stage in light colours"</a>
            </p>
        </section>
    }
    .into_any()
}
