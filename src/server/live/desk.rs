//! Desks: what the admins of an organisation are told of its people while they look.
//!
//! A desk opens when the first admin looks and closes a while after the last has gone. It reads on in the store's list of
//! changes, whoever made them, and tells them to its links through a ring like a room's: so nothing is told that is not
//! stored, and who comes back gets what was missed. It decides nothing and changes nothing.
//!
//! Reading order: [`Desks`] (all of them), [`Desk`] (the task of one).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::domain::ids::OrganisationId;
use crate::domain::person::PeopleFilter;
use crate::protocol::close::Close;
use crate::protocol::dialect::Dialect;
use crate::protocol::frame;
use crate::protocol::message::{Message, Position, Snapshot, Welcome};
use crate::protocol::people::PeopleView;
use crate::protocol::view::Audience;
use crate::server::auth::invite::Inviter;
use crate::server::chance;
use crate::server::live::channel::{Channel, Feed, Follower, LinkEnd};
use crate::server::live::duty::Tools;
use crate::server::live::ends::Ends;
use crate::server::live::keeper::{Ask, Lost};
use crate::server::live::people_news::PeopleNews;
use crate::server::live::told::Told;
use crate::server::store::StoreError;

/// People in a snapshot; pages ask for more.
pub const SHOWN: u32 = 100;
/// The same for clients of other documents, which have no other way to see them.
pub const SHOWN_ELSEWHERE: u32 = 1_000;
/// Changes that are read at once.
const CHANGES: u32 = 500;
/// What another process changed is noticed after this time at the latest.
const LOOK: Duration = Duration::from_secs(1);
/// A desk that nobody looks at stays open this long, so that a reload goes on where it was.
const LINGER: Duration = Duration::from_secs(60);

/// All desks that are open. A clone is the same.
#[derive(Clone)]
pub struct Desks(Arc<Directory>);

struct Directory {
    open: Mutex<HashMap<OrganisationId, DeskHandle>>,
    tools: Tools,
    inviter: Inviter,
    news: PeopleNews,
    stop: CancellationToken,
}

/// The states of a desk, in the order of their slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskState {
    /// How the house is.
    Health,
}

/// One open desk.
#[derive(Clone)]
pub struct DeskHandle {
    /// Where it is asked.
    pub inbox: mpsc::Sender<Ask>,
    /// What its links read.
    pub channel: Arc<Channel>,
    looks: Arc<Looks>,
}

/// How a desk is asked to look now, and how it says that it has.
#[derive(Default)]
struct Looks {
    wanted: Notify,
    done: watch::Sender<()>,
}

impl Desks {
    /// No desk is open; all of them close when the house stops.
    pub fn new(tools: Tools, inviter: Inviter, news: PeopleNews, stop: CancellationToken) -> Self {
        Self(Arc::new(Directory { open: Mutex::default(), tools, inviter, news, stop }))
    }

    /// The desk of an organisation, opened if it is not.
    pub fn of(&self, organisation: OrganisationId) -> DeskHandle {
        let mut open = self.open();
        if let Some(desk) = open.get(&organisation).filter(|desk| !desk.inbox.is_closed()) {
            return desk.clone();
        }
        let Directory { tools, inviter, news, stop, .. } = &*self.0;
        let (inbox, asks) = mpsc::channel(tools.limits.inbox_max as usize);
        let channel = Arc::new(Channel::new(chance::epoch(), tools.limits));
        let looks = Arc::<Looks>::default();
        let handle = DeskHandle { inbox, channel: Arc::clone(&channel), looks: Arc::clone(&looks) };
        open.insert(organisation, handle.clone());
        let (tools, inviter, changed, stop) = (tools.clone(), inviter.clone(), news.listen(), stop.clone());
        let links = Ends::default();
        let desk = Desk { organisation, channel, asks, tools, inviter, changed, looks, links, read_to: None };
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = desk.run() => {}
            }
        });
        handle
    }

    /// Whether anybody looks at any desk.
    pub fn are_looked_at(&self) -> bool {
        self.open().values().any(|desk| !desk.channel.is_deserted())
    }

    /// Tells an event at a desk, if it is open: numbered and replayed like the changes of people.
    pub fn tell(&self, organisation: OrganisationId, event: &impl Serialize) {
        let now = self.0.tools.clock.now();
        self.at_open(organisation, |feed| {
            let text = frame::event(event, now, feed.ring.head() + 1);
            feed.push(&text, false);
        });
    }

    /// Replaces a state at a desk, if it is open.
    pub fn put(&self, organisation: OrganisationId, state: DeskState, told: Told) {
        self.at_open(organisation, |feed| feed.put(state as usize, told));
    }

    fn at_open(&self, organisation: OrganisationId, tell: impl FnOnce(&mut Feed)) {
        let Some(desk) = self.open().get(&organisation).cloned() else { return };
        desk.channel.with(Audience::Admins, tell);
        let mut told = [false; Audience::ALL.len()];
        told[Audience::Admins as usize] = true;
        self.0.tools.shards.publish(&desk.channel, told);
    }

    /// Lets desks look at once; called after something about people was stored.
    pub fn look(&self) {
        self.0.news.tell();
    }

    fn open(&self) -> MutexGuard<'_, HashMap<OrganisationId, DeskHandle>> {
        self.0.open.lock().expect("nothing panics while it holds the desks")
    }
}

impl DeskHandle {
    /// Up to where the desk's links were told, after one more look: what changes after this is told from here on.
    pub async fn position(&self) -> Position {
        let mut done = self.looks.done.subscribe();
        self.looks.wanted.notify_one();
        // Where the store does not answer, what was told before is all that is known.
        let _ = tokio::time::timeout(LOOK, done.changed()).await;
        self.channel.with(Audience::Admins, |feed| feed.position())
    }
}

/// One desk, as its task.
struct Desk {
    organisation: OrganisationId,
    channel: Arc<Channel>,
    asks: mpsc::Receiver<Ask>,
    tools: Tools,
    inviter: Inviter,
    changed: watch::Receiver<()>,
    looks: Arc<Looks>,
    links: Ends,
    /// The last change that was told; unknown before the first look.
    read_to: Option<i64>,
}

impl Desk {
    async fn run(mut self) {
        let mut deserted_since = Some(Instant::now());
        loop {
            let ask = tokio::select! {
                ask = self.asks.recv() => ask,
                _ = self.changed.changed() => None,
                () = self.looks.wanted.notified() => None,
                () = tokio::time::sleep(LOOK) => None,
            };
            let asked = ask
                .as_ref()
                .and_then(|ask| if let Ask::Join { link, .. } = ask { Some(Arc::clone(link)) } else { None });
            if let Err(why) = self.turn(ask).await {
                // Links keep what they have; the next look, a second later, reads on from the same place.
                warn!(organisation = %self.organisation, error = %why, "people could not be read");
                if let Some(link) = asked {
                    link.link.close(Close::Full, None);
                }
            }
            deserted_since = if self.links.is_empty() { deserted_since.or(Some(Instant::now())) } else { None };
            if deserted_since.is_some_and(|since| since.elapsed() > LINGER) {
                break;
            }
        }
        // From here on whoever looks opens another desk; who came in this moment is asked to come again.
        self.asks.close();
        while let Ok(ask) = self.asks.try_recv() {
            if let Ask::Join { link, .. } = ask {
                link.link.close(Close::Restart, None);
            }
        }
        debug!(organisation = %self.organisation, "desk closed");
    }

    async fn turn(&mut self, ask: Option<Ask>) -> Result<(), StoreError> {
        self.tell_changes().await?;
        self.looks.done.send_replace(());
        match ask {
            Some(Ask::Join { link, position }) => self.welcome(link, position).await,
            Some(Ask::Resync { place, lost }) => {
                if lost == Lost::Behind {
                    self.tools.metrics.skipped();
                }
                if let Some(link) = self.links.at(place) {
                    link.greet(&[self.snapshot(link.link.dialect).await?]);
                    link.nudge();
                }
                Ok(())
            }
            Some(Ask::Gone(link)) => {
                self.channel.unfollow(&link);
                self.links.remove(&link);
                Ok(())
            }
            // Whatever else is asked belongs to rooms.
            Some(_) | None => Ok(()),
        }
    }

    /// Tells what was stored since the last look.
    async fn tell_changes(&mut self) -> Result<(), StoreError> {
        let mut read_to = match self.read_to {
            Some(no) => no,
            None => self.tools.store.last_people_change().await?,
        };
        loop {
            let mut changes = self.tools.store.people_changes_after(self.organisation, read_to, CHANGES).await?;
            let now = self.tools.clock.now();
            for (no, event) in &mut changes {
                event.add_timer(now);
                self.inviter.add_link_to(event);
                self.channel.with(Audience::Admins, |feed| {
                    let text = frame::event(event, now, feed.ring.head() + 1);
                    feed.push(&text, false);
                });
                read_to = *no;
            }
            self.read_to = Some(read_to);
            if !changes.is_empty() {
                let mut told = [false; Audience::ALL.len()];
                told[Audience::Admins as usize] = true;
                self.tools.shards.publish(&self.channel, told);
            }
            if changes.len() < CHANGES as usize {
                return Ok(());
            }
        }
    }

    /// Greets a link: from where it was, or with a snapshot.
    async fn welcome(&mut self, link: Arc<LinkEnd>, wanted: Option<Position>) -> Result<(), StoreError> {
        let follower = Follower { link: Arc::clone(&link.link), audience: link.audience, place: link.place };
        self.channel.follow(follower);
        self.links.add(Arc::clone(&link));
        let head = self.channel.with(Audience::Admins, |feed| feed.position());
        let resumed = wanted.filter(|position| self.channel.with(Audience::Admins, |feed| feed.can_resume(*position)));
        let position = resumed.unwrap_or(head);
        let snapshot = match resumed {
            Some(_) => None,
            None => Some(self.snapshot(link.link.dialect).await?),
        };
        let now = self.tools.clock.now();
        let welcome = Welcome {
            audience: Some(Audience::Admins),
            account: link.account,
            position: Some(position),
            recovered: resumed.is_some(),
            ..Welcome::outside(link.link.id, &self.tools.limits, now)
        };
        let welcome = Told::new(&frame::state(&Message::Connected(welcome), now));
        let greeting: Vec<_> = [(welcome, position)].into_iter().chain(snapshot).collect();
        link.greet(&greeting);
        link.nudge();
        Ok(())
    }

    /// The people as they are; changes that are told after it may be in it already, which does no harm.
    async fn snapshot(&self, dialect: Dialect) -> Result<(Told, Position), StoreError> {
        let Tools { store, clock, .. } = &self.tools;
        let position = self.channel.with(Audience::Admins, |feed| feed.position());
        let shown = if dialect == Dialect::Podium { SHOWN } else { SHOWN_ELSEWHERE };
        let (mut people, _) = store.people(self.organisation, &PeopleFilter::default(), None, shown).await?;
        for person in &mut people {
            person.sitting.add_timer(clock.now());
            self.inviter.add_link(&mut person.sitting);
        }
        let view = PeopleView { people, total: store.count_people(self.organisation).await? };
        let snapshot = Snapshot { position, audience: Audience::Admins, view };
        Ok((Told::new(&frame::snapshot(&snapshot, clock.now())), position))
    }
}
