//! People from the command line: a list comes in, a list goes out. Both work beside a running server, whose admins see who
//! came in within a second or two.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::pin::pin;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use futures_util::TryStreamExt;

use crate::domain::ids::OrganisationId;
use crate::server::clock::Clock;
use crate::server::config::Place;
use crate::server::people_file::{self, Imported};
use crate::server::store::Store;

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub enum PeopleCommand {
    /// Take in a CSV file; its first row names the columns: first_name, last_name, email, tags
    Import(Import),
    /// Write everybody as a CSV file
    Export(Export),
}

/// A list that comes in.
#[derive(Args, Debug)]
pub struct Import {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// The file
    pub file: PathBuf,
}

/// A list that goes out.
#[derive(Args, Debug)]
pub struct Export {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// The file; without it the list is printed
    pub file: Option<PathBuf>,
}

impl PeopleCommand {
    /// Does it, and says what was done.
    ///
    /// # Errors
    /// One line that says how to mend it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Import(import) => import.run().await,
            Self::Export(export) => export.run().await,
        }
    }
}

impl Import {
    async fn run(self) -> anyhow::Result<()> {
        let bytes = fs::read(&self.file).with_context(|| format!("{} cannot be read", self.file.display()))?;
        let found = people_file::read(&bytes).with_context(|| self.file.display().to_string())?;
        let store = Store::open_beside(&self.place.data_dir).await?;
        let organisation = organisation(&store).await?;
        let clock = Clock::start(store.last_at_ms().await?);
        let imported = people_file::take_in(&store, organisation, found, clock.now()).await;
        store.close().await;
        let Imported { added, wrong } = imported?;
        for (line, why) in &wrong {
            eprintln!("line {line}: {why}");
        }
        println!("{added} people came in, {} lines did not.", wrong.len());
        if added == 0 && !wrong.is_empty() { bail!("nobody came in") } else { Ok(()) }
    }
}

impl Export {
    async fn run(self) -> anyhow::Result<()> {
        let store = Store::open_beside(&self.place.data_dir).await?;
        let organisation = organisation(&store).await?;
        let mut into: Box<dyn Write> = match &self.file {
            Some(file) => {
                let made = fs::File::create(file).with_context(|| format!("{} cannot be written", file.display()))?;
                Box::new(BufWriter::new(made))
            }
            None => Box::new(io::stdout().lock()),
        };
        let clock = Clock::start(store.last_at_ms().await?);
        people_file::note_export(&store, organisation, clock.now()).await?;
        let mut pieces = pin!(people_file::write_out(store.clone(), organisation));
        while let Some(piece) = pieces.try_next().await? {
            into.write_all(&piece)?;
        }
        into.flush()?;
        store.close().await;
        Ok(())
    }
}

/// The organisation that people belong to.
async fn organisation(store: &Store) -> anyhow::Result<OrganisationId> {
    store.first_organisation().await?.context("there is no organisation yet; podium admin create makes its owner")
}
