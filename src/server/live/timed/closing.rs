//! Timed sessions that nobody closed though nothing can happen in them any more.
//!
//! When that is so is the room's rule; how often it is looked for is the house's.

use tracing::{info, warn};

use crate::domain::pace::Pace;
use crate::room::timed::input::TimedInput;
use crate::server::live::rooms::Rooms;

impl Rooms {
    /// Closes the sessions that are overdue, as their hosts would. One that does not take it is asked the next time.
    pub async fn close_overdue(&self) {
        let mut rooms = self.all();
        rooms.retain(|room| room.pace == Pace::Own && !room.channel.is_over());
        for room in rooms {
            if room.look_timed(|room, _, now| room.is_overdue(now)).await != Some(true) {
                continue;
            }
            match room.timed(TimedInput::Close).await {
                Ok(_) => info!(session.id = %room.session, "timed session was over long ago and is closed"),
                Err(why) => warn!(session.id = %room.session, error = %why, "timed session could not be closed"),
            }
        }
    }
}
