//! WebSocket frames: bytes in, messages out, and the frames that we send. Pure.
//!
//! It knows neither sockets nor what the messages mean. A [`Decoder`] keeps bytes only of a message that is not whole yet;
//! a whole one is read where it lies. Text is checked as it arrives, so that nothing is kept of what can never be valid.
//! No extension is negotiated, so every reserved bit is an error.
//!
//! Source: RFC 6455, sections 5 (frames), 7.4 (close codes) and 8.1 (UTF-8).

use std::mem;
use std::str;

use bytes::Bytes;

/// What came from the peer.
#[derive(Debug, PartialEq, Eq)]
pub enum Inbound<'a> {
    /// A whole text message.
    Text(&'a str),
    /// A whole binary message.
    Binary(&'a [u8]),
    /// Wants a pong with the same bytes, at most 125.
    Ping(&'a [u8]),
    /// Answers a ping.
    Pong(&'a [u8]),
    /// The peer wants to end; its code, if it gave one. What follows is not read.
    Close(Option<u16>),
}

/// Why nothing more can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The frame breaks the protocol.
    Protocol,
    /// The text is not UTF-8.
    NotUtf8,
    /// The message is longer, or in more pieces, than is allowed.
    TooLarge,
}

/// Bounds of what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of one message.
    pub message_bytes_max: usize,
    /// Frames of one message.
    pub fragments_max: u32,
}

/// Reads frames of a client.
#[derive(Debug)]
pub struct Decoder {
    bounds: Bounds,
    head: [u8; HEAD_MAX],
    head_len: u8,
    frame: Option<Frame>,
    message: Option<Box<Message>>,
    control: Vec<u8>,
}

/// The kinds of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// Goes on with a message.
    Continuation = 0,
    /// Begins a text message.
    Text = 1,
    /// Begins a binary message.
    Binary = 2,
    /// Ends the connection.
    Close = 8,
    /// Asks for a sign of life.
    Ping = 9,
    /// Gives one.
    Pong = 10,
}

/// A frame whose head is read.
#[derive(Clone, Copy, Debug)]
struct Frame {
    opcode: Opcode,
    is_last: bool,
    mask: [u8; 4],
    /// Bytes of the payload that are still to come.
    left: usize,
}

/// A message that is not whole yet.
#[derive(Debug)]
struct Message {
    is_text: bool,
    frames: u32,
    bytes: Vec<u8>,
    /// How much of the text was checked.
    checked: usize,
    is_whole: bool,
}

/// Two bytes, a length of eight and a mask of four.
const HEAD_MAX: usize = 14;
/// Control frames are not longer.
const CONTROL_MAX: usize = 125;

/// What one step of reading led to.
enum Step<'a> {
    /// Go on.
    More,
    /// All bytes are used up.
    Dry,
    /// A whole message or control frame that lies in the input.
    Here(Opcode, &'a [u8]),
    /// A whole control frame that had to be kept.
    Control(Opcode),
    /// A whole message that had to be kept.
    Message,
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, head: [0; HEAD_MAX], head_len: 0, frame: None, message: None, control: Vec::new() }
    }

    /// Reads on until something is whole; `None` when all of `input` is used up. The bytes are unmasked where they lie.
    ///
    /// # Errors
    /// [`Broken`]; the decoder must not be used any more.
    pub fn next<'d, 'i: 'd>(&'d mut self, input: &mut &'i mut [u8]) -> Result<Option<Inbound<'d>>, Broken> {
        // What was given out the last time is not needed any more, and its memory goes back.
        self.message.take_if(|message| message.is_whole);
        if self.frame.is_none() {
            self.control = Vec::new();
        }
        loop {
            match self.step(input)? {
                Step::More => {}
                Step::Dry => return Ok(None),
                Step::Here(opcode, payload) => return inbound(opcode, payload).map(Some),
                Step::Control(opcode) => return inbound(opcode, &self.control).map(Some),
                Step::Message => break,
            }
        }
        let message = self.message.as_ref().expect("a whole message was kept");
        if !message.is_text {
            return Ok(Some(Inbound::Binary(&message.bytes)));
        }
        str::from_utf8(&message.bytes).map(|text| Some(Inbound::Text(text))).map_err(|_| Broken::NotUtf8)
    }

    fn step<'i>(&mut self, input: &mut &'i mut [u8]) -> Result<Step<'i>, Broken> {
        let Some(mut frame) = self.frame else {
            return Ok(if self.read_head(input)? { Step::More } else { Step::Dry });
        };
        let is_control = frame.opcode as u8 >= Opcode::Close as u8;
        let is_kept = if is_control { !self.control.is_empty() } else { self.message.is_some() };
        let count = frame.left.min(input.len());
        let (payload, rest) = mem::take(input).split_at_mut(count);
        *input = rest;
        unmask(payload, &mut frame.mask);
        frame.left -= count;
        let is_whole = frame.left == 0;
        self.frame = (!is_whole).then_some(frame);
        if is_whole && !is_kept && frame.is_last {
            return Ok(Step::Here(frame.opcode, payload));
        }
        if is_control {
            self.control.extend_from_slice(payload);
            return Ok(if is_whole { Step::Control(frame.opcode) } else { Step::Dry });
        }
        self.keep(frame.opcode, payload, is_whole && frame.is_last)?;
        Ok(match (is_whole, frame.is_last) {
            (false, _) => Step::Dry,
            (true, false) => Step::More,
            (true, true) => Step::Message,
        })
    }

    /// Reads the head of the next frame; whether it is whole.
    fn read_head(&mut self, input: &mut &mut [u8]) -> Result<bool, Broken> {
        loop {
            let have = usize::from(self.head_len);
            let needed = if have < 2 { 2 } else { head_length(self.head[1]) };
            if have >= 2 && have == needed {
                break;
            }
            let count = (needed - have).min(input.len());
            if count == 0 {
                return Ok(false);
            }
            let (bytes, rest) = mem::take(input).split_at_mut(count);
            *input = rest;
            self.head[have..have + count].copy_from_slice(bytes);
            self.head_len += u8::try_from(count).expect("a head is short");
            if have < 2 && self.head_len == 2 {
                self.check_start()?;
            }
        }
        self.head_len = 0;
        let length = payload_length(&self.head)?;
        let opcode = opcode_of(self.head[0])?;
        let mask_at = head_length(self.head[1]) - 4;
        let mask = self.head[mask_at..mask_at + 4].try_into().expect("four bytes");
        self.allow(opcode, length)?;
        self.frame = Some(Frame { opcode, is_last: self.head[0] & 0x80 != 0, mask, left: length });
        Ok(true)
    }

    /// Checks the first two bytes of a head, before anything more is waited for.
    fn check_start(&self) -> Result<(), Broken> {
        let [first, second] = [self.head[0], self.head[1]];
        let opcode = opcode_of(first)?;
        let (is_last, is_masked, length) = (first & 0x80 != 0, second & 0x80 != 0, usize::from(second & 0x7f));
        let fits = match opcode {
            Opcode::Close | Opcode::Ping | Opcode::Pong => is_last && length <= CONTROL_MAX,
            Opcode::Continuation => self.message.is_some(),
            Opcode::Text | Opcode::Binary => self.message.is_none(),
        };
        if first & 0x70 == 0 && is_masked && fits { Ok(()) } else { Err(Broken::Protocol) }
    }

    /// Refuses what would be too much before a byte of it is kept.
    fn allow(&self, opcode: Opcode, length: usize) -> Result<(), Broken> {
        let (kept, frames) = match opcode {
            Opcode::Close | Opcode::Ping | Opcode::Pong => return Ok(()),
            Opcode::Text | Opcode::Binary => (0, 0),
            Opcode::Continuation => self.message.as_ref().map_or((0, 0), |it| (it.bytes.len(), it.frames)),
        };
        let fits = length <= self.bounds.message_bytes_max - kept.min(self.bounds.message_bytes_max);
        if fits && frames < self.bounds.fragments_max { Ok(()) } else { Err(Broken::TooLarge) }
    }

    /// Keeps a piece of a message.
    fn keep(&mut self, opcode: Opcode, payload: &[u8], is_whole: bool) -> Result<(), Broken> {
        let is_text = opcode == Opcode::Text;
        let message = self
            .message
            .get_or_insert_with(|| Box::new(Message { is_text, frames: 0, bytes: Vec::new(), checked: 0, is_whole }));
        message.bytes.extend_from_slice(payload);
        message.is_whole = is_whole;
        if self.frame.is_none() {
            message.frames += 1;
        }
        if !message.is_text {
            return Ok(());
        }
        match str::from_utf8(&message.bytes[message.checked..]) {
            Ok(text) => message.checked += text.len(),
            // A character may be cut in two; the rest of it is still to come.
            Err(why) if why.error_len().is_none() && !is_whole => message.checked += why.valid_up_to(),
            Err(_) => return Err(Broken::NotUtf8),
        }
        Ok(())
    }
}

fn inbound(opcode: Opcode, payload: &[u8]) -> Result<Inbound<'_>, Broken> {
    match opcode {
        Opcode::Text => str::from_utf8(payload).map(Inbound::Text).map_err(|_| Broken::NotUtf8),
        // A continuation always goes on with a message that is kept, so it is never read where it lies.
        Opcode::Continuation => Err(Broken::Protocol),
        Opcode::Binary => Ok(Inbound::Binary(payload)),
        Opcode::Ping => Ok(Inbound::Ping(payload)),
        Opcode::Pong => Ok(Inbound::Pong(payload)),
        Opcode::Close => close_code(payload).map(Inbound::Close),
    }
}

fn close_code(payload: &[u8]) -> Result<Option<u16>, Broken> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return if payload.is_empty() { Ok(None) } else { Err(Broken::Protocol) };
    };
    str::from_utf8(reason).map_err(|_| Broken::NotUtf8)?;
    match u16::from_be_bytes(*code) {
        code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => Ok(Some(code)),
        _ => Err(Broken::Protocol),
    }
}

fn opcode_of(first: u8) -> Result<Opcode, Broken> {
    match first & 0x0f {
        0 => Ok(Opcode::Continuation),
        1 => Ok(Opcode::Text),
        2 => Ok(Opcode::Binary),
        8 => Ok(Opcode::Close),
        9 => Ok(Opcode::Ping),
        10 => Ok(Opcode::Pong),
        _ => Err(Broken::Protocol),
    }
}

/// Bytes of a masked head, from its second byte.
fn head_length(second: u8) -> usize {
    match second & 0x7f {
        126 => 8,
        127 => 14,
        _ => 6,
    }
}

/// The length that a head names; one that is written longer than it needs to be breaks the protocol.
fn payload_length(head: &[u8; HEAD_MAX]) -> Result<usize, Broken> {
    match head[1] & 0x7f {
        126 => {
            let length = u16::from_be_bytes([head[2], head[3]]);
            if length < 126 { Err(Broken::Protocol) } else { Ok(usize::from(length)) }
        }
        127 => {
            let length = u64::from_be_bytes(head[2..10].try_into().expect("eight bytes"));
            if length <= u64::from(u16::MAX) || length > i64::MAX as u64 {
                return Err(Broken::Protocol);
            }
            usize::try_from(length).map_err(|_| Broken::TooLarge)
        }
        short => Ok(usize::from(short)),
    }
}

/// Takes the mask off, and turns it to where the next piece of the payload goes on.
fn unmask(payload: &mut [u8], mask: &mut [u8; 4]) {
    let (fours, rest) = payload.as_chunks_mut::<4>();
    let key = u32::from_ne_bytes(*mask);
    for four in fours {
        *four = (u32::from_ne_bytes(*four) ^ key).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(*mask) {
        *byte ^= key;
    }
    mask.rotate_left(rest.len());
}

/// A frame of ours with its payload.
pub fn frame(opcode: Opcode, payload: &[u8]) -> Bytes {
    let mut bytes = Vec::with_capacity(payload.len() + 10);
    bytes.push(0x80 | opcode as u8);
    match payload.len() {
        length @ 0..=125 => bytes.push(length as u8),
        length @ 126..=0xffff => {
            bytes.push(126);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            bytes.push(127);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(payload);
    bytes.into()
}

/// A close of ours; the reason is cut where a control frame ends.
pub fn close(code: u16, reason: &str) -> Bytes {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(&reason.as_bytes()[..reason.floor_char_boundary(CONTROL_MAX - 2)]);
    frame(Opcode::Close, &payload)
}

/// The payloads of frames of ours that stand one behind the other, for who frames them anew.
pub fn payloads(frames: &Bytes) -> impl Iterator<Item = (Opcode, Bytes)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let opcode = opcode_of(*frames.get(at)?).ok()?;
        let (head, length) = match *frames.get(at + 1)? {
            126 => (4, usize::from(u16::from_be_bytes(frames.get(at + 2..at + 4)?.try_into().ok()?))),
            127 => (10, usize::try_from(u64::from_be_bytes(frames.get(at + 2..at + 10)?.try_into().ok()?)).ok()?),
            short => (2, usize::from(short)),
        };
        let start = at + head;
        at = start + length;
        (at <= frames.len()).then(|| (opcode, frames.slice(start..at)))
    })
}

/// How many messages are among frames of ours; pings, pongs and closes are none.
pub fn messages(frames: &Bytes) -> u64 {
    payloads(frames).filter(|(opcode, _)| matches!(opcode, Opcode::Text | Opcode::Binary)).count() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOUNDS: Bounds = Bounds { message_bytes_max: 70_000, fragments_max: 4 };

    /// What was read, kept for comparison.
    #[derive(Clone, Debug, PartialEq, Eq)]
    enum Seen {
        Text(String),
        Binary(Vec<u8>),
        Ping(Vec<u8>),
        Pong(Vec<u8>),
        Close(Option<u16>),
        Broken(Broken),
    }

    /// A frame as a client sends it.
    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [0x1f, 0x2e, 0x3d, 0x4c];
        let mut bytes = frame(Opcode::Text, payload).to_vec();
        let head = bytes.len() - payload.len();
        bytes[0] = first;
        bytes[1] |= 0x80;
        bytes.truncate(head);
        bytes.extend_from_slice(&mask);
        bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
        bytes
    }

    /// Reads pieces as they come from the network.
    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Seen> {
        let mut decoder = Decoder::new(BOUNDS);
        let mut seen = Vec::new();
        for piece in pieces {
            let mut piece = piece.to_vec();
            let mut input = &mut piece[..];
            loop {
                match decoder.next(&mut input) {
                    Ok(None) => break,
                    Ok(Some(Inbound::Text(text))) => seen.push(Seen::Text(text.to_owned())),
                    Ok(Some(Inbound::Binary(bytes))) => seen.push(Seen::Binary(bytes.to_vec())),
                    Ok(Some(Inbound::Ping(bytes))) => seen.push(Seen::Ping(bytes.to_vec())),
                    Ok(Some(Inbound::Pong(bytes))) => seen.push(Seen::Pong(bytes.to_vec())),
                    Ok(Some(Inbound::Close(code))) => seen.push(Seen::Close(code)),
                    Err(broken) => {
                        seen.push(Seen::Broken(broken));
                        return seen;
                    }
                }
            }
        }
        seen
    }

    /// The same whether it comes whole or byte by byte.
    fn check(bytes: &[u8], expected: &[Seen]) {
        assert_eq!(read([bytes]), expected, "whole: {bytes:02x?}");
        assert_eq!(read(bytes.chunks(1)), expected, "byte by byte: {bytes:02x?}");
    }

    #[test]
    fn whole_messages_of_every_length_are_read() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
            let text = "x".repeat(length);
            check(&masked(0x81, text.as_bytes()), &[Seen::Text(text.clone())]);
            check(&masked(0x82, text.as_bytes()), &[Seen::Binary(text.into_bytes())]);
        }
    }

    #[test]
    fn a_message_in_pieces_is_one_and_lets_control_frames_between() {
        let euro = "€".as_bytes();
        let bytes = [
            masked(0x01, &euro[..1]),
            masked(0x89, b"now?"),
            masked(0x00, &euro[1..2]),
            masked(0x8a, b""),
            masked(0x80, &euro[2..]),
            masked(0x81, b"next"),
        ];
        let expected = [
            Seen::Ping(b"now?".to_vec()),
            Seen::Pong(Vec::new()),
            Seen::Text("€".to_owned()),
            Seen::Text("next".to_owned()),
        ];
        check(&bytes.concat(), &expected);
    }

    #[test]
    fn one_byte_and_one_piece_beyond_the_bounds_is_too_large() {
        let whole = masked(0x81, &[b'x'; 70_001]);
        // The head alone is enough to know.
        check(&whole[..14], &[Seen::Broken(Broken::TooLarge)]);
        let pieces = [masked(0x01, &[b'x'; 69_999]), masked(0x00, b"x"), masked(0x80, b"x")];
        check(&pieces.concat(), &[Seen::Broken(Broken::TooLarge)]);
        let four = [masked(0x01, b""), masked(0x00, b""), masked(0x00, b""), masked(0x80, b"")];
        check(&four.concat(), &[Seen::Text(String::new())]);
        let five = [masked(0x01, b""), masked(0x00, b""), masked(0x00, b""), masked(0x00, b""), masked(0x80, b"")];
        check(&five.concat(), &[Seen::Broken(Broken::TooLarge)]);
    }

    #[test]
    fn what_breaks_the_protocol_is_told() {
        let mut unmasked = masked(0x81, b"x");
        unmasked[1] &= 0x7f;
        let long_way = [0x81, 0xfe, 0, 125];
        let longer_way = [0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4];
        let mut cases = vec![
            unmasked,
            [&long_way[..], &[1, 2, 3, 4]].concat(),
            longer_way.to_vec(),
            [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4].to_vec(),
            masked(0x80, b"nothing begun"),
            [masked(0x01, b"x"), masked(0x81, b"another")].concat(),
            masked(0x09, b"a ping in pieces"),
            masked(0x88, b"x"),
        ];
        cases.extend([0x91, 0xa1, 0xc1].map(|first| masked(first, b"reserved bit")));
        cases.extend([3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(|opcode| masked(0x80 | opcode, b"")));
        cases.extend(
            [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000].map(|code| masked(0x88, &code.to_be_bytes())),
        );
        let mut long_ping = vec![0x89, 0x80 | 126, 0, 126];
        long_ping.extend([0; 4 + 126]);
        cases.push(long_ping);
        for bytes in cases {
            check(&bytes, &[Seen::Broken(Broken::Protocol)]);
        }
    }

    #[test]
    fn a_close_says_its_code() {
        check(&masked(0x88, b""), &[Seen::Close(None)]);
        for code in [1000_u16, 1001, 1014, 3000, 4999] {
            check(
                &masked(0x88, &[&code.to_be_bytes()[..], "à bientôt".as_bytes()].concat()),
                &[Seen::Close(Some(code))],
            );
        }
        check(&masked(0x88, &[0x03, 0xe8, 0xff]), &[Seen::Broken(Broken::NotUtf8)]);
    }

    #[test]
    fn text_that_can_never_be_valid_is_refused_before_it_ends() {
        let bad = [0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xf4, 0x90, 0x80, 0x80];
        check(&masked(0x81, &bad), &[Seen::Broken(Broken::NotUtf8)]);
        check(&masked(0x81, &[0xe2, 0x82]), &[Seen::Broken(Broken::NotUtf8)]);
        let rest = [masked(0x01, &bad[..5]), masked(0x00, &bad[5..7])].concat();
        assert_eq!(read([&rest[..]]), [Seen::Broken(Broken::NotUtf8)], "the message is not at its end");
        let begun = masked(0x81, &[&bad[..], &[b'x'; 200]].concat());
        assert_eq!(read(begun[..20].chunks(1)), [Seen::Broken(Broken::NotUtf8)], "nor is the frame");
    }

    #[test]
    fn frames_of_ours_say_their_length_and_give_their_payloads_back() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let payload = vec![b'x'; length];
            let framed = [frame(Opcode::Text, &payload), close(1000, "bye")].concat();
            let back: Vec<(Opcode, Bytes)> = payloads(&framed.into()).collect();
            let bye = [&1000_u16.to_be_bytes()[..], b"bye"].concat();
            assert_eq!(back, [(Opcode::Text, payload.into()), (Opcode::Close, bye.into())]);
        }
    }

    #[test]
    fn a_long_reason_ends_with_a_whole_character() {
        let framed = close(1000, &"é".repeat(100));
        assert_eq!(framed.len(), 2 + 2 + 122);
        assert!(str::from_utf8(&framed[4..]).is_ok());
    }

    /// One thing that a client may send, good or bad.
    fn sent() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            4 => ".{0,40}".prop_map(|text| masked(0x81, text.as_bytes())),
            2 => (".{0,40}", 0_usize..60).prop_map(|(text, at)| {
                let bytes = text.as_bytes();
                let (start, end) = bytes.split_at(at.min(bytes.len()));
                [masked(0x01, start), masked(0x89, b"p"), masked(0x80, end)].concat()
            }),
            1 => prop::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| masked(0x82, &bytes)),
            1 => prop::collection::vec(any::<u8>(), 0..125).prop_map(|bytes| masked(0x8a, &bytes)),
            1 => prop::collection::vec(any::<u8>(), 0..40),
            1 => (any::<u8>(), prop::collection::vec(any::<u8>(), 0..30)).prop_map(|(first, bytes)| masked(first, &bytes)),
        ]
    }

    proptest! {
        #[test]
        fn where_the_stream_is_cut_changes_nothing(
            sent in prop::collection::vec(sent(), 0..8),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let bytes = sent.concat();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
            prop_assert_eq!(read(pieces), read([&bytes[..]]));
        }
    }
}
