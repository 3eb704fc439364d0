//! How large the type of a question can be, so that all of it stands on the screen and is read from the last row.
//!
//! A guess by average widths of letters, the same on both sides, instead of measuring in the browser, which would move
//! the page after it was shown. Lengths are in hundredths of the height of a 16:9 screen; on other shapes there is more
//! room, never less. It knows nothing of pages; `stage_question.css` multiplies these sizes with the screen's.

/// Sizes of type, in hundredths of the screen's height, and of the ring beside the prompt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// The prompt.
    pub prompt: f64,
    /// The answers on their tiles.
    pub answer: f64,
    /// The explanation after the reveal.
    pub explanation: f64,
    /// The edge of the countdown ring.
    pub ring: f64,
}

/// What has to stand on the screen together.
#[derive(Clone, Copy, Debug)]
pub struct Load<'a> {
    /// What is asked.
    pub prompt: &'a str,
    /// What can be chosen.
    pub options: &'a [String],
    /// Why; empty before the reveal.
    pub explanation: &'a str,
}

/// Height between header and footer.
const HEIGHT: f64 = 68.0;
/// Width between the margins.
const WIDTH: f64 = 164.0;
/// Between the prompt and the ring, and between blocks.
const GAP: f64 = 4.0;
/// Between tiles.
const TILE_GAP: f64 = 1.8;
/// What a tile's padding, its mark and a count at its end take of its width, in its own type's size.
const TILE_TAKES: f64 = 7.4;
/// An average letter's width as a part of the type's size; a little more than measured, to be safe.
const LETTER: f64 = 0.53;

/// From comfortable to dense. The first line of a prompt is a twelfth of the height, an answer's type not under a
/// twenty-fourth; the last four break that, for texts of a length that would not fit otherwise: small is better than cut off.
const STEPS: [(f64, f64, f64); 11] = [
    (7.6, 4.8, 22.0),
    (7.0, 4.5, 22.0),
    (6.2, 4.2, 20.0),
    (5.4, 4.2, 18.0),
    (4.8, 4.2, 16.0),
    (4.2, 4.2, 14.0),
    (3.8, 3.6, 14.0),
    (3.4, 3.2, 12.0),
    (3.0, 2.8, 12.0),
    (2.6, 2.4, 10.0),
    (2.3, 2.0, 10.0),
];

/// The sizes for a prompt that stands alone.
pub fn fit_prompt(prompt: &str) -> f64 {
    let fits = |size: &f64| f64::from(lines(prompt, WIDTH / size)) * size * 1.1 <= HEIGHT * 0.8;
    [9.0, 8.0, 7.0, 6.0, 5.0, 4.2].into_iter().find(fits).unwrap_or(3.6)
}

/// The largest sizes with which everything fits, or the densest ones.
pub fn fit(load: Load<'_>) -> Sizes {
    let sizes =
        STEPS.map(|(prompt, answer, ring)| Sizes { prompt, answer, ring, explanation: (answer * 0.72).max(2.2) });
    let fits = |sizes: &Sizes| height(load, *sizes) <= HEIGHT;
    let fitting = sizes.into_iter().find(fits).unwrap_or(sizes[sizes.len() - 1]);
    // Long answers make the type dense; the prompt takes what they leave.
    STEPS.map(|(prompt, ..)| Sizes { prompt, ..fitting }).into_iter().find(fits).unwrap_or(fitting)
}

fn height(load: Load<'_>, sizes: Sizes) -> f64 {
    let prompt_width = WIDTH - sizes.ring - GAP;
    let prompt = f64::from(lines(load.prompt, prompt_width / sizes.prompt)) * sizes.prompt * 1.1;
    let explanation = match lines(load.explanation, WIDTH / sizes.explanation) {
        0 => 0.0,
        lines => f64::from(lines) * sizes.explanation * 1.4 + GAP,
    };
    prompt.max(sizes.ring) + GAP + tiles(load.options, sizes.answer) + explanation
}

/// The height of all tiles: two in a row, an odd last one across both columns.
fn tiles(options: &[String], size: f64) -> f64 {
    let rows = options.len().div_ceil(2);
    let column = (WIDTH - TILE_GAP) / 2.0;
    let of_row = |row: &[String]| {
        let width = if row.len() == 1 { WIDTH } else { column };
        let most = row.iter().map(|text| lines(text, width / size - TILE_TAKES)).max().unwrap_or(1).max(1);
        f64::from(most) * size * 1.2 + 2.0 * padding(options.len()) * size
    };
    let gaps = f64::from(u32::try_from(rows.saturating_sub(1)).unwrap_or(0)) * TILE_GAP;
    options.chunks(2).map(of_row).sum::<f64>() + gaps
}

/// A tile's padding above and below, in its type's size: many tiles stand closer.
pub fn padding(options: usize) -> f64 {
    match options {
        0..=4 => 0.8,
        5..=6 => 0.5,
        _ => 0.3,
    }
}

/// How many lines a text takes in a width counted in its own type's size; words are broken only when they must.
fn lines(text: &str, width: f64) -> u32 {
    let width = width.max(4.0);
    let mut lines = 0;
    let mut left = 0.0;
    for word in text.split_whitespace() {
        let mut length: f64 = word.chars().map(letter_width).sum();
        if length + LETTER <= left {
            left -= length + LETTER;
            continue;
        }
        lines += 1;
        while length > width {
            lines += 1;
            length -= width;
        }
        left = width - length;
    }
    lines
}

/// Letters of Chinese, Japanese and Korean, and pictures, are as wide as high.
fn letter_width(letter: char) -> f64 {
    match letter {
        '\u{1100}'..='\u{11FF}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF00}'..='\u{FF60}' => 1.0,
        '\u{1F000}'.. => 1.2,
        'M' | 'W' | 'm' | 'w' | '@' => LETTER * 1.5,
        'i' | 'j' | 'l' | 't' | 'f' | 'I' | '.' | ',' | '\'' => LETTER * 0.6,
        _ => LETTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(prompt: &str, options: &[String], explanation: &str) -> Sizes {
        fit(Load { prompt, options, explanation })
    }

    fn sentence(length: usize) -> String {
        "several words that make up a sentence ".chars().cycle().take(length).collect()
    }

    #[test]
    fn a_usual_question_has_the_largest_type() {
        let options = ["Mercury", "Jupiter", "Earth", "Neptune"].map(str::to_owned);
        let sizes = load("Which planet has the shortest day in our solar system?", &options, "");
        assert_eq!(sizes.prompt, STEPS[0].0);
    }

    #[test]
    fn more_text_is_never_larger() {
        let sizes: Vec<_> =
            (0..24).map(|step| load(&sentence(step * 10), &vec![sentence(step * 5); 6], "").answer).collect();
        assert!(sizes.is_sorted_by(|earlier, later| earlier >= later), "{sizes:?}");
    }

    #[test]
    fn ten_short_answers_keep_a_twenty_fourth_of_the_height() {
        let sizes = load(&sentence(60), &vec!["Constantinople".to_owned(); 10], "");
        assert!(sizes.answer >= 100.0 / 24.0, "{sizes:?}");
    }

    #[test]
    fn the_longest_question_fits_with_the_densest_type() {
        let (prompt, options) = (sentence(240), vec![sentence(120); 10]);
        let densest = load(&prompt, &options, &sentence(600));
        let smaller = load(&prompt, &options, "");
        assert!(densest.answer <= smaller.answer);
        assert!(height(Load { prompt: &prompt, options: &options, explanation: "" }, smaller) <= HEIGHT, "{smaller:?}");
    }

    #[test]
    fn a_long_word_is_broken_and_wide_letters_are_wide() {
        assert_eq!(lines("", 10.0), 0);
        assert_eq!(lines("one", 10.0), 1);
        assert_eq!(lines(&"x".repeat(100), 10.0), 6);
        assert!(lines("最短の一日を持つ惑星はどれですか", 10.0) > lines("which planet has", 10.0));
    }
}
