//! Passwords: hashed slowly, compared slowly, in turn.
//!
//! Knows nothing of accounts. Hashing needs 19 MiB and some 30 ms of a core each, so only a few run at once, a bounded
//! number wait, and the rest are asked to come back.
//!
//! Source: OWASP password storage, Argon2id with m = 19 MiB, t = 2, p = 1, which is the library's default.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Characters that a password needs: more than the eight of NIST SP 800-63B, because there is no second factor yet.
pub const PASSWORD_MIN: usize = 10;
/// Characters that it may have; a bound before work that costs.
pub const PASSWORD_MAX: usize = 256;

/// Passwords that are hashed at once.
const AT_ONCE: usize = 2;
/// Passwords that wait for it.
const WAITING: usize = 32;
/// Compared with where there is no account, so that its absence takes as long. No password is known to fit it.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$cG9kaXVtLW5vYm9keXMtcw$Zm9yLW5vLXBhc3N3b3JkLXRoYXQtYW55b25lLWtub3c";

/// The place where passwords are hashed.
pub(super) struct Passwords {
    queue: Semaphore,
    work: Semaphore,
}

/// Why a password was not hashed or compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// Too many wait already.
    #[error("too many people are signing in right now, please try again in a moment")]
    Busy,
    /// It is too short or too long.
    #[error("choose a password of {PASSWORD_MIN} to {PASSWORD_MAX} characters")]
    Length,
    /// The library or the task failed.
    #[error("the password could not be processed")]
    Failed,
}

/// Hashes a new password, on this thread: a PHC string.
///
/// # Errors
/// [`PasswordError::Length`], [`PasswordError::Failed`].
pub fn hash_now(password: &str) -> Result<String, PasswordError> {
    if !(PASSWORD_MIN..=PASSWORD_MAX).contains(&password.chars().count()) {
        return Err(PasswordError::Length);
    }
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|_| PasswordError::Failed)?;
    Ok(hash.to_string())
}

impl Passwords {
    pub(super) fn new() -> Self {
        Self { queue: Semaphore::new(AT_ONCE + WAITING), work: Semaphore::new(AT_ONCE) }
    }

    /// Hashes a new password: a PHC string.
    pub(super) async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.run(move || hash_now(&password)).await?
    }

    /// Whether the password is the one that was hashed; `None` takes as long and is never right.
    pub(super) async fn is_right(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        if password.chars().count() > PASSWORD_MAX {
            return Ok(false);
        }
        self.run(move || {
            let is_account = hash.is_some();
            let hash = hash.as_deref().unwrap_or(NOBODYS_HASH);
            let parsed = PasswordHash::new(hash).map_err(|_| PasswordError::Failed)?;
            let fits = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
            Ok(fits && is_account)
        })
        .await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let _place = self.queue.try_acquire().map_err(|_| PasswordError::Busy)?;
        let _turn = self.work.acquire().await.map_err(|_| PasswordError::Failed)?;
        spawn_blocking(work).await.map_err(|_| PasswordError::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_right_only_for_its_own_hash() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse".to_owned()).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let right = |password: &str| passwords.is_right(password.to_owned(), Some(hash.clone()));
        assert_eq!(right("correct horse").await, Ok(true));
        assert_eq!(right("correct hors").await, Ok(false));
        assert_eq!(right("").await, Ok(false));
    }

    #[tokio::test]
    async fn without_an_account_no_password_is_right_but_the_work_is_done() {
        assert!(PasswordHash::new(NOBODYS_HASH).is_ok());
        assert_eq!(Passwords::new().is_right("correct horse".to_owned(), None).await, Ok(false));
    }

    #[tokio::test]
    async fn a_password_has_its_lengths() {
        let passwords = Passwords::new();
        for bad in ["x".repeat(PASSWORD_MIN - 1), "x".repeat(PASSWORD_MAX + 1)] {
            assert_eq!(passwords.hash(bad).await, Err(PasswordError::Length));
        }
        assert!(passwords.hash("é".repeat(PASSWORD_MIN)).await.is_ok());
        let hash = passwords.hash("correct horse".to_owned()).await.expect("a hash");
        assert_eq!(passwords.is_right("x".repeat(PASSWORD_MAX + 1), Some(hash)).await, Ok(false));
    }

    #[tokio::test]
    async fn one_more_than_may_wait_is_asked_to_come_back() {
        let passwords = Passwords::new();
        let all = u32::try_from(AT_ONCE + WAITING).expect("a small number");
        let _all = passwords.queue.acquire_many(all).await.expect("an open queue");
        assert_eq!(passwords.hash("correct horse".to_owned()).await, Err(PasswordError::Busy));
    }
}
