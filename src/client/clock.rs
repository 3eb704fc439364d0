//! The browser's clocks and its chance: the only file that reads them.

use js_sys::{Date, Math};

use crate::client::dom::window;
use crate::client::moment::Moment;
use crate::domain::ids::CommandId;
use crate::domain::time::{Millis, Timestamp};

/// Milliseconds since the page was opened, on a clock that is never set.
pub fn now() -> Moment {
    // Rounded to whole milliseconds; an hour-long page stays far below what an i64 holds.
    #[allow(clippy::cast_possible_truncation)]
    let since_opening = window().performance().map_or_else(Date::now, |clock| clock.now()) as i64;
    Moment(since_opening)
}

/// The clock on the wall, which people set; good only to find out that the machine slept.
pub fn wall_ms() -> i64 {
    #[allow(clippy::cast_possible_truncation)]
    let since_1970 = Date::now() as i64;
    since_1970
}

/// How far the clock on the wall goes before UTC at a moment, where this device is.
pub fn zone_at(moment: Timestamp) -> Millis {
    // Milliseconds of any year that people plan for are far below 2^53; the offset is told in whole minutes.
    #[allow(clippy::cast_precision_loss)]
    let behind = Date::new(&(moment.0 as f64).into()).get_timezone_offset();
    #[allow(clippy::cast_possible_truncation)]
    let behind_minutes = if behind.is_finite() { behind as i64 } else { 0 };
    Millis(-behind_minutes * 60_000)
}

/// How far it goes before UTC now.
pub fn zone_now() -> Millis {
    zone_at(Timestamp(wall_ms()))
}

/// A number to spread retries with; anybody may guess it.
pub fn seed() -> u32 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let seed = (Math::random() * f64::from(u32::MAX)) as u32;
    seed
}

/// A new id for a command, which nobody else makes: 128 random bits.
pub fn command_id() -> CommandId {
    let mut bytes = [0_u8; 16];
    let filled = window().crypto().is_ok_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !filled {
        bytes = std::array::from_fn(|_| seed().to_le_bytes()[3]);
    }
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    CommandId::parse(&text).expect("32 hexadecimal digits are printable and short")
}
