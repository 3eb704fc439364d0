//! People from the command line: a list comes in, a list goes out. Both work beside a running server, whose admins see who
//! came in within a second or two.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use futures_util::TryStreamExt;
use serde_json::json;

use crate::commands::org::Whose;
use crate::commands::output::Output;
use crate::domain::ids::OrganisationId;
use crate::server::clock::Clock;
use crate::server::config::Place;
use crate::server::people_file::{self, Imported, workbook};
use crate::server::store::Store;

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub enum PeopleCommand {
    /// Take in a CSV or XLSX file; its first row names the columns: first_name, last_name, email, tags
    Import(Import),
    /// Write everybody as a CSV file, or as a workbook where the file's name ends in .xlsx
    Export(Export),
}

/// A list that comes in.
#[derive(Args, Debug)]
pub struct Import {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// Whose people they are
    #[command(flatten)]
    pub whose: Whose,
    /// The file
    pub file: PathBuf,
    /// For whom the result is printed
    #[command(flatten)]
    pub output: Output,
}

/// A list that goes out.
#[derive(Args, Debug)]
pub struct Export {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// Whose people they are
    #[command(flatten)]
    pub whose: Whose,
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
        let bytes = read(&self.file)?;
        let found = people_file::read(&bytes).with_context(|| self.file.display().to_string())?;
        let store = Store::open_beside(&self.place.data_dir).await?;
        let imported = self.take_in(&store, found).await;
        store.close().await;
        let Imported { added, wrong } = imported?;
        for (line, why) in &wrong {
            eprintln!("line {line}: {why}");
        }
        let rows: Vec<_> = wrong.iter().map(|(line, why)| json!({ "line": line, "why": why })).collect();
        let words = format!("{added} people came in, {} lines did not.", wrong.len());
        self.output.print(&words, &json!({ "added": added, "wrong": rows }));
        if added == 0 && !wrong.is_empty() { bail!("nobody came in") } else { Ok(()) }
    }

    async fn take_in(&self, store: &Store, found: people_file::Found) -> anyhow::Result<Imported> {
        let organisation = self.whose.find(store).await?;
        let clock = Clock::start(store.last_at_ms().await?);
        Ok(people_file::take_in(store, organisation, found, clock.now()).await?)
    }
}

impl Export {
    async fn run(self) -> anyhow::Result<()> {
        let store = Store::open_beside(&self.place.data_dir).await?;
        let written = self.write_out(&store).await;
        store.close().await;
        written
    }

    async fn write_out(&self, store: &Store) -> anyhow::Result<()> {
        let organisation = self.whose.find(store).await?;
        let clock = Clock::start(store.last_at_ms().await?);
        // Before anything leaves: what cannot be written down is not taken out.
        let noted = people_file::note_export(store, organisation, clock.now()).await;
        noted.context("nothing was written out, because the audit log does not take it")?;
        match &self.file {
            Some(file) if file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx")) => {
                let bytes = workbook::write_out(store, organisation, self.place.data_dir.clone()).await?;
                made(file)?.write_all(&bytes)?;
                Ok(())
            }
            Some(file) => csv(store, organisation, &mut BufWriter::new(made(file)?)).await,
            None => csv(store, organisation, &mut io::stdout().lock()).await,
        }
    }
}

async fn csv(store: &Store, organisation: OrganisationId, into: &mut impl Write) -> anyhow::Result<()> {
    let mut pieces = pin!(people_file::write_out(store.clone(), organisation));
    while let Some(piece) = pieces.try_next().await? {
        into.write_all(&piece)?;
    }
    Ok(into.flush()?)
}

/// The bytes of a file that somebody named; one that is far too long is not read.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("{} cannot be read", file.display());
    let bytes = fs::metadata(file).with_context(cannot)?.len();
    // The reading of it says the same of each format's own bound.
    anyhow::ensure!(bytes < 1_073_741_824, "{} has more than a gigabyte, which no list has", file.display());
    fs::read(file).with_context(cannot)
}

/// A file that is written anew.
pub(super) fn made(file: &Path) -> anyhow::Result<fs::File> {
    fs::File::create(file).with_context(|| format!("{} cannot be written", file.display()))
}
