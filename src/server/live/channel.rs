//! What a room's keeper and its links share: a feed per audience, and who follows it.
//!
//! Locks here are held for a few copies of references and never across an await. The keeper writes, shards and links read;
//! nobody waits for anybody.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::domain::ids::{AdminId, Epoch};
use crate::domain::limits::Limits;
use crate::protocol::message::Position;
use crate::protocol::view::Audience;
use crate::room::input::Who;
use crate::server::live::link::Link;
use crate::server::live::ring::{Ring, RingFrame};
use crate::server::live::shard::SHARDS;
use crate::server::live::told::Told;

/// States that are told to an audience: presence, leaderboard, time, latency.
pub const STATE_SLOTS: usize = 4;

/// The feeds of one room, and who follows them.
#[derive(Debug)]
pub struct Channel {
    feeds: [Mutex<Feed>; Audience::ALL.len()],
    followers: [Mutex<Followers>; SHARDS],
    limits: Limits,
    is_over: AtomicBool,
}

/// What one audience is told.
#[derive(Debug)]
pub struct Feed {
    /// The room's life; a cursor of another epoch means nothing here.
    pub epoch: Epoch,
    /// The events.
    pub ring: Ring,
    /// The latest of each state, with the revision that it came with.
    pub states: [Option<(u64, Told)>; STATE_SLOTS],
    /// Counts changes of states.
    pub revision: u64,
}

/// Where a link is in a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The room's life.
    pub epoch: Epoch,
    /// The last event that was sent.
    pub seq: u64,
    /// States with a later revision were not sent.
    pub revision: u64,
}

/// The links of one shard that follow a room.
#[derive(Debug)]
struct Followers {
    /// A pass over the links works on its own copy of the list; who comes or goes meanwhile makes a new one.
    links: Arc<Vec<Follower>>,
    /// Audiences whose feeds changed since the shard last looked.
    changed: [bool; Audience::ALL.len()],
    /// Where each audience's links are that have everything the shard has sent.
    sent: [Cursor; Audience::ALL.len()],
}

/// One link that follows a room.
#[derive(Clone, Debug)]
pub struct Follower {
    /// Its link.
    pub link: Arc<Link>,
    /// What it may know.
    pub audience: Audience,
    /// The number of its place in the room.
    pub place: u64,
}

/// What is new in one feed since the last pass of a shard.
#[derive(Debug)]
pub struct News {
    /// Where links are that have everything before it.
    pub from: Cursor,
    /// Where they are after it.
    pub to: Cursor,
    /// In order: events, then states.
    pub told: Vec<Told>,
    /// Whether the round trip should be measured with it.
    pub measures: bool,
}

impl Channel {
    /// Empty feeds of a room's new life.
    pub fn new(epoch: Epoch, limits: Limits) -> Self {
        let feeds = std::array::from_fn(|_| Mutex::new(Feed::new(epoch, &limits)));
        Self {
            feeds,
            followers: std::array::from_fn(|_| Mutex::new(Followers::new(epoch))),
            limits,
            is_over: AtomicBool::new(false),
        }
    }

    /// Notes that the room is closed; it is kept for a while, so that a reload still shows the end.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Whether the room is closed.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Runs with the feed of an audience locked.
    pub fn with<R>(&self, audience: Audience, run: impl FnOnce(&mut Feed) -> R) -> R {
        let feed = &self.feeds[audience as usize];
        run(&mut feed.lock().expect("nothing panics while it holds a feed"))
    }

    /// Starts a new life: every cursor of the old one has fallen.
    pub fn restart(&self, epoch: Epoch) {
        for audience in Audience::ALL {
            self.with(audience, |feed| *feed = Feed::new(epoch, &self.limits));
        }
    }

    /// A link follows from now on.
    pub fn follow(&self, follower: Follower) {
        let mut followers = self.followers(follower.link.shard().number());
        Arc::make_mut(&mut followers.links).push(follower);
    }

    /// A link follows no more.
    pub fn unfollow(&self, end: &LinkEnd) {
        let mut followers = self.followers(end.link.shard().number());
        if let Some(at) = followers.links.iter().position(|follower| follower.place == end.place) {
            Arc::make_mut(&mut followers.links).swap_remove(at);
        }
    }

    /// Marks the feed of an audience as changed for a shard; whether the shard has to be told of it.
    pub fn mark(&self, audience: Audience, shard: usize) -> bool {
        let mut followers = self.followers(shard);
        if followers.links.is_empty() {
            return false;
        }
        let is_known = followers.changed.contains(&true);
        followers.changed[audience as usize] = true;
        !is_known
    }

    /// What is new for the links of a shard, by audience, and those links.
    pub fn take_news(&self, shard: usize) -> ([Option<News>; Audience::ALL.len()], Arc<Vec<Follower>>) {
        let mut followers = self.followers(shard);
        let changed = std::mem::take(&mut followers.changed);
        let news = Audience::ALL.map(|audience| {
            let sent = &mut followers.sent[audience as usize];
            changed[audience as usize].then(|| {
                let news = self.with(audience, |feed| feed.news(*sent));
                *sent = news.to;
                news
            })
        });
        (news, Arc::clone(&followers.links))
    }

    /// Whether no link follows the room.
    pub fn is_deserted(&self) -> bool {
        (0..SHARDS).all(|shard| self.followers(shard).links.is_empty())
    }

    fn followers(&self, shard: usize) -> MutexGuard<'_, Followers> {
        self.followers[shard].lock().expect("nothing panics while it holds the followers")
    }
}

impl Followers {
    fn new(epoch: Epoch) -> Self {
        let start = Cursor { epoch, seq: 0, revision: 0 };
        Self { links: Arc::default(), changed: Default::default(), sent: [start; Audience::ALL.len()] }
    }
}

impl Feed {
    fn new(epoch: Epoch, limits: &Limits) -> Self {
        let ring = Ring::new(limits.ring_frames_max as usize, limits.ring_bytes_max as usize);
        Self { epoch, ring, states: [const { None }; STATE_SLOTS], revision: 0 }
    }

    /// The position of the newest event.
    pub fn position(&self) -> Position {
        Position { epoch: self.epoch, seq: self.ring.head() }
    }

    /// Where a link is that has everything.
    fn cursor(&self) -> Cursor {
        Cursor { epoch: self.epoch, seq: self.ring.head(), revision: self.revision }
    }

    /// Whether everything after a position is still here.
    pub fn can_resume(&self, position: Position) -> bool {
        position.epoch == self.epoch && self.ring.after(position.seq).is_ok()
    }

    /// Appends an event.
    pub fn push(&mut self, text: &str, measures: bool) {
        self.ring.push(RingFrame { told: Told::new(text), measures });
    }

    /// Replaces a state.
    pub fn put(&mut self, slot: usize, told: Told) {
        self.revision += 1;
        self.states[slot] = Some((self.revision, told));
    }

    /// States with a later revision than this.
    pub fn states_after(&self, revision: u64) -> impl Iterator<Item = &Told> {
        self.states.iter().flatten().filter(move |(changed, _)| *changed > revision).map(|(_, told)| told)
    }

    /// What came after a cursor. If some of it is gone, no link is where the news begin, and each looks for itself.
    fn news(&self, from: Cursor) -> News {
        let mut news = News { from, to: self.cursor(), told: Vec::new(), measures: false };
        let kept = self.ring.after(from.seq).ok().filter(|_| from.epoch == self.epoch);
        let Some(frames) = kept else { return News { from: news.to, ..news } };
        for frame in frames {
            news.measures |= frame.measures;
            news.told.push(frame.told.clone());
        }
        news.told.extend(self.states_after(from.revision).cloned());
        news
    }
}

/// One link as its room sees it: who it is, and how it is written to.
#[derive(Debug)]
pub struct LinkEnd {
    /// The link; several rooms may share one.
    pub link: Arc<Link>,
    /// The number of this place, one for each link and room.
    pub place: u64,
    /// What it may know.
    pub audience: Audience,
    /// Whose presence it counts for; nobody's for the stage.
    pub who: Option<Who>,
    /// The account that it belongs to, if it came with one.
    pub account: Option<AdminId>,
    /// Whether the link goes on when this place ends.
    pub is_beside_others: bool,
    /// Whether the room ended it.
    is_dismissed: AtomicBool,
    /// Whether something was written to it since its keeper last told the shards.
    has_mail: AtomicBool,
}

impl LinkEnd {
    /// A link's place in a room. The link ends with it.
    pub fn new(link: Arc<Link>, place: u64, audience: Audience, who: Option<Who>, account: Option<AdminId>) -> Self {
        let (is_dismissed, has_mail) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { link, place, audience, who, account, is_beside_others: false, is_dismissed, has_mail }
    }

    /// A place of a link that leads nowhere.
    #[cfg(test)]
    pub fn for_tests(place: u64, audience: Audience, who: Option<Who>) -> Self {
        Self::new(Link::for_tests(), place, audience, who, None)
    }

    /// The same for a link that is or may be in other rooms as well, and goes on without this one.
    #[must_use]
    pub fn beside_others(self) -> Self {
        Self { is_beside_others: true, ..self }
    }

    /// The room has ended this place.
    pub fn dismiss(&self) {
        self.is_dismissed.store(true, Ordering::Relaxed);
        self.link.unfollow(self.place);
    }

    /// Whether the room has ended this place.
    pub fn is_dismissed(&self) -> bool {
        self.is_dismissed.load(Ordering::Relaxed)
    }

    /// Writes something to this link alone. Whoever does, calls [`LinkEnd::nudge`] once for all that it has, so that it
    /// leaves in one write.
    pub fn post(&self, text: &str) {
        self.link.post(text);
        self.has_mail.store(true, Ordering::Release);
    }

    /// Writes what the link starts with: a welcome, and a snapshot if what was missed cannot follow; each with the
    /// position from which it goes on. States are told again after it. The caller nudges.
    pub fn greet(&self, greeting: &[(Told, Position)]) {
        self.link.greet(self.place, greeting);
        self.has_mail.store(true, Ordering::Release);
    }

    /// Replaces the seat's own state; only the latest is sent. The caller nudges.
    pub fn put_you(&self, told: Told) {
        self.link.put_you(self.place, told);
        self.has_mail.store(true, Ordering::Release);
    }

    /// Replaces what is due about somebody's typing, or about the number of those who type; only the latest is sent. The
    /// caller nudges.
    pub fn put_typing(&self, about: Option<Who>, told: Told) {
        self.link.put_typing(self.place, about, told);
        self.has_mail.store(true, Ordering::Release);
    }

    /// Lets the link's shard write what was posted.
    pub fn nudge(&self) {
        if self.has_mail.swap(false, Ordering::AcqRel) {
            self.link.nudge();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_that_nobody_followed_do_not_hide_the_next() {
        let limits = Limits::default();
        let channel = Channel::new(Epoch(1), limits);
        channel.with(Audience::Stage, |feed| feed.push("early", false));
        assert!(!channel.mark(Audience::Stage, 0), "there is nobody to write to");
        channel.follow(Follower { link: Link::for_tests(), audience: Audience::Stage, place: 1 });
        channel.with(Audience::Stage, |feed| feed.push("late", false));
        assert!(channel.mark(Audience::Stage, 0), "now there is");
        assert!(!channel.mark(Audience::Stage, 0), "the shard knows already");
        let (news, links) = channel.take_news(0);
        let told = news[Audience::Stage as usize].as_ref().map(|news| news.told.len());
        assert_eq!((told, links.len()), (Some(2), 1));
        assert!(channel.mark(Audience::Stage, 0), "and has taken it");
    }
}
