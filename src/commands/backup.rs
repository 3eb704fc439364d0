//! Backups from the command line: everything into one file, back from it, and whether everything is well.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;

use crate::commands::output::Output;
use crate::domain::limits::Limits;
use crate::domain::time::Timestamp;
use crate::room::Room;
use crate::server::auth::key;
use crate::server::clock::Clock;
use crate::server::config::Place;
use crate::server::store::Store;
use crate::server::store::backup::{BackupNote, put_back};

/// Everything into one file, also while a server runs. A copy of the folder's files is no backup: what was written last
/// stands in its log.
#[derive(Args, Debug)]
pub struct Backup {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// The new file; whoever has it has everything, the signing key included
    pub file: PathBuf,
    /// For whom the result is printed
    #[command(flatten)]
    pub output: Output,
}

/// Back from a file, into a folder that no server uses.
#[derive(Args, Debug)]
pub struct Restore {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// The file that podium backup wrote
    pub file: PathBuf,
    /// Put aside what the folder has
    #[arg(long)]
    pub replace: bool,
    /// For whom the result is printed
    #[command(flatten)]
    pub output: Output,
}

/// Whether everything is well, also while a server runs.
#[derive(Args, Debug)]
pub struct Check {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// For whom the result is printed
    #[command(flatten)]
    pub output: Output,
}

impl Backup {
    /// Does it, and says what was done.
    ///
    /// # Errors
    /// One line that says how to mend it; there is no file then.
    pub async fn run(self) -> anyhow::Result<()> {
        let signing_key = key::written(&self.place.data_dir)?;
        let store = Store::open_beside(&self.place.data_dir).await?;
        let made_at = Clock::start(store.last_at_ms().await?).now();
        let written = store.back_up(&self.file, BackupNote { made_at, signing_key }).await;
        store.close().await;
        let bytes = written?;
        let words = format!("{} has everything up to {made_at}, {bytes} bytes.", self.file.display());
        self.output.print(&words, &json!({ "file": self.file, "made_at": made_at.to_string(), "bytes": bytes }));
        Ok(())
    }
}

impl Restore {
    /// Does it, and says what was done.
    ///
    /// # Errors
    /// One line that says how to mend it.
    pub async fn run(self) -> anyhow::Result<()> {
        let folder = &self.place.data_dir;
        let BackupNote { made_at, signing_key } = put_back(&self.file, folder, self.replace).await?;
        if let Some(text) = signing_key {
            key::put(folder, &text).context("everything is back but the signing key, so people must join again")?;
        }
        let Found { sessions, problems } = look(folder).await?;
        let words = format!("{} has everything up to {made_at}, with {sessions} sessions.", folder.display());
        self.output
            .print(&words, &json!({ "made_at": made_at.to_string(), "sessions": sessions, "problems": problems }));
        complain(&problems)
    }
}

impl Check {
    /// Does it, and says what was found.
    ///
    /// # Errors
    /// One line: how many problems there are; each was printed.
    pub async fn run(self) -> anyhow::Result<()> {
        let Found { sessions, problems } = look(&self.place.data_dir).await?;
        let words = match problems.len() {
            0 => format!("Everything is well; {sessions} sessions can be read whole."),
            _ => problems.join("\n"),
        };
        self.output.print(&words, &json!({ "sessions": sessions, "problems": problems }));
        complain(&problems)
    }
}

/// What a folder holds.
struct Found {
    /// How many sessions there are.
    sessions: usize,
    /// What is wrong, in words.
    problems: Vec<String>,
}

/// Looks through everything: pages, what refers to what, and that each session's facts make a room again.
async fn look(folder: &Path) -> anyhow::Result<Found> {
    let store = Store::open_beside(folder).await?;
    let found = look_in(&store).await;
    store.close().await;
    found
}

async fn look_in(store: &Store) -> anyhow::Result<Found> {
    let mut problems = store.problems().await?;
    let (sessions, now): (_, Timestamp) = (store.session_ids().await?, Clock::start(store.last_at_ms().await?).now());
    for session in &sessions {
        let restored = match store.facts(*session).await {
            // It was deleted while we looked.
            Ok(facts) if facts.is_empty() => continue,
            Ok(facts) => Room::restore(facts, Limits::default(), now).map(drop).map_err(|why| why.to_string()),
            Err(why) => Err(why.to_string()),
        };
        problems.extend(restored.err().map(|why| format!("session {session}: {why}")));
    }
    Ok(Found { sessions: sessions.len(), problems })
}

fn complain(problems: &[String]) -> anyhow::Result<()> {
    match problems.len() {
        0 => Ok(()),
        count => bail!("{count} problems were found"),
    }
}
