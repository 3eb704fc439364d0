//! A word to whoever tells of people: something about them was stored.
//!
//! It carries nothing; what it was stands in the store.

use tokio::sync::watch;

/// Where the word is given and heard. A clone is the same.
#[derive(Clone, Debug)]
pub struct PeopleNews(watch::Sender<()>);

impl Default for PeopleNews {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl PeopleNews {
    /// Something was stored.
    pub fn tell(&self) {
        self.0.send_replace(());
    }

    /// Hears of everything from now on.
    pub fn listen(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}
