//! Where the links of a room come together, whatever is played in it: they enter, are greeted, written to and sent away.
//!
//! It knows links, feeds and frames, and no rule of any game; what is told comes from the room's keeper.

use std::sync::Arc;

use serde::Serialize;

use crate::domain::code::JoinCode;
use crate::domain::ids::{CommandId, Epoch, SeatId, SessionId};
use crate::domain::limits::Limits;
use crate::domain::time::Timestamp;
use crate::protocol::close::Close;
use crate::protocol::dialect::Dialect;
use crate::protocol::frame::{self, Stamp};
use crate::protocol::message::{LeftSession, Message, Position, Welcome};
use crate::protocol::refusal::Refusal;
use crate::protocol::view::Audience;
use crate::room::input::Who;
use crate::server::live::attendance::Attendance;
use crate::server::live::channel::{Channel, Feed, Follower, LinkEnd};
use crate::server::live::ends::Ends;
use crate::server::live::farewell;
use crate::server::live::shard::Shards;
use crate::server::live::told::Told;
use crate::server::metrics::Metrics;
use crate::server::metrics::label::{Limit, Recovery};

/// The links of one room.
pub struct Hall {
    /// What they read.
    pub channel: Arc<Channel>,
    /// Those that are here.
    pub links: Ends,
    /// The room's life.
    pub epoch: Epoch,
    session: SessionId,
    code: JoinCode,
    limits: Limits,
    metrics: Metrics,
    attendance: Attendance,
    shards: Shards,
    /// Whether the house stops, and whoever comes is asked to come back.
    is_leaving: bool,
    /// Links that something was written to since they were last nudged.
    mailed: Vec<Arc<LinkEnd>>,
    /// Audiences whose feeds changed since their links were last nudged.
    told: [bool; Audience::ALL.len()],
}

/// A link that is to be welcomed.
pub struct Joining {
    /// The link.
    pub link: Arc<LinkEnd>,
    /// Where it was, if it was here before.
    wanted: Option<Position>,
    /// Where its audience was before it came.
    before: Position,
}

impl Hall {
    /// An empty hall of a room.
    pub fn new(
        (session, code): (SessionId, JoinCode),
        channel: Arc<Channel>,
        (limits, metrics, shards): (Limits, Metrics, Shards),
    ) -> Self {
        let epoch = channel.with(Audience::Host, |feed| feed.epoch);
        Self {
            channel,
            links: Ends::default(),
            epoch,
            session,
            code,
            limits,
            attendance: Attendance::new(metrics.clone()),
            metrics,
            shards,
            is_leaving: false,
            mailed: Vec::new(),
            told: Default::default(),
        }
    }

    /// Asks whoever comes from now on to come back later.
    pub fn leave(&mut self) {
        self.is_leaving = true;
    }

    /// A link comes in. Tells whether it is the first of whom it stands for.
    pub fn enter(&mut self, link: &Arc<LinkEnd>, wanted: Option<Position>, now: Timestamp) -> (bool, Joining) {
        self.make_room_for(link, now);
        self.attendance.came(link, self.links_like(link).count(), (wanted, self.epoch), now);
        let is_first = link.who.is_some() && self.links.of(link.who).is_empty();
        let follower = Follower { link: Arc::clone(&link.link), audience: link.audience, place: link.place };
        self.channel.follow(follower);
        self.links.add(Arc::clone(link));
        (is_first, self.joining(Arc::clone(link), wanted))
    }

    /// The link at this place is to be welcomed anew, because what it lacks is not kept any more.
    pub fn again(&self, place: u64) -> Option<Joining> {
        self.links.at(place).map(|link| self.joining(link, None))
    }

    /// A link goes. Tells whether it was the last of whom it stands for.
    pub fn depart(&mut self, link: &LinkEnd, now: Timestamp) -> bool {
        self.channel.unfollow(link);
        self.links.remove(link);
        self.attendance.went(link, self.links_like(link).count(), now);
        link.who.is_some() && self.links.of(link.who).is_empty()
    }

    /// Greets a link: from where it was, or with a snapshot, which is made where it is needed; then its own state.
    pub fn welcome(
        &mut self,
        joining: Joining,
        snapshot: impl FnOnce(Position) -> Told,
        you: Option<Told>,
        now: Timestamp,
    ) {
        let Joining { link, wanted, before } = joining;
        let head = self.channel.with(link.audience, |feed| feed.position());
        let resumed = wanted.filter(|position| self.channel.with(link.audience, |feed| feed.can_resume(*position)));
        let position = resumed.unwrap_or(head);
        let welcome = Welcome {
            session: Some(self.session),
            audience: Some(link.audience),
            seat: link.who.and_then(Who::seat),
            account: link.account,
            position: Some(position),
            recovered: resumed.is_some(),
            ..Welcome::outside(link.link.id, &self.limits, now)
        };
        let told = Told::new(&frame::state(&Message::Connected(welcome), self.stamp(now)));
        let mut greeting = vec![(told, position)];
        if resumed.is_none() {
            // The documents' clients take their own coming from the notice that everybody gets.
            let position = if link.link.dialect == Dialect::Podium { head } else { before };
            greeting.push((snapshot(head), position));
        }
        link.greet(&greeting);
        if let Some(you) = you {
            link.put_you(you);
        }
        self.attendance.welcomed(&link, if resumed.is_some() { Recovery::Replay } else { Recovery::Snapshot });
        self.mailed.push(Arc::clone(&link));
        if self.is_leaving {
            link.link.close(Close::Restart, Some(farewell::WAIT_MS));
        }
    }

    /// Lets the shards write what was told and posted, and wakes nobody else: most inputs concern one of a thousand.
    pub fn nudge(&mut self) {
        for link in self.mailed.drain(..) {
            link.nudge();
        }
        self.shards.publish(&self.channel, std::mem::take(&mut self.told));
    }

    /// Changes the feed of an audience, whose links will be nudged.
    pub fn tell(&mut self, audience: Audience, tell: impl FnOnce(&mut Feed)) {
        self.told[audience as usize] = true;
        self.channel.with(audience, tell);
    }

    /// Tells an audience an event; `measures` asks for the round trip of each link along with it.
    pub fn tell_event(&mut self, audience: Audience, event: &impl Serialize, measures: bool, now: Timestamp) {
        let stamp = self.stamp(now);
        self.tell(audience, |feed| {
            let text = frame::event(event, stamp, feed.ring.head() + 1);
            feed.push(&text, measures);
        });
    }

    /// Replaces the own state of a seat for all its links.
    pub fn put_you(&mut self, seat: SeatId, you: &Told) {
        let links = self.links.of(Some(Who::Seat(seat)));
        links.iter().for_each(|link| link.put_you(you.clone()));
        self.mailed.extend_from_slice(links);
    }

    /// Writes something to all links of a seat.
    pub fn post_to(&mut self, seat: SeatId, message: &impl Serialize, now: Timestamp) {
        let text = frame::state(message, self.stamp(now));
        let links = self.links.of(Some(Who::Seat(seat)));
        links.iter().for_each(|link| link.post(&text));
        self.mailed.extend_from_slice(links);
    }

    /// Writes something to one link.
    pub fn frame_to(&mut self, link: &Arc<LinkEnd>, text: &str) {
        link.post(text);
        self.mailed.push(Arc::clone(link));
    }

    /// Replies to a link.
    pub fn reply_to(&mut self, link: &Arc<LinkEnd>, message: &Message, id: &CommandId, now: Timestamp) {
        self.frame_to(link, &frame::reply(message, self.stamp(now), Some(id)));
    }

    /// Refuses what a link asked.
    pub fn refuse(&mut self, link: &Arc<LinkEnd>, refusal: &Refusal, id: &CommandId, now: Timestamp) {
        self.frame_to(link, &frame::refusal(refusal, self.stamp(now), Some(id)));
    }

    /// Notes that something was put into a link's mailbox.
    pub fn has_mailed(&mut self, link: &Arc<LinkEnd>) {
        self.mailed.push(Arc::clone(link));
    }

    /// Ends all links of a seat.
    pub fn dismiss_seat(&mut self, seat: SeatId, close: Close, now: Timestamp) {
        for link in self.links.of(Some(Who::Seat(seat))).to_vec() {
            self.dismiss(&link, close, now);
        }
    }

    /// Ends all links.
    pub fn dismiss_all(&mut self, close: Close, now: Timestamp) {
        let links: Vec<_> = self.links.all().cloned().collect();
        for link in links {
            self.dismiss(&link, close, now);
        }
    }

    /// Ends a link, or only its place in this room where it is in others as well.
    pub fn dismiss(&mut self, link: &Arc<LinkEnd>, close: Close, now: Timestamp) {
        if !link.is_beside_others {
            if close == Close::Removed {
                // What waits for a slow socket is not for somebody who was sent out.
                link.link.unfollow(link.place);
            }
            link.link.close(close, None);
            return;
        }
        let left = LeftSession { session: self.code.to_string(), reason: Some(close.reason().to_owned()) };
        let text = frame::state(&Message::LeftSession(left), self.stamp(now));
        self.frame_to(link, &text);
        link.dismiss();
        self.channel.unfollow(link);
        self.links.remove(link);
    }

    /// The room went back to what is stored: whatever was told since is no position any more.
    pub fn begin_anew(&mut self) {
        self.epoch = Epoch(self.epoch.0 + 1);
        self.channel.restart(self.epoch);
        self.told = [true; Audience::ALL.len()];
    }

    /// When and where something is said.
    pub fn stamp(&self, at: Timestamp) -> Stamp {
        Stamp { at, room: Some(self.code) }
    }

    /// The links of the same person in the same part.
    fn links_like(&self, link: &LinkEnd) -> impl Iterator<Item = &Arc<LinkEnd>> {
        self.links.of(link.who).iter().filter(|other| other.audience == link.audience)
    }

    /// Closes the oldest link of the same person if there are too many.
    fn make_room_for(&mut self, link: &LinkEnd, now: Timestamp) {
        let oldest = self.links_like(link).find(|other| !other.link.is_ending()).cloned();
        if self.links_like(link).count() >= self.limits.links_per_seat_max as usize
            && let Some(oldest) = oldest
        {
            self.metrics.limited(Limit::LinksPerSeat);
            self.dismiss(&oldest, Close::OpenedElsewhere, now);
        }
    }

    fn joining(&self, link: Arc<LinkEnd>, wanted: Option<Position>) -> Joining {
        let before = self.channel.with(link.audience, |feed| feed.position());
        Joining { link, wanted, before }
    }
}
