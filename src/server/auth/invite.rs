//! Invites: the token of a personal link, made again whenever it is shown; kept only in a mail that waits.
//!
//! A token names session, seat and the number of the link, and proves with 128 bits of a keyed hash that it was made here;
//! so there is no table of them that could be stolen, and a link that is made anew ends those before it. Whether
//! the link still holds is the room's business.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::ids::{SeatId, SessionId};
use crate::protocol::people::{PeopleEvent, Sitting};
use crate::server::auth::Auth;
use crate::server::auth::key::SigningKey;
use crate::server::config::PublicUrl;

/// Tells an invite from whatever else the same key signs.
const KIND: &[u8] = b"podium invite";
/// Bytes of the proof: 128 bits.
const PROOF_BYTES: usize = 16;
/// Longer texts were not made here; looking at them would only cost.
const TOKEN_MAX: usize = 96;

/// What a personal link opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InviteClaim {
    /// The session.
    pub session: SessionId,
    /// The seat in it.
    pub seat: SeatId,
    /// Counts links of the seat: only the last one holds.
    pub link: u32,
}

/// Makes and reads tokens of invites. A clone is the same.
#[derive(Clone)]
pub struct Inviter {
    keyed: Hmac<Sha256>,
    public_url: Option<PublicUrl>,
}

impl Inviter {
    /// With the house's key; links are whole where the house knows its address.
    pub fn new(key: &SigningKey, public_url: Option<&PublicUrl>) -> Self {
        let mut keyed = Hmac::<Sha256>::new_from_slice(key.bytes()).expect("a keyed hash takes keys of every length");
        keyed.update(KIND);
        Self { keyed, public_url: public_url.cloned() }
    }

    /// The token of a link.
    pub fn token(&self, claim: InviteClaim) -> String {
        let InviteClaim { session, seat, link } = claim;
        let proof: String = self.proof(claim).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{session}-{seat}-{link}-{proof}")
    }

    /// What a token opens; `None` if it was not made here.
    pub fn read(&self, token: &str) -> Option<InviteClaim> {
        if token.len() > TOKEN_MAX {
            return None;
        }
        let mut parts = token.split('-');
        let mut part = || parts.next();
        let (session, seat, link, proof) = (part()?, part()?, part()?, part()?);
        let claim = InviteClaim {
            session: SessionId(session.parse().ok()?),
            seat: SeatId(seat.parse().ok()?),
            link: link.parse().ok()?,
        };
        // One text for each link: numbers written in another way, or with something behind them, are another text. All
        // of it is compared in the same time, whichever letter differs.
        let own = self.token(claim);
        let is_same = own.len() == token.len()
            && own.bytes().zip(token.bytes()).fold(0, |differs, (own, other)| differs | (own ^ other)) == 0;
        (is_same && !proof.is_empty()).then_some(claim)
    }

    /// Where the link leads, below the base path.
    pub fn path(&self, claim: InviteClaim) -> String {
        format!("/session?token={}", self.token(claim))
    }

    /// The link itself: whole where the server knows its own address, else from the root of the host.
    pub fn url(&self, claim: InviteClaim) -> String {
        let path = self.path(claim);
        self.public_url.as_ref().map_or_else(|| path.clone(), |url| url.address(&path))
    }

    /// Puts in the links that somebody who is told of a person may know; the store keeps none.
    pub fn add_link(&self, sitting: &mut Sitting) {
        if let (Some(session), Some(seat), true) = (sitting.session, sitting.seat, sitting.token_valid) {
            sitting.invite_url = Some(self.url(InviteClaim { session, seat, link: sitting.link }));
        }
    }

    /// The same for what is told of people.
    pub fn add_link_to(&self, event: &mut PeopleEvent) {
        match event {
            PeopleEvent::UserAdded(record) => self.add_link(&mut record.sitting),
            PeopleEvent::UserUpdate(patch) => {
                if let Some(sitting) = &mut patch.sitting {
                    self.add_link(sitting);
                }
            }
            PeopleEvent::UserDeleted(_) => {}
        }
    }

    fn proof(&self, InviteClaim { session, seat, link }: InviteClaim) -> [u8; PROOF_BYTES] {
        let mut keyed = self.keyed.clone();
        keyed.update(&session.0.to_be_bytes());
        keyed.update(&seat.0.to_be_bytes());
        keyed.update(&link.to_be_bytes());
        let whole = keyed.finalize().into_bytes();
        std::array::from_fn(|at| whole[at])
    }
}

impl Auth {
    /// Who makes and reads the tokens of invites.
    pub fn inviter(&self) -> &Inviter {
        &self.0.inviter
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::Secret;

    fn inviter(secret: &str, public_url: Option<&str>) -> Inviter {
        let key = SigningKey::load(std::path::Path::new("."), Some(&Secret::from(secret))).expect("a given key");
        let public_url = public_url.map(|url| PublicUrl::parse(url).expect("a good address"));
        Inviter::new(&key, public_url.as_ref())
    }

    fn ours() -> Inviter {
        inviter("0123456789abcdef0123456789abcdef", None)
    }

    const CLAIM: InviteClaim = InviteClaim { session: SessionId(12), seat: SeatId(3), link: 1 };

    #[test]
    fn a_token_is_read_as_it_was_made_and_in_no_other_form() {
        let token = ours().token(CLAIM);
        assert_eq!((ours().read(&token), token.len()), (Some(CLAIM), "12-3-1-".len() + 32));
        let proof = token.rsplit('-').next().expect("four parts").to_owned();
        let other = ours().token(InviteClaim { seat: SeatId(4), ..CLAIM });
        let other_proof = other.rsplit('-').next().expect("four parts");
        let mut altered = vec![
            String::new(),
            "---".to_owned(),
            format!("12-3-1-{other_proof}"),
            format!("12-3-2-{proof}"),
            format!("12-4-1-{proof}"),
            format!("13-3-1-{proof}"),
            format!("+12-3-1-{proof}"),
            format!("012-3-1-{proof}"),
            format!("12-3-1-{}", proof.to_uppercase()),
            format!("12-3-1-{proof}-"),
            format!("12-3-1-{proof}0"),
            format!("12-3-1-{}", &proof[1..]),
            "12-3-1-".to_owned(),
            format!("-12-3-1-{proof}"),
            "9".repeat(TOKEN_MAX + 1),
            inviter("0123456789abcdef0123456789abcdeg", None).token(CLAIM),
        ];
        for at in 0..proof.len() {
            let digit = if proof.as_bytes()[at] == b'0' { '1' } else { '0' };
            altered.push(format!("12-3-1-{}{digit}{}", &proof[..at], &proof[at + 1..]));
        }
        for token in altered {
            assert_eq!(ours().read(&token), None, "{token}");
        }
    }

    #[test]
    fn a_link_is_whole_where_the_house_knows_its_address() {
        let check = |public_url, start: &str| {
            let inviter = inviter("0123456789abcdef0123456789abcdef", public_url);
            assert_eq!(inviter.url(CLAIM), format!("{start}/session?token={}", ours().token(CLAIM)));
        };
        check(None, "");
        check(Some("https://quiz.example"), "https://quiz.example");
        check(Some("https://school.example/quiz"), "https://school.example/quiz");
    }
}
