//! What any text from outside must keep: no control characters, no text that reorders its neighbours, a length.
//!
//! Knows nothing of what a text is for; `name`, `chat` and `quiz` say how long theirs may be.

/// Whether a character would hide, break lines or turn the writing direction of what follows.
///
/// Source: Unicode Standard Annex 9 (explicit directional formatting) and the general category Cc.
pub fn is_disruptive(character: char) -> bool {
    let turns_direction = matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    turns_direction || matches!(character, '\u{2028}' | '\u{2029}' | '\u{FEFF}') || (character.is_control())
}

/// Characters that take part in no picture of their own: blanks, joiners, fillers, selectors.
pub fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
        )
}

/// The text without disruptive characters and outer blanks; line breaks stay, as `\n`.
pub fn clean(text: &str) -> String {
    let kept: String = text
        .replace("\r\n", "\n")
        .chars()
        .filter(|character| *character == '\n' || !is_disruptive(*character))
        .collect();
    kept.trim().to_owned()
}

/// Length as people count it, in characters of Unicode.
pub fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaning_keeps_words_and_lines_and_drops_what_deceives() {
        assert_eq!(clean("  a\u{202E}b\r\nc\u{0} "), "ab\nc");
        assert_eq!(clean("محمد"), "محمد");
    }
}
