//! The corner of the stage that always tells how to come in.

use leptos::prelude::*;

use crate::ui::components::qr::QrCode;
use crate::ui::components::stage_lobby::Door;

/// Address, code and QR code, small; says so when the door is locked.
#[component]
pub fn StageJoin(
    /// Where people come in.
    door: Door,
    /// Whether new people are kept out.
    #[prop(into)]
    locked: Signal<bool>,
) -> impl IntoView {
    let Door { code, join_host, qr_svg } = door;
    let label = format!("QR code that leads to {join_host} with the code {code}");
    view! {
        <div class="stage-join" data-locked=move || locked.get().then_some("")>
            <div class="way">
                <p class="invitation">
                    {move || match locked.get() {
                        true => "Locked: nobody new comes in".to_owned(),
                        false => format!("Join at {join_host}"),
                    }}
                </p>
                <p class="code">{code}</p>
            </div>
            <QrCode svg=qr_svg label/>
        </div>
    }
}
