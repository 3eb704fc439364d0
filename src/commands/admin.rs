//! Accounts from the command line: making one, giving one another password or role, removing one. All of it works beside
//! a running server, which ends what it has to end within two seconds.
//!
//! A password comes from a file or a variable, never from a flag, where every user of the machine could read it; without
//! one, one is made and shown once.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::commands::org::Whose;
use crate::commands::output::Output;
use crate::domain::email::read_email;
use crate::domain::role::Role;
use crate::server::auth::colleague::{make_invite, path_of};
use crate::server::auth::password::hash_now;
use crate::server::chance;
use crate::server::clock::Clock;
use crate::server::config::{Place, PublicUrl, Secret};
use crate::server::forms::login::read_name;
use crate::server::samples::samples;
use crate::server::store::admin::NewAdmin;
use crate::server::store::{Store, StoreError};

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make an account: the first one owns the organisation, others join it
    Create(Create),
    /// Give an account another password and end all its logins and tokens
    ResetPassword(ResetPassword),
    /// Give an account another role and end all its logins and tokens
    SetRole(SetRole),
    /// Print a link by which a colleague makes an account, once and within seven days
    Invite(Invite),
    /// Remove an account and end all its logins and tokens; what it made stays
    Remove(Remove),
}

/// A new account.
#[derive(Args, Debug)]
pub struct Create {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// E-mail address to sign in with
    #[arg(long)]
    pub email: String,
    /// Name of the person
    #[arg(long)]
    pub name: String,
    /// owner, admin, host, viewer, or member, who logs in and plays and nothing else; the first account is the owner, others are admins unless this says otherwise
    #[arg(long)]
    pub role: Option<Role>,
    /// Which organisation the account belongs to
    #[command(flatten)]
    pub whose: Whose,
    /// Name of the organisation; used for the first admin only
    #[arg(long, default_value = "My organisation")]
    pub organisation: String,
    /// Where the password comes from
    #[command(flatten)]
    pub password: Password,
    /// For whom the result is printed
    #[command(flatten)]
    pub output: Output,
}

/// Another password.
#[derive(Args, Debug)]
pub struct ResetPassword {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// E-mail address of the account
    #[arg(long)]
    pub email: String,
    /// Where the password comes from
    #[command(flatten)]
    pub password: Password,
}

/// Another role.
#[derive(Args, Debug)]
pub struct SetRole {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// E-mail address of the account
    #[arg(long)]
    pub email: String,
    /// owner, admin, host, viewer or member
    #[arg(long)]
    pub role: Role,
}

/// A link for a colleague.
#[derive(Args, Debug)]
pub struct Invite {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// owner, admin, host, viewer or member
    #[arg(long, default_value = "host")]
    pub role: Role,
    /// The only e-mail address that may be used; without it, anybody may use the link who has it
    #[arg(long)]
    pub email: Option<String>,
    /// Address under which people reach the server
    #[arg(long, env = "PODIUM_PUBLIC_URL", value_name = "URL", default_value = "http://127.0.0.1:3000", value_parser = PublicUrl::parse)]
    pub public_url: PublicUrl,
}

/// An account that goes.
#[derive(Args, Debug)]
pub struct Remove {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// E-mail address of the account
    #[arg(long)]
    pub email: String,
}

/// Where a password comes from.
#[derive(Args, Debug)]
pub struct Password {
    /// File that holds the password; without it, the variable PODIUM_PASSWORD is used, or a password is made and shown
    #[arg(long, env = "PODIUM_PASSWORD_FILE", value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// The password itself, from the variable only.
    #[arg(long, env = "PODIUM_PASSWORD", hide = true, hide_env_values = true)]
    pub password: Option<Secret>,
}

impl AdminCommand {
    /// Does it, and says what was done.
    ///
    /// # Errors
    /// One line that says how to mend it; nothing was changed.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Create(create) => create.run().await,
            Self::ResetPassword(reset) => reset.run().await,
            Self::SetRole(set) => set.run().await,
            Self::Invite(invite) => invite.run().await,
            Self::Remove(remove) => remove.run().await,
        }
    }
}

impl Create {
    async fn run(self) -> anyhow::Result<()> {
        let email = read_email(&self.email).map_err(|cure| anyhow::anyhow!("--email {:?}: {cure}", self.email))?;
        let name = read_name(&self.name).map_err(|cure| anyhow::anyhow!("--name: {cure}"))?;
        let organisation = read_name(&self.organisation).map_err(|cure| anyhow::anyhow!("--organisation: {cure}"))?;
        let password = self.password.take()?;
        let new = NewAdmin { organisation, name, email: email.clone(), password_hash: hash_now(password.reveal())? };

        let store = Store::open_beside(&self.place.data_dir).await?;
        let clock = Clock::start(store.last_at_ms().await?);
        let added = match (store.first_organisation().await?, self.whose.org) {
            (None, None) => store.add_admin(new, self.role, samples(), clock.now()).await,
            _ => match self.whose.find(&store).await {
                Ok(organisation) => store.add_admin_to(organisation, new, self.role, clock.now()).await,
                Err(why) => {
                    store.close().await;
                    return Err(why);
                }
            },
        };
        store.close().await;
        let id = match added {
            Ok(id) => id,
            Err(StoreError::NeedsOwner) => bail!("the first account of an organisation owns it; leave --role away"),
            Err(StoreError::Taken) => {
                bail!("{email} can sign in already; podium admin reset-password gives another password")
            }
            Err(why) => return Err(why).context("the account was not made"),
        };
        let made = password.is_made.then(|| password.reveal());
        let shown = made.map(|made| format!("\nThe password is {made}")).unwrap_or_default();
        let words = format!("Account {id} can sign in as {email}.{shown}");
        self.output.print(&words, &json!({ "id": id, "email": email, "password": made }));
        Ok(())
    }
}

impl ResetPassword {
    async fn run(self) -> anyhow::Result<()> {
        let email = read_email(&self.email).map_err(|cure| anyhow::anyhow!("--email {:?}: {cure}", self.email))?;
        let password = self.password.take()?;
        let hash = hash_now(password.reveal())?;

        let store = Store::open_beside(&self.place.data_dir).await?;
        let clock = Clock::start(store.last_at_ms().await?);
        let changed = store.set_password(email.clone(), hash, clock.now()).await;
        store.close().await;
        match changed {
            Ok(_) => println!("{email} has another password; all logins and tokens of this account have ended."),
            Err(StoreError::NotFound) => return Err(nobody(&email)),
            Err(why) => return Err(why).context("the password was not changed"),
        }
        password.show();
        Ok(())
    }
}

impl SetRole {
    async fn run(self) -> anyhow::Result<()> {
        let email = read_email(&self.email).map_err(|cure| anyhow::anyhow!("--email {:?}: {cure}", self.email))?;
        let store = Store::open_beside(&self.place.data_dir).await?;
        let clock = Clock::start(store.last_at_ms().await?);
        let changed = store.set_role(email.clone(), self.role, clock.now()).await;
        store.close().await;
        match changed {
            Ok(_) => println!("{email} is {}; all logins and tokens of this account have ended.", self.role),
            Err(StoreError::NotFound) => return Err(nobody(&email)),
            Err(why) => return Err(why).context("the role was not changed"),
        }
        Ok(())
    }
}

impl Invite {
    async fn run(self) -> anyhow::Result<()> {
        let read = |typed: &String| read_email(typed).map_err(|cure| anyhow::anyhow!("--email {typed:?}: {cure}"));
        let email = self.email.as_ref().map(read).transpose()?;
        let store = Store::open_beside(&self.place.data_dir).await?;
        let clock = Clock::start(store.last_at_ms().await?);
        let organisation = store.first_organisation().await?;
        let organisation = organisation.context("there is no organisation yet; podium admin create makes its owner")?;
        let made = make_invite(&store, organisation, (self.role, email), clock.now()).await;
        store.close().await;
        let token = made.context("the link was not made")?;
        println!("Until it is used, and for seven days, this link makes one account ({}):", self.role);
        println!("{}", self.public_url.address(&path_of(&token)));
        Ok(())
    }
}

impl Remove {
    async fn run(self) -> anyhow::Result<()> {
        let email = read_email(&self.email).map_err(|cure| anyhow::anyhow!("--email {:?}: {cure}", self.email))?;
        let store = Store::open_beside(&self.place.data_dir).await?;
        let clock = Clock::start(store.last_at_ms().await?);
        let removed = store.remove_admin(email.clone(), clock.now()).await;
        store.close().await;
        match removed {
            Ok(_) => println!("{email} is removed; all logins and tokens of this account have ended."),
            Err(StoreError::NotFound) => return Err(nobody(&email)),
            Err(why) => return Err(why).context("the account was not removed"),
        }
        Ok(())
    }
}

fn nobody(email: &str) -> anyhow::Error {
    anyhow::anyhow!("nobody signs in as {email}; podium admin create makes an account")
}

/// A password that was given, or made.
struct Chosen {
    secret: Secret,
    is_made: bool,
}

impl Password {
    fn take(self) -> anyhow::Result<Chosen> {
        match (self.password_file, self.password) {
            (Some(_), Some(_)) => bail!("give PODIUM_PASSWORD or --password-file, not both"),
            (Some(file), None) => {
                let secret = Secret::read(&file, "--password-file").map_err(anyhow::Error::msg)?;
                Ok(Chosen { secret, is_made: false })
            }
            (None, Some(secret)) => Ok(Chosen { secret, is_made: false }),
            (None, None) => Ok(Chosen { secret: chance::token().into(), is_made: true }),
        }
    }
}

impl Chosen {
    fn reveal(&self) -> &str {
        self.secret.reveal()
    }

    /// Shows a password that was made; nobody will know it otherwise.
    fn show(&self) {
        if self.is_made {
            println!("The password is {}", self.secret.reveal());
        }
    }
}
