//! What the editor offers to choose from: times, languages, the words for true and false, and numbers as people type them.
//!
//! Plain values in, plain values out. A value that is not among the usual ones is offered as well, so that opening a
//! quiz never changes it.

use crate::domain::question::AnswerOption;

const READING_MS: [u32; 8] = [0, 2_000, 3_000, 5_000, 8_000, 10_000, 15_000, 30_000];
const LIMIT_MS: [u32; 12] =
    [5_000, 10_000, 15_000, 20_000, 30_000, 45_000, 60_000, 90_000, 120_000, 180_000, 300_000, 600_000];

/// Languages by their own names, the widespread ones of the places where Podium is at home first.
const LANGUAGES: [(&str, &str); 24] = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("it", "Italiano"),
    ("pt", "Português"),
    ("nl", "Nederlands"),
    ("pl", "Polski"),
    ("cs", "Čeština"),
    ("da", "Dansk"),
    ("sv", "Svenska"),
    ("nb", "Norsk bokmål"),
    ("fi", "Suomi"),
    ("hu", "Magyar"),
    ("ro", "Română"),
    ("el", "Ελληνικά"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("ar", "العربية"),
    ("he", "עברית"),
    ("hi", "हिन्दी"),
    ("ja", "日本語"),
    ("ko", "한국어"),
    ("zh", "中文"),
];

/// Reading times with their words, the shortest first.
pub fn reading_choices(current: u32) -> Vec<(u32, String)> {
    with_current(&READING_MS, current)
        .into_iter()
        .map(|ms| (ms, if ms == 0 { "None".to_owned() } else { seconds(ms) }))
        .collect()
}

/// Time limits with their words, the shortest first; none stands at the end.
pub fn limit_choices(current: Option<u32>) -> Vec<(Option<u32>, String)> {
    let some = |ms| (Some(ms), seconds(ms));
    let usual = with_current(&LIMIT_MS, current.unwrap_or(LIMIT_MS[0]));
    usual.into_iter().map(some).chain([(None, "No limit".to_owned())]).collect()
}

/// Language tags with their names; a tag that we have no name for stands for itself.
pub fn language_choices(current: &str) -> Vec<(String, String)> {
    let mut choices: Vec<_> = LANGUAGES.iter().map(|(tag, name)| ((*tag).to_owned(), (*name).to_owned())).collect();
    if !choices.iter().any(|(tag, _)| tag == current) {
        let name = if current.is_empty() { "Choose a language" } else { current };
        choices.insert(0, (current.to_owned(), name.to_owned()));
    }
    choices
}

/// The name of a language, or its tag.
pub fn language_name(tag: &str) -> String {
    LANGUAGES.iter().find(|(known, _)| *known == tag).map_or(tag, |(_, name)| name).to_owned()
}

/// The two options of a statement that is true or false, in the language of the quiz; English where we have no words.
pub fn true_and_false(language: &str) -> Vec<AnswerOption> {
    let words = match language.split('-').next().unwrap_or_default() {
        "de" => ["Wahr", "Falsch"],
        "fr" => ["Vrai", "Faux"],
        "es" => ["Verdadero", "Falso"],
        "it" => ["Vero", "Falso"],
        "pt" => ["Verdadeiro", "Falso"],
        "nl" => ["Waar", "Niet waar"],
        "pl" => ["Prawda", "Fałsz"],
        "cs" => ["Pravda", "Nepravda"],
        "da" => ["Sandt", "Falsk"],
        "sv" => ["Sant", "Falskt"],
        "nb" => ["Sant", "Usant"],
        "fi" => ["Totta", "Tarua"],
        "hu" => ["Igaz", "Hamis"],
        "ro" => ["Adevărat", "Fals"],
        "el" => ["Σωστό", "Λάθος"],
        "tr" => ["Doğru", "Yanlış"],
        "uk" => ["Правда", "Неправда"],
        "ar" => ["صح", "خطأ"],
        "he" => ["נכון", "לא נכון"],
        "hi" => ["सही", "गलत"],
        "ja" => ["正しい", "誤り"],
        "ko" => ["참", "거짓"],
        "zh" => ["对", "错"],
        _ => ["True", "False"],
    };
    words.map(|text| AnswerOption { text: text.to_owned(), is_right: false }).to_vec()
}

/// Points as somebody types them: the digits count, blanks and separators do not, nothing means none.
pub fn points_of(typed: &str) -> u32 {
    let digit = |points: u32, digit: u32| points.saturating_mul(10).saturating_add(digit);
    typed.chars().filter_map(|character| character.to_digit(10)).fold(0, digit)
}

fn with_current(usual: &[u32], current: u32) -> Vec<u32> {
    let mut all = usual.to_vec();
    if let Err(place) = all.binary_search(&current) {
        all.insert(place, current);
    }
    all
}

/// A time in the words of a choice: `20 seconds`, `2 minutes`, `1.5 seconds`.
fn seconds(ms: u32) -> String {
    let counted = |number: u32, unit: &str| format!("{number} {unit}{}", if number == 1 { "" } else { "s" });
    match (ms % 60_000, ms % 1_000) {
        (0, _) if ms > 0 => counted(ms / 60_000, "minute"),
        (_, 0) => counted(ms / 1_000, "second"),
        _ => format!("{} seconds", f64::from(ms) / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::question::{LIMIT_MS_MAX, LIMIT_MS_MIN, READING_MS_MAX};
    use crate::domain::quiz::Quiz;

    #[test]
    fn every_offered_value_can_be_played() {
        assert!(READING_MS.iter().all(|ms| *ms <= READING_MS_MAX));
        assert!(LIMIT_MS.iter().all(|ms| (LIMIT_MS_MIN..=LIMIT_MS_MAX).contains(ms)));
        assert!(LANGUAGES.iter().all(|(tag, _)| Quiz::is_language(tag)));
    }

    #[test]
    fn times_are_told_in_words() {
        for (ms, text) in [
            (1_000, "1 second"),
            (1_500, "1.5 seconds"),
            (60_000, "1 minute"),
            (90_000, "90 seconds"),
            (600_000, "10 minutes"),
        ] {
            assert_eq!(seconds(ms), text);
        }
        assert_eq!(reading_choices(3_000)[0], (0, "None".to_owned()));
        assert_eq!(limit_choices(None).last(), Some(&(None, "No limit".to_owned())));
    }

    #[test]
    fn an_unusual_value_stays_on_offer() {
        assert!(reading_choices(7_500).contains(&(7_500, "7.5 seconds".to_owned())));
        assert!(limit_choices(Some(25_000)).contains(&(Some(25_000), "25 seconds".to_owned())));
        assert_eq!(language_choices("de-AT")[0], ("de-AT".to_owned(), "de-AT".to_owned()));
        assert_eq!(language_choices("de").len(), LANGUAGES.len());
    }

    #[test]
    fn points_are_read_as_people_type_them() {
        for (typed, points) in
            [("", 0), ("1000", 1_000), ("1,000", 1_000), (" 1 000 ", 1_000), ("abc", 0), ("99999999999", u32::MAX)]
        {
            assert_eq!(points_of(typed), points, "{typed:?}");
        }
    }
}
