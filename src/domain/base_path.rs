//! The path below which the product lives on a host that it shares with others: `/quiz` of `https://school.example/quiz`.
//!
//! Inside, every path is written as if the product lived at the root; here is the one place where the base is put in front
//! or taken off. It does not know which paths there are.

use std::sync::Arc;

/// The path below which everything is served.
///
/// Invariant: empty for the root of the host, else with a slash in front and none behind, in the letters that need no
/// escape, so that it may stand in addresses, headers, cookies and pages as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(Option<Arc<str>>);

/// Longer ones would crowd the QR code of a room.
pub const BASE_PATH_MAX: usize = 100;

impl BasePath {
    /// The root of the host.
    pub const ROOT: Self = Self(None);

    /// Takes a path as it is typed: `/quiz`, `/quiz/`, or nothing.
    ///
    /// # Errors
    /// What to write instead.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let path = typed.trim_end_matches('/');
        if path.is_empty() {
            return Ok(Self::ROOT);
        }
        let is_plain = |part: &str| {
            !matches!(part, "" | "." | "..")
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        };
        if path.len() > BASE_PATH_MAX {
            return Err(format!("shorten its path to {BASE_PATH_MAX} characters"));
        }
        match path.strip_prefix('/') {
            Some(parts) if parts.split('/').all(is_plain) => Ok(Self(Some(path.into()))),
            Some(_) | None => Err("write its path in plain letters and digits, like /quiz".to_owned()),
        }
    }

    /// The path, for cookies and routers; empty at the root.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether the product has its host for itself.
    pub fn is_root(&self) -> bool {
        self.0.is_none()
    }

    /// What an outside path is inside: empty if it is the base itself, `None` if it is not below the base.
    pub fn inside<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(self.as_str()).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    }

    /// What a path of ours is outside. One that has the base already stays as it is: no path of ours begins like it.
    pub fn outside(&self, path: &str) -> String {
        if self.is_root() || self.inside(path).is_some() { path.to_owned() } else { format!("{}{path}", self.as_str()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(typed: &str) -> BasePath {
        BasePath::parse(typed).expect("a good path")
    }

    #[test]
    fn a_path_is_kept_without_its_last_slash() {
        for (typed, kept) in
            [("", ""), ("/", ""), ("/quiz", "/quiz"), ("/quiz/", "/quiz"), ("/a-b/c_~.d", "/a-b/c_~.d")]
        {
            assert_eq!(base(typed).as_str(), kept, "{typed:?}");
        }
    }

    #[test]
    fn a_path_that_would_need_an_escape_is_refused() {
        for bad in ["quiz", "//quiz", "/a//b", "/./a", "/a/..", "/a b", "/ä", "/a%20b", "/a;b", "/a\"b", "/a?b", "/a#b"]
        {
            assert!(BasePath::parse(bad).is_err(), "{bad:?}");
        }
        let longest = format!("/{}", "x".repeat(BASE_PATH_MAX - 1));
        assert_eq!(base(&longest).as_str(), longest);
        assert_eq!(BasePath::parse(&format!("{longest}x")), Err("shorten its path to 100 characters".to_owned()));
    }

    #[test]
    fn the_base_is_put_in_front_once_and_taken_off() {
        let quiz = base("/quiz");
        for (inside, outside) in
            [("/", "/quiz/"), ("/login?next=/", "/quiz/login?next=/"), ("/quizzes", "/quiz/quizzes")]
        {
            assert_eq!(quiz.outside(inside), outside);
            assert_eq!(quiz.outside(outside), outside);
            assert_eq!(quiz.inside(outside), Some(inside));
            assert_eq!(quiz.inside(inside), None);
        }
        assert_eq!(quiz.inside("/quiz"), Some(""));
        assert_eq!(quiz.inside("/quiz?a=b"), Some("?a=b"));
    }

    #[test]
    fn at_the_root_every_path_is_the_same_inside_and_outside() {
        for path in ["/", "/login", "//login"] {
            assert_eq!(base("").outside(path), path);
            assert_eq!(base("").inside(path), Some(path));
        }
    }
}
