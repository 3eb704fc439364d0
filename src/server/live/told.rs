//! One encoded message: framed once, and shared by every link that gets it.
//!
//! It knows neither audiences nor links. A link that speaks a dialect gets the message in the words of its dialect; they are
//! made when the first such link asks, and kept.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::protocol::dialect::Dialect;
use crate::server::live::codec::{self, Opcode};

/// One encoded message. A clone is the same bytes.
#[derive(Clone, Debug)]
pub struct Told(Arc<Forms>);

#[derive(Debug)]
struct Forms {
    /// The frame of the canonical text.
    canonical: Bytes,
    /// The frames for each other dialect, none or more.
    others: OnceLock<Box<[OnceLock<Bytes>; Dialect::ALL.len()]>>,
}

impl Told {
    /// Frames a canonical text.
    pub fn new(text: &str) -> Self {
        Self(Arc::new(Forms { canonical: codec::frame(Opcode::Text, text.as_bytes()), others: OnceLock::new() }))
    }

    /// The frames in a dialect, one behind the other; empty if it has no words for this.
    pub fn frames(&self, dialect: Dialect) -> Bytes {
        if dialect == Dialect::Podium {
            return self.0.canonical.clone();
        }
        let others = self.0.others.get_or_init(Default::default);
        others[dialect as usize].get_or_init(|| translated(&self.0.canonical, dialect)).clone()
    }

    /// How many bytes the canonical frame has.
    pub fn bytes(&self) -> usize {
        self.0.canonical.len()
    }
}

/// Frames one canonical text for one link.
pub fn frames(text: &str, dialect: Dialect) -> Bytes {
    if dialect == Dialect::Podium {
        return codec::frame(Opcode::Text, text.as_bytes());
    }
    framed(&dialect.translate(text))
}

fn translated(canonical: &Bytes, dialect: Dialect) -> Bytes {
    let (_, text) = codec::payloads(canonical).next().expect("a canonical message is one frame");
    framed(&dialect.translate(str::from_utf8(&text).expect("it was framed from text")))
}

fn framed(texts: &[String]) -> Bytes {
    let frames: Vec<Bytes> = texts.iter().map(|text| codec::frame(Opcode::Text, text.as_bytes())).collect();
    frames.concat().into()
}
