//! Organisations from the command line: each has its own people, quizzes, rooms and accounts, and knows nothing of the
//! others. All of it works beside a running server.

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::commands::output::Output;
use crate::domain::ids::OrganisationId;
use crate::server::clock::Clock;
use crate::server::config::Place;
use crate::server::forms::login::read_name;
use crate::server::samples::samples;
use crate::server::store::organisation::OrganisationRow;
use crate::server::store::{Store, StoreError};

/// What can be done with organisations.
#[derive(Debug, Subcommand)]
pub enum OrgCommand {
    /// Make an organisation, with the sample quizzes; podium admin create --org ID makes its owner
    Add(Add),
    /// List all organisations with what they have
    List(List),
    /// Give an organisation another name
    Rename(Rename),
    /// Delete an organisation and everything that is its own, and end its logins; nothing brings it back
    Remove(Remove),
}

/// An organisation that begins.
#[derive(Args, Debug)]
pub struct Add {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// Its name
    pub name: String,
    /// For whom the result is printed
    #[command(flatten)]
    pub output: Output,
}

/// All of them.
#[derive(Args, Debug)]
pub struct List {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// For whom the result is printed
    #[command(flatten)]
    pub output: Output,
}

/// Another name.
#[derive(Args, Debug)]
pub struct Rename {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// Its id
    pub id: OrganisationId,
    /// Its new name
    pub name: String,
    /// For whom the result is printed
    #[command(flatten)]
    pub output: Output,
}

/// An organisation that goes.
#[derive(Args, Debug)]
pub struct Remove {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// Its id
    pub id: OrganisationId,
    /// Say that you mean it
    #[arg(long)]
    pub yes: bool,
    /// For whom the result is printed
    #[command(flatten)]
    pub output: Output,
}

/// Which organisation a command is about.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Whose {
    /// Id of the organisation; not needed where there is only one (podium org list shows them)
    #[arg(long, value_name = "ID")]
    pub org: Option<OrganisationId>,
}

impl OrgCommand {
    /// Does it, and says what was done.
    ///
    /// # Errors
    /// One line that says how to mend it; nothing was changed.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run().await,
            Self::List(list) => list.run().await,
            Self::Rename(rename) => rename.run().await,
            Self::Remove(remove) => remove.run().await,
        }
    }
}

impl Add {
    async fn run(self) -> anyhow::Result<()> {
        let name = read_name(&self.name).map_err(|cure| anyhow::anyhow!("the name: {cure}"))?;
        let store = Store::open_beside(&self.place.data_dir).await?;
        let clock = Clock::start(store.last_at_ms().await?);
        let added = store.add_organisation_named(name.clone(), samples(), clock.now()).await;
        store.close().await;
        let id = added.context("the organisation was not made")?;
        let words = format!("Organisation {id} is {name}; podium admin create --org {id} makes its owner.");
        self.output.print(&words, &json!({ "id": id, "name": name }));
        Ok(())
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let store = Store::open_beside(&self.place.data_dir).await?;
        let all = store.organisations().await;
        store.close().await;
        let all = all?;
        let line = |row: &OrganisationRow| {
            let OrganisationRow { id, name, accounts, people, quizzes, open_sessions, .. } = row;
            format!(
                "{id}\t{name}\t{accounts} accounts, {people} people, {quizzes} quizzes, {open_sessions} open sessions"
            )
        };
        let words = match all.len() {
            0 => "There is no organisation yet; podium org add NAME makes one.".to_owned(),
            _ => all.iter().map(line).collect::<Vec<_>>().join("\n"),
        };
        let rows: Vec<_> = all
            .iter()
            .map(|row| {
                let OrganisationRow { id, name, created_at, accounts, people, quizzes, open_sessions } = row;
                json!({
                    "id": id, "name": name, "created_at": created_at.to_string(), "accounts": accounts,
                    "people": people, "quizzes": quizzes, "open_sessions": open_sessions,
                })
            })
            .collect();
        self.output.print(&words, &json!(rows));
        Ok(())
    }
}

impl Rename {
    async fn run(self) -> anyhow::Result<()> {
        let name = read_name(&self.name).map_err(|cure| anyhow::anyhow!("the name: {cure}"))?;
        let store = Store::open_beside(&self.place.data_dir).await?;
        let renamed = store.rename_organisation(self.id, name.clone()).await;
        store.close().await;
        match renamed {
            Ok(()) => {
                let words = format!("Organisation {} is {name} now.", self.id);
                self.output.print(&words, &json!({ "id": self.id, "name": name }));
                Ok(())
            }
            Err(StoreError::NotFound) => Err(nothing(self.id)),
            Err(why) => Err(why).context("the organisation was not renamed"),
        }
    }
}

impl Remove {
    async fn run(self) -> anyhow::Result<()> {
        let store = Store::open_beside(&self.place.data_dir).await?;
        let done = self.remove(&store).await;
        store.close().await;
        let row = done?;
        let words = format!("{} and everything of it is deleted, and its logins have ended.", row.name);
        self.output.print(&words, &json!({ "id": row.id, "name": row.name, "removed": true }));
        Ok(())
    }

    async fn remove(&self, store: &Store) -> anyhow::Result<OrganisationRow> {
        let all = store.organisations().await?;
        let row = all.into_iter().find(|row| row.id == self.id).ok_or_else(|| nothing(self.id))?;
        if !self.yes {
            let OrganisationRow { name, accounts, people, quizzes, open_sessions, .. } = &row;
            bail!(
                "{name} has {accounts} accounts, {people} people, {quizzes} quizzes and {open_sessions} open sessions, and all \
                 of it would be gone for good; say --yes if you mean it"
            );
        }
        let clock = Clock::start(store.last_at_ms().await?);
        store.remove_organisation(self.id, clock.now()).await.context("not everything was deleted; try again")?;
        Ok(row)
    }
}

impl Whose {
    /// The organisation that is meant.
    ///
    /// # Errors
    /// One line: there is none, it is not there, or there are several and none was named.
    pub async fn find(self, store: &Store) -> anyhow::Result<OrganisationId> {
        let all = store.organisations().await?;
        match (self.org, all.as_slice()) {
            (_, []) => bail!("there is no organisation yet; podium admin create makes its owner"),
            (Some(id), all) if all.iter().any(|row| row.id == id) => Ok(id),
            (Some(id), _) => Err(nothing(id)),
            (None, [only]) => Ok(only.id),
            (None, several) => {
                let names: Vec<String> = several.iter().map(|row| format!("{} {}", row.id, row.name)).collect();
                bail!("say with --org which organisation is meant: {}", names.join(", "))
            }
        }
    }
}

fn nothing(id: OrganisationId) -> anyhow::Error {
    anyhow::anyhow!("there is no organisation {id}; podium org list shows them all")
}
