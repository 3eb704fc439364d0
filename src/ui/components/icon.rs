//! The few signs that stand on small buttons. Ornaments: the button says in words what it does.
//!
//! Drawn by ourselves in a box of 24, as wide as the type around and in its colour.

use leptos::prelude::*;

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Towards the start of a list.
    Up,
    /// Towards the end of a list.
    Down,
    /// Back to where one came from.
    Back,
    /// Onwards.
    Forth,
    /// One more of the same.
    Copy,
    /// Away with it.
    Bin,
    /// Something new.
    Plus,
    /// Done, right.
    Check,
}

impl Sign {
    fn outline(self) -> &'static str {
        match self {
            Self::Up => "M12 20V5M5.5 11.5 12 5l6.5 6.5",
            Self::Down => "M12 4v15M5.5 12.5 12 19l6.5-6.5",
            Self::Back => "M20 12H5M11.5 5.5 5 12l6.5 6.5",
            Self::Forth => "M4 12h15M12.5 5.5 19 12l-6.5 6.5",
            Self::Copy => "M9 8.5h10.5V20H9zM15 8.5V4H4.5v11.5H9",
            Self::Bin => "M4.5 6.5h15M9.5 6V3.5h5V6M6.5 6.5 7.5 20.5h9l1-14M10.3 10.5v6M13.7 10.5v6",
            Self::Plus => "M12 4.5v15M4.5 12h15",
            Self::Check => "M4.5 12.5 10 18 19.5 6.5",
        }
    }
}

/// A sign as large as the type around.
#[component]
pub fn Icon(
    /// Which.
    sign: Sign,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path
                d=sign.outline()
                fill="none"
                stroke="currentColor"
                stroke-width="2.2"
                stroke-linecap="round"
                stroke-linejoin="round"
            />
        </svg>
    }
}
