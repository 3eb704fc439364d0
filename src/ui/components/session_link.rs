//! A link to send: its QR code, the address in a field, and a button that copies it.
//!
//! A personal link is shown to whoever asked for it last: what comes late for somebody else is not taken. It does not know
//! how the clipboard works, nor where links come from.

use leptos::html;
use leptos::prelude::*;

use crate::api::timed::SeatLink;
use crate::domain::ids::{SeatId, SessionId};
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

/// A personal link that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedLink {
    /// Whose: the session, and the seat in it.
    of: (SessionId, SeatId),
    /// The link, or why there is none; nothing while it is on its way.
    came: Option<Result<SeatLink, String>>,
}

impl AskedLink {
    /// One that is on its way.
    pub fn new(session: SessionId, seat: SeatId) -> Self {
        Self { of: (session, seat), came: None }
    }

    /// Takes over what came for a seat, unless another one was asked for since, or none is wanted any more.
    pub fn arrive(wanted: &mut Option<Self>, of: (SessionId, SeatId), came: Result<SeatLink, String>) {
        if let Some(asked) = wanted.as_mut().filter(|asked| asked.of == of) {
            asked.came = Some(came);
        }
    }
}

/// The link that is wanted, as far as it is there.
pub fn arrived(wanted: RwSignal<Option<AskedLink>>) -> Signal<Option<Result<SeatLink, String>>> {
    Signal::derive(move || wanted.with(|wanted| wanted.as_ref().and_then(|asked| asked.came.clone())))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_comes_late_is_not_taken_for_somebody_elses() {
        let (session, other, ada, bo) = (SessionId(1), SessionId(2), SeatId(1), SeatId(2));
        let link = |seat: SeatId, name: &str| {
            let (name, url) = (name.to_owned(), format!("/session?token={seat}"));
            Ok(SeatLink { seat, name, url, qr_svg: String::new() })
        };
        let mut wanted = Some(AskedLink::new(session, bo));
        AskedLink::arrive(&mut wanted, (session, ada), link(ada, "Ada"));
        AskedLink::arrive(&mut wanted, (other, bo), link(bo, "Cy"));
        assert_eq!(wanted, Some(AskedLink::new(session, bo)), "Bo's is on its way still");
        AskedLink::arrive(&mut wanted, (session, bo), link(bo, "Bo"));
        let has = |wanted: &Option<AskedLink>| wanted.as_ref().and_then(|asked| asked.came.clone());
        assert_eq!(has(&wanted), Some(link(bo, "Bo")));
        AskedLink::arrive(&mut wanted, (session, ada), link(ada, "Ada"));
        assert_eq!(has(&wanted), Some(link(bo, "Bo")), "Ada's comes last and is nobody's");
        let mut closed = None;
        AskedLink::arrive(&mut closed, (session, ada), link(ada, "Ada"));
        assert_eq!(closed, None, "nobody waits for it any more");
    }
}
