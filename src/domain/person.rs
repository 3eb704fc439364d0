//! A person: somebody whom an organisation knows by name, to be invited to timed sessions.
//!
//! Knows what may be written about somebody, and nothing of invites or of how far somebody is.

use serde::{Deserialize, Serialize};

use crate::domain::email::read_email;
use crate::domain::text;

/// Characters of a first or last name.
pub const PERSON_NAME_MAX: usize = 100;
/// Tags of one person.
pub const TAGS_MAX: usize = 20;
/// Characters of a tag.
pub const TAG_MAX: usize = 40;

/// What is written about somebody: as it was typed, or as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PersonDraft {
    /// The name that friends call them by; never empty once it is kept.
    pub first_name: String,
    /// The family's name; may be empty.
    pub last_name: String,
    /// Where they are written to, in lower case; empty if they are handed their links in another way.
    pub email: String,
    /// By which they are found together, in the order of the alphabet.
    pub tags: Vec<String>,
}

/// In which order people are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeopleSort {
    /// Those who were added last first.
    #[default]
    Newest,
    /// By last and then first name.
    Name,
}

/// Which people are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PeopleFilter {
    /// Words that must all stand somewhere in names, address or tags; empty for everybody.
    pub search: String,
    /// The tag that they have, if one was chosen.
    pub tag: Option<String>,
    /// Their order.
    pub sort: PeopleSort,
}

impl PeopleFilter {
    /// Whether everybody is looked for, the newest first.
    pub fn is_plain(&self) -> bool {
        self.search.trim().is_empty() && self.tag.is_none() && self.sort == PeopleSort::Newest
    }
}

/// What is wrong with a field: its name, and what to do instead.
pub type FieldError = (&'static str, String);

impl PersonDraft {
    /// What is kept of what was typed: one line each, without what deceives, each tag once.
    ///
    /// # Errors
    /// All fields that are wrong, each with a sentence.
    pub fn checked(&self) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut read = |field: &'static str, outcome: Result<String, String>| {
            outcome.unwrap_or_else(|why| {
                errors.push((field, why));
                String::new()
            })
        };
        let first_name = read("first_name", name(&self.first_name, 1));
        let last_name = read("last_name", name(&self.last_name, 0));
        let has_no_email = self.email.trim().is_empty();
        let email = read("email", if has_no_email { Ok(String::new()) } else { read_email(&self.email) });
        let tags = match tags(&self.tags) {
            Ok(tags) => tags,
            Err(why) => {
                errors.push(("tags", why));
                Vec::new()
            }
        };
        if errors.is_empty() { Ok(Self { first_name, last_name, email, tags }) } else { Err(errors) }
    }

    /// Tags as they are written into one field: with commas between them.
    pub fn tags_of(typed: &str) -> Vec<String> {
        typed.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect()
    }

    /// First and last name.
    pub fn full_name(&self) -> String {
        full_name(&self.first_name, &self.last_name)
    }
}

/// First and last name in one line.
pub fn full_name(first: &str, last: &str) -> String {
    if last.is_empty() { first.to_owned() } else { format!("{first} {last}") }
}

fn name(typed: &str, least: usize) -> Result<String, String> {
    let name = one_line(typed);
    match text::length(&name) {
        length if length < least => Err("Fill this in.".to_owned()),
        length if length > PERSON_NAME_MAX => Err(format!("Shorten this to {PERSON_NAME_MAX} characters.")),
        _ => Ok(name),
    }
}

fn tags(typed: &[String]) -> Result<Vec<String>, String> {
    let mut tags: Vec<String> = typed.iter().map(|tag| one_line(tag)).filter(|tag| !tag.is_empty()).collect();
    tags.sort_unstable_by_key(|tag| tag.to_lowercase());
    tags.dedup_by_key(|tag| tag.to_lowercase());
    if tags.len() > TAGS_MAX {
        return Err(format!("Keep to {TAGS_MAX} tags."));
    }
    if tags.iter().any(|tag| text::length(tag) > TAG_MAX) {
        return Err(format!("Shorten each tag to {TAG_MAX} characters."));
    }
    if tags.iter().any(|tag| tag.contains(',')) {
        return Err("A tag has no comma in it.".to_owned());
    }
    Ok(tags)
}

fn one_line(typed: &str) -> String {
    text::clean(typed).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(first_name: &str, last_name: &str, email: &str, tags: &[&str]) -> PersonDraft {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        PersonDraft {
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: email.to_owned(),
            tags,
        }
    }

    #[test]
    fn what_was_typed_is_kept_without_what_deceives() {
        let typed = draft(" Ada\u{202E} ", "Love\nlace", " ADA@Quiz.Example ", &["b", "A ", "", "a", "b"]);
        assert_eq!(typed.checked(), Ok(draft("Ada", "Love lace", "ada@quiz.example", &["A", "b"])));
        assert_eq!(draft("Ada", "", "", &[]).checked(), Ok(draft("Ada", "", "", &[])));
        assert_eq!(PersonDraft::tags_of(" a, b c,,"), ["a", "b c"]);
        assert_eq!(
            (draft("Ada", "", "", &[]).full_name(), full_name("Ada", "King")),
            ("Ada".into(), "Ada King".into())
        );
    }

    #[test]
    fn every_field_says_what_is_wrong_with_it() {
        let fields = |draft: PersonDraft| -> Vec<&'static str> {
            draft.checked().err().unwrap_or_default().into_iter().map(|(field, _)| field).collect()
        };
        assert_eq!(fields(draft(" \u{0}", "", "x", &["a,b"])), ["first_name", "email", "tags"]);
        let (longest, longer) = ("x".repeat(PERSON_NAME_MAX), "x".repeat(PERSON_NAME_MAX + 1));
        assert_eq!(fields(draft(&longest, &longest, "", &[])), [""; 0]);
        assert_eq!(fields(draft(&longer, &longer, "", &[])), ["first_name", "last_name"]);
        let many: Vec<String> = (0..=TAGS_MAX).map(|number| format!("t{number:02}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(fields(draft("A", "", "", &many[1..])), [""; 0]);
        assert_eq!(fields(draft("A", "", "", &many)), ["tags"]);
        assert_eq!(fields(draft("A", "", "", &["t".repeat(TAG_MAX).as_str()])), [""; 0]);
        assert_eq!(fields(draft("A", "", "", &["t".repeat(TAG_MAX + 1).as_str()])), ["tags"]);
    }
}
