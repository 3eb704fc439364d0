//! All chance on the server: codes, tokens, keys, friendly names. The only home of randomness.
//!
//! Everything is drawn from the thread's generator, which is cryptographic and seeded by the system. It knows nothing of
//! what is in use already: who needs something unique asks again.

use std::array;

use crate::domain::code::JoinCode;
use crate::domain::ids::{CommandId, Epoch};

/// A room's code.
pub fn join_code() -> JoinCode {
    let letters = u8::try_from(JoinCode::ALPHABET.len()).expect("the alphabet is short");
    JoinCode::from_draws(array::from_fn(|_| rand::random_range(0..letters)))
}

/// A number for one life of a room. Time would not do: the wall clock may be set back between two lives.
pub fn epoch() -> Epoch {
    Epoch(rand::random::<u64>() >> 12)
}

/// Something that cannot be guessed: 128 bits in 32 hexadecimal digits, fit for an address.
pub fn token() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// A key for signing: 256 bits.
pub fn key() -> [u8; 32] {
    rand::random()
}

/// An id for a form, so that sending it twice is doing it once.
pub fn command_id() -> CommandId {
    CommandId::parse(&token()).expect("hexadecimal digits are printable ASCII")
}

/// What the order of somebody's questions is made of. Below 2^53, because facts are JSON.
pub fn order() -> u64 {
    rand::random::<u64>() >> 11
}

/// Eight digits that lead from what a person was told to the line in the log.
pub fn reference() -> String {
    format!("{:08x}", rand::random::<u32>())
}

/// A friendly name for who has none in mind, for example `Quiet Otter`.
pub fn nickname() -> String {
    const MOODS: [&str; 24] = [
        "Brave", "Bright", "Calm", "Clever", "Cosy", "Curious", "Daring", "Dreamy", "Eager", "Gentle", "Golden",
        "Happy", "Jolly", "Keen", "Lucky", "Merry", "Mighty", "Nimble", "Quick", "Quiet", "Silver", "Sunny", "Swift",
        "Witty",
    ];
    const ANIMALS: [&str; 32] = [
        "Badger", "Beaver", "Bison", "Crane", "Dolphin", "Falcon", "Ferret", "Finch", "Fox", "Gecko", "Hare",
        "Hedgehog", "Heron", "Koala", "Lemur", "Lynx", "Magpie", "Marmot", "Mole", "Moose", "Newt", "Otter", "Owl",
        "Panda", "Puffin", "Quokka", "Raven", "Robin", "Seal", "Squirrel", "Turtle", "Wombat",
    ];
    let (mood, animal) = (rand::random_range(0..MOODS.len()), rand::random_range(0..ANIMALS.len()));
    format!("{} {}", MOODS[mood], ANIMALS[animal])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::name::Nickname;

    #[test]
    fn tokens_are_long_and_never_the_same() {
        let tokens: HashSet<String> = (0..1_000).map(|_| token()).collect();
        assert_eq!(tokens.len(), 1_000);
        assert!(tokens.iter().all(|token| token.len() == 32));
    }

    #[test]
    fn each_life_of_a_room_has_a_number_that_a_page_can_hold() {
        let epochs: HashSet<u64> = (0..1_000).map(|_| epoch().0).collect();
        assert_eq!(epochs.len(), 1_000);
        assert!(epochs.iter().all(|epoch| *epoch < 1 << 52));
    }

    #[test]
    fn codes_use_the_whole_alphabet() {
        let letters: HashSet<u8> = (0..1_000).flat_map(|_| join_code().as_str().as_bytes().to_vec()).collect();
        assert_eq!(letters.len(), JoinCode::ALPHABET.len());
    }

    #[test]
    fn a_suggested_name_is_a_name() {
        for _ in 0..100 {
            let name = nickname();
            assert_eq!(Nickname::parse(&name).map(String::from), Ok(name));
        }
    }
}
