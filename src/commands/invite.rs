//! A timed session from the command line: opened from a quiz, with a personal link for everybody who is invited. A server
//! that runs on the same folder adopts the session within a second; one that does not run yet brings it back when it starts.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;

use crate::commands::org::Whose;
use crate::commands::output::Output;
use crate::commands::quiz::find;
use crate::commands::room::Address;
use crate::domain::code::JoinCode;
use crate::domain::ids::{OrganisationId, PersonId, QuizId, SessionId};
use crate::domain::limits::Limits;
use crate::domain::person::{PeopleFilter, full_name};
use crate::domain::time::Millis;
use crate::domain::timed::TimedSettings;
use crate::protocol::people::PersonRecord;
use crate::server::auth::invite::{InviteClaim, Inviter};
use crate::server::auth::key::SigningKey;
use crate::server::clock::Clock;
use crate::server::config::{Place, Secret};
use crate::server::live::rooms::opening::TimedOpening;
use crate::server::store::Store;

/// Open a timed session from a quiz, invite people to it, and print their personal links
#[derive(Args, Debug)]
pub struct Invite {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// Whose quiz it is
    #[command(flatten)]
    pub whose: Whose,
    /// Id of the quiz
    pub quiz: QuizId,
    /// Id of somebody to invite; as often as there are people
    #[arg(long = "person", value_name = "ID")]
    pub people: Vec<PersonId>,
    /// Invite everybody who has this tag
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// Seconds that everybody has for everything, 0 for no limit
    #[arg(long, default_value_t = 1_200)]
    pub seconds: u32,
    /// How often everybody may try
    #[arg(long, default_value_t = 1)]
    pub attempts: u32,
    /// Let everybody with the code take a seat as well
    #[arg(long)]
    pub open: bool,
    /// Key that signs links and seats, as the server has it; without it the one in the data folder
    #[arg(long, env = "PODIUM_SIGNING_KEY", hide_env_values = true, value_name = "KEY")]
    pub signing_key: Option<Secret>,
    /// File that holds the signing key
    #[arg(long, env = "PODIUM_SIGNING_KEY_FILE", value_name = "FILE", conflicts_with = "signing_key")]
    pub signing_key_file: Option<PathBuf>,
    /// Where people reach the server
    #[command(flatten)]
    pub address: Address,
    /// For whom the result is printed
    #[command(flatten)]
    pub output: Output,
}

/// What was opened.
pub struct Opened {
    /// The session.
    pub session: SessionId,
    /// How people find it.
    pub code: JoinCode,
    /// Everybody who is invited, with their personal link.
    pub links: Vec<(PersonRecord, String)>,
}

impl Invite {
    /// Does it, and prints what was opened.
    ///
    /// # Errors
    /// One line that says how to mend it; nothing was opened.
    pub async fn run(self) -> anyhow::Result<()> {
        let store = Store::open_beside(&self.place.data_dir).await?;
        let opened = self.open(&store).await;
        store.close().await;
        let Opened { session, code, links } = opened?;
        let mut words = format!("Timed session {session} is open.\n");
        if self.open {
            words.push_str(&format!("Everybody: {}\n", self.address.of(&format!("/join/{code}"))));
        }
        for (person, url) in &links {
            words.push_str(&format!("{}: {url}\n", full_name(&person.first_name, &person.last_name)));
        }
        let invited: Vec<_> = links
            .iter()
            .map(|(person, url)| json!({ "person": person.id, "email": person.email, "invite_url": url }))
            .collect();
        let json = json!({ "session": session, "code": code.as_str(), "invites": invited });
        self.output.print(words.trim_end(), &json);
        Ok(())
    }

    /// Opens the session; also for tests, which do not read what is printed.
    ///
    /// # Errors
    /// As [`Invite::run`].
    pub async fn open(&self, store: &Store) -> anyhow::Result<Opened> {
        let (organisation, quiz) = find(store, self.whose, self.quiz).await?;
        let now = Clock::start(store.last_at_ms().await?).now();
        let people = self.people_of(store, organisation).await?;
        if people.is_empty() && !self.open {
            bail!("nobody was named; use --person, --tag or --open");
        }
        let limit = (self.seconds > 0).then(|| Millis(i64::from(self.seconds) * 1_000));
        let settings = TimedSettings { limit, attempts: self.attempts, is_open: self.open, ..TimedSettings::default() };
        let opening = TimedOpening { organisation, admin: None, quiz_id: self.quiz, quiz, settings };
        let inviter = self.inviter()?;
        let invited = people.iter().map(|person| (person.id, full_name(&person.first_name, &person.last_name)));
        let room = opening.beside(store, invited, now).await.context("no session was opened")?;
        let session = room.session();
        let link = |person: PersonRecord| {
            let seat = room.seat_of(person.id).expect("everybody who was named has a seat");
            let claim = InviteClaim { session, seat, link: 1 };
            (person, self.address.of(&inviter.path(claim)))
        };
        Ok(Opened { session, code: room.code(), links: people.into_iter().map(link).collect() })
    }

    async fn people_of(&self, store: &Store, organisation: OrganisationId) -> anyhow::Result<Vec<PersonRecord>> {
        let mut people = Vec::new();
        for id in &self.people {
            let found = store.person(organisation, *id).await;
            people.push(found.with_context(|| format!("the organisation knows nobody with the id {id}"))?);
        }
        if self.tag.is_some() {
            let filter = PeopleFilter { tag: self.tag.clone(), ..PeopleFilter::default() };
            people.extend(store.people(organisation, &filter, None, Limits::default().timed_seats_max).await?.0);
        }
        people.sort_by_key(|person| person.id);
        people.dedup_by_key(|person| person.id);
        Ok(people)
    }

    fn inviter(&self) -> anyhow::Result<Inviter> {
        let given = match &self.signing_key_file {
            Some(file) => Some(Secret::read(file, "--signing-key-file").map_err(anyhow::Error::msg)?),
            None => self.signing_key.clone(),
        };
        let key = SigningKey::load(&self.place.data_dir, given.as_ref())?;
        Ok(Inviter::new(&key, self.address.public_url.as_ref()))
    }
}
