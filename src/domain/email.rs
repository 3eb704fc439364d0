//! An e-mail address: where somebody is written to, and how somebody is found again.
//!
//! Only its form is looked at; whether anybody reads there shows when something was sent.

use crate::domain::text;

/// Characters of an address. Source: RFC 5321, 4.5.3.1.3, a path of 256 octets with its brackets.
pub const EMAIL_MAX: usize = 254;

/// Takes an address, in lower case.
///
/// Nothing that ends or begins another part of a header line is taken (blanks, commas, brackets, quotes, controls), so that
/// an address can be written into one as it is. On both sides of the `@`, something stands between dots and around them.
///
/// # Errors
/// What to do instead, as a sentence.
pub fn read_email(typed: &str) -> Result<String, String> {
    let email = typed.trim().to_lowercase();
    let is_plain =
        |letter: char| !text::is_invisible(letter) && !text::is_disruptive(letter) && !"<>()[],;:\\\"".contains(letter);
    let is_side = |side: &str| side.split('.').all(|label| !label.is_empty());
    let has_sides =
        email.split_once('@').is_some_and(|(left, right)| is_side(left) && is_side(right) && !right.contains('@'));
    if email.chars().all(is_plain) && has_sides && text::length(&email) <= EMAIL_MAX {
        Ok(email)
    } else {
        Err("Write an e-mail address, like ada@quiz.example.".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_or_explained() {
        assert_eq!(read_email(" Ada@Quiz.Example "), Ok("ada@quiz.example".to_owned()));
        assert_eq!(read_email("o'hara+quiz@höhle.example"), Ok("o'hara+quiz@höhle.example".to_owned()));
        let longest = format!("{}@b", "a".repeat(EMAIL_MAX - 2));
        assert!(read_email(&longest).is_ok());
        for bad in ["", "ada", "@quiz", "ada@", "a@b@c", "a da@b", &format!("a{longest}")] {
            assert!(read_email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn between_dots_stands_something() {
        assert_eq!(read_email("a.b.c@x.y.example"), Ok("a.b.c@x.y.example".to_owned()));
        for bad in ["a..b@c", ".a@b", "a.@b", "ada@x..example", "a@.b", "a@b.", ".@b", "a@."] {
            assert!(read_email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn nothing_that_breaks_a_header_is_an_address() {
        for bad in
            ["a@b\r\nBcc: c@d", "a@b\n", "a@b,c", "<a@b>", "\"a\"@b", "a@b;c", "a:b@c", "a\u{200B}@b", "a@\u{2028}b"]
        {
            let taken = read_email(bad);
            assert!(taken.is_err() || taken.as_deref() == Ok("a@b"), "{bad:?}: {taken:?}");
        }
    }
}
