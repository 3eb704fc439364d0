//! The mark of an answer: its shape and its letter, which go with its colour everywhere.
//!
//! The pairing of place, shape and letter is fixed here, that of letter and colour in `style/tokens.css`.

use leptos::prelude::*;

use crate::domain::question::OPTIONS_MAX;

/// The letters in the order of the tiles.
pub const LETTERS: [&str; OPTIONS_MAX] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"];

/// The shapes in the order of the tiles: what a reader may call them, and their outline in a box of 24.
const SHAPES: [(&str, &str); OPTIONS_MAX] = [
    ("triangle", "M12 3 22.5 21h-21z"),
    ("diamond", "M12 1.5 22.5 12 12 22.5 1.5 12z"),
    ("circle", "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z"),
    ("square", "M3 3h18v18H3z"),
    ("pentagon", "M12 1.8 22.5 9.4 18.5 21.7h-13L1.5 9.4z"),
    ("star", "M12 1.5 14.9 8.9 22.8 9.4 16.7 14.4 18.7 22.1 12 17.8 5.3 22.1 7.3 14.4 1.2 9.4 9.1 8.9z"),
    ("plus", "M8.5 2h7v6.5H22v7h-6.5V22h-7v-6.5H2v-7h6.5z"),
    ("hexagon", "M6.5 2.5h11L23 12l-5.5 9.5h-11L1 12z"),
    ("crescent", "M21.5 15.2A10 10 0 1 1 8.8 2.5a8.2 8.2 0 0 0 12.7 12.7z"),
    ("heart", "M12 21.8C5 16.6 1.2 12.8 1.2 8.3A5.6 5.6 0 0 1 12 5.6a5.6 5.6 0 0 1 10.8 2.7c0 4.5-3.8 8.3-10.8 13.5z"),
];

/// The letter of the option at this place, from 0; a question mark beyond the last one.
pub fn letter(place: usize) -> &'static str {
    LETTERS.get(place).copied().unwrap_or("?")
}

/// What the shape of the option at this place is called, from 0.
pub fn shape_name(place: usize) -> &'static str {
    SHAPES.get(place).map_or("shape", |(name, _)| name)
}

/// Shape and letter of an option, in the colour of the text around. The shape is an ornament to a screen reader.
#[component]
pub fn AnswerMark(
    /// The option's place, from 0.
    place: usize,
) -> impl IntoView {
    let outline = SHAPES.get(place).map_or("", |(_, outline)| outline);
    view! {
        <span class="answer-mark" data-answer=letter(place) data-shape=shape_name(place)>
            <svg viewBox="0 0 24 24" aria-hidden="true">
                <path d=outline fill="currentColor" stroke="currentColor" stroke-width="1" stroke-linejoin="round"/>
            </svg>
            <span class="letter">{letter(place)}</span>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_its_own_letter_and_shape() {
        let all_differ = |of: fn(usize) -> &'static str| {
            (0..OPTIONS_MAX).map(of).collect::<std::collections::BTreeSet<_>>().len() == OPTIONS_MAX
        };
        assert!(all_differ(letter) && all_differ(shape_name) && all_differ(|place| SHAPES[place].1));
        assert_eq!(letter(OPTIONS_MAX), "?");
    }
}
