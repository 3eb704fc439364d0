//! The last frames of one audience, numbered: live tail, replay and slow reader in one mechanism.
//!
//! A ring knows neither rooms nor links. It is bounded in frames and in bytes; what falls out is gone, and who still
//! needed it is told so.

use std::collections::VecDeque;

use crate::server::live::told::Told;

/// One encoded event.
#[derive(Clone, Debug)]
pub struct RingFrame {
    /// What every link of the audience gets.
    pub told: Told,
    /// Whether a link should measure its round trip when it sends this.
    pub measures: bool,
}

/// The last frames of one audience.
///
/// Invariant: frames are numbered without gaps, the newest has the number [`Ring::head`].
#[derive(Debug)]
pub struct Ring {
    frames: VecDeque<RingFrame>,
    head: u64,
    bytes: usize,
    frames_max: usize,
    bytes_max: usize,
}

/// The position is older than the ring, or was never given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fallen;

impl Ring {
    /// An empty ring with its bounds.
    pub fn new(frames_max: usize, bytes_max: usize) -> Self {
        Self { frames: VecDeque::new(), head: 0, bytes: 0, frames_max, bytes_max }
    }

    /// The number of the newest frame; 0 before the first.
    pub fn head(&self) -> u64 {
        self.head
    }

    /// Appends the frame with the number `head + 1`. The newest frame is always kept, however large.
    pub fn push(&mut self, frame: RingFrame) {
        self.head += 1;
        self.bytes += frame.told.bytes();
        self.frames.push_back(frame);
        while self.frames.len() > 1 && (self.frames.len() > self.frames_max || self.bytes > self.bytes_max) {
            let oldest = self.frames.pop_front().expect("the loop's condition says there is one");
            self.bytes -= oldest.told.bytes();
        }
    }

    /// The frames after a position, oldest first.
    ///
    /// # Errors
    /// [`Fallen`] if one of them is not kept any more, or the position lies ahead of the newest.
    pub fn after(&self, seq: u64) -> Result<impl Iterator<Item = &RingFrame>, Fallen> {
        let missing = self.head.checked_sub(seq).ok_or(Fallen)?;
        let missing = usize::try_from(missing).map_err(|_| Fallen)?;
        let skip = self.frames.len().checked_sub(missing).ok_or(Fallen)?;
        Ok(self.frames.iter().skip(skip))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::protocol::dialect::Dialect;

    fn frames_of(text: &str) -> Bytes {
        Told::new(text).frames(Dialect::Podium)
    }

    fn filled(frames: u64, frames_max: usize, bytes_max: usize) -> Ring {
        let mut ring = Ring::new(frames_max, bytes_max);
        for number in 1..=frames {
            ring.push(RingFrame { told: Told::new(&format!("{number:04}")), measures: false });
        }
        ring
    }

    fn check(ring: &Ring, after: u64, expected: &[&str]) {
        let frames: Vec<Bytes> =
            ring.after(after).expect("inside the ring").map(|frame| frame.told.frames(Dialect::Podium)).collect();
        let expected: Vec<Bytes> = expected.iter().map(|text| frames_of(text)).collect();
        assert_eq!(frames, expected);
    }

    #[test]
    fn a_position_gets_exactly_what_came_after_it() {
        let ring = filled(3, 8, 1_000);
        check(&ring, 0, &["0001", "0002", "0003"]);
        check(&ring, 2, &["0003"]);
        check(&ring, 3, &[]);
    }

    #[test]
    fn a_position_exists_before_the_first_frame() {
        check(&filled(0, 8, 1_000), 0, &[]);
    }

    #[test]
    fn one_frame_too_old_or_too_new_has_fallen() {
        let ring = filled(10, 4, 1_000);
        check(&ring, 6, &["0007", "0008", "0009", "0010"]);
        assert!(ring.after(5).is_err());
        assert!(ring.after(11).is_err());
    }

    #[test]
    fn bytes_bound_the_ring_but_the_newest_stays() {
        let ring = filled(10, 100, 15);
        check(&ring, 8, &["0009", "0010"]);
        assert!(ring.after(7).is_err());
        let ring = filled(2, 100, 1);
        check(&ring, 1, &["0002"]);
    }
}
