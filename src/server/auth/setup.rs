//! The one-time link that makes the first admin.
//!
//! Each start makes a new one while there is no admin; it ends when it is used, when an admin exists, or with the process.
//! Only its hash is kept.

use std::sync::Mutex;

use crate::server::auth::Auth;
use crate::server::auth::shelf::hash;
use crate::server::chance;
use crate::server::store::StoreError;

/// The hash of the token that is good now, if there is one.
#[derive(Default)]
pub(super) struct Setup(Mutex<Option<[u8; 32]>>);

impl Setup {
    fn replace(&self, token: Option<&str>) {
        *self.0.lock().expect("nothing panics while it holds the token") = token.map(hash);
    }

    fn is(&self, token: &str) -> bool {
        // What is compared is a hash, so how long it takes says nothing about the token.
        *self.0.lock().expect("nothing panics while it holds the token") == Some(hash(token))
    }
}

impl Auth {
    /// Makes the token for the first admin; `None` if there is an admin already.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn begin_setup(&self) -> Result<Option<String>, StoreError> {
        if self.0.store.has_admin().await? {
            return Ok(None);
        }
        let token = chance::token();
        self.0.setup.replace(Some(&token));
        Ok(Some(token))
    }

    /// Whether a token makes the first admin now. An admin may also have been made beside, by the operator's command.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub async fn may_set_up(&self, token: &str) -> Result<bool, StoreError> {
        Ok(self.0.setup.is(token) && !self.0.store.has_admin().await?)
    }

    /// Ends the token.
    pub(super) fn end_setup(&self) {
        self.0.setup.replace(None);
    }
}
