//! How a workbook may be packed: looked through piece by piece before anything of it is believed.
//!
//! Every part is unpacked once, into nothing, and counted: what the archive declares is no bound. What a reader of XML would
//! have to keep whole is bounded as well, and what no spreadsheet program writes (declarations of entities, comments) is
//! refused. Nothing is written anywhere, so that names of parts lead nowhere.
//!
//! Source: ECMA-376, part 2 (packages); PKWARE APPNOTE 4.3.16 (the end of the central directory).

use std::borrow::Cow;
use std::io::{Cursor, Read};

use zip::result::ZipError;
use zip::{ZipArchive, ZipWriter};

use crate::server::table_file::TableTrouble;

/// What an archive begins with.
pub(super) const MARK: &[u8] = b"PK\x03\x04";
/// Parts of a workbook: sheets, pictures, styles.
const PARTS_MAX: usize = 1_000;
/// Bytes of the list of parts, which is read before its parts are counted.
const LIST_BYTES_MAX: u32 = 1_048_576;
/// Bytes of all unpacked parts: 100,000 rows of long texts in a wordy hand.
const UNPACKED_BYTES_MAX: u64 = 128 * 1_048_576;
/// Bytes of the unpacked texts that sheets refer to; they are kept while the sheet is read.
const TEXTS_BYTES_MAX: u64 = 32 * 1_048_576;
/// As many texts.
const TEXTS_MAX: usize = 1_000_000;
/// Bytes and marks of any other part, which are kept too.
const PART_BYTES_MAX: u64 = 4 * 1_048_576;
const PART_MARKS_MAX: usize = 100_000;
/// Bytes between two marks of XML, or within one.
const PIECE_BYTES_MAX: usize = 262_144;

/// The archive, with no parts but those that were looked through.
///
/// # Errors
/// [`TableTrouble`] if it is no workbook, or none that may be read.
pub(super) fn checked(bytes: &[u8]) -> Result<Cow<'_, [u8]>, TableTrouble> {
    check_list(bytes)?;
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|why| damaged(&why))?;
    if archive.len() > PARTS_MAX {
        return Err(TableTrouble::Bomb);
    }
    let (mut left, mut is_workbook, mut checked) = (UNPACKED_BYTES_MAX, false, Vec::new());
    for index in 0..archive.len() {
        let part = match archive.by_index(index) {
            Ok(part) => part,
            Err(ZipError::UnsupportedArchive(why)) if why.contains("assword") => return Err(TableTrouble::Locked),
            Err(why) => return Err(damaged(&why)),
        };
        let name = part.name().map_err(|why| damaged(&why))?.to_ascii_lowercase();
        is_workbook |= name == "[content_types].xml";
        // Pictures, macros and whatever else was packed are never unpacked.
        let kind = match &name {
            name if name.ends_with("sharedstrings.xml") => Kind::Texts,
            name if name.contains("worksheets/") && name.ends_with(".xml") => Kind::Sheet,
            name if name.ends_with(".xml") || name.ends_with(".rels") => Kind::Other,
            _ => continue,
        };
        if part.size() > left {
            return Err(TableTrouble::Bomb);
        }
        left -= look_through(part, kind, left)?;
        checked.push(index);
    }
    match checked.len() {
        _ if !is_workbook => Err(TableTrouble::Other("an archive")),
        count if count == archive.len() => Ok(Cow::Borrowed(bytes)),
        _ => without_others(&mut archive, &checked).map(Cow::Owned).map_err(|why| damaged(&why)),
    }
}

/// The same archive with these parts alone, still packed: nothing can lead a reader to one that nobody looked at.
fn without_others(archive: &mut ZipArchive<Cursor<&[u8]>>, parts: &[usize]) -> Result<Vec<u8>, ZipError> {
    let mut kept = ZipWriter::new(Cursor::new(Vec::new()));
    for index in parts {
        kept.raw_copy_file(archive.by_index_raw(*index)?)?;
    }
    Ok(kept.finish()?.into_inner())
}

fn damaged(why: &ZipError) -> TableTrouble {
    TableTrouble::Damaged(why.to_string())
}

/// Looks at what the archive says of its list before the list is read.
fn check_list(bytes: &[u8]) -> Result<(), TableTrouble> {
    // The end stands behind everything but a comment, whose length has two bytes.
    let tail = &bytes[bytes.len().saturating_sub(22 + 65_535)..];
    for at in (0..tail.len()).filter(|at| tail[*at..].starts_with(b"PK\x05\x06")) {
        let Some(end) = tail.get(at..at + 22) else { continue };
        let parts = u16::from_le_bytes([end[10], end[11]]);
        let list = u32::from_le_bytes([end[12], end[13], end[14], end[15]]);
        if usize::from(parts) > PARTS_MAX || list > LIST_BYTES_MAX {
            return Err(TableTrouble::Bomb);
        }
    }
    Ok(())
}

/// What a part is for, as far as its bounds depend on it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Read row by row.
    Sheet,
    /// The texts that sheets refer to.
    Texts,
    /// Styles, relations, properties.
    Other,
}

/// Unpacks a part into nothing; returns how many bytes it has.
fn look_through(mut part: impl Read, kind: Kind, left: u64) -> Result<u64, TableTrouble> {
    let most = match kind {
        Kind::Sheet => left,
        Kind::Texts => left.min(TEXTS_BYTES_MAX),
        Kind::Other => left.min(PART_BYTES_MAX),
    };
    let (mut piece, mut unpacked, mut scan) = (vec![0; 65_536], 0_u64, Scan::new(kind));
    loop {
        let count = part.read(&mut piece).map_err(|why| TableTrouble::Damaged(why.to_string()))?;
        if count == 0 {
            return Ok(unpacked);
        }
        unpacked += count as u64;
        if unpacked > most {
            return Err(TableTrouble::Bomb);
        }
        piece[..count].iter().try_for_each(|byte| scan.take(*byte))?;
    }
}

/// Where in XML a byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    /// Right behind `<`.
    MarkBegins,
    Mark,
    Quoted(u8),
}

/// Follows the bytes of a part as a reader of XML would.
struct Scan {
    kind: Kind,
    place: Place,
    /// Whether the current mark is an instruction, which ends with `?>`.
    is_instruction: bool,
    /// Bytes since the last mark began or ended.
    since: usize,
    marks: usize,
    texts: usize,
    /// The last eight bytes of the current mark, blanks left out.
    last: [u8; 8],
    /// The number of texts that the part declares, while it is read.
    declared: Option<usize>,
}

impl Scan {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            place: Place::Text,
            is_instruction: false,
            since: 0,
            marks: 0,
            texts: 0,
            last: [0; 8],
            declared: None,
        }
    }

    fn take(&mut self, byte: u8) -> Result<(), TableTrouble> {
        self.since += 1;
        // A zero means UTF-16, which no spreadsheet program writes and which would hide what is looked for.
        if self.since > PIECE_BYTES_MAX || byte == 0 {
            return Err(TableTrouble::Bomb);
        }
        if self.place != Place::Text && !byte.is_ascii_whitespace() {
            self.last.rotate_left(1);
            self.last[7] = byte;
        }
        self.place = match (self.place, byte) {
            (Place::Text, b'<') => {
                (self.since, self.last, self.is_instruction) = (0, [0; 8], false);
                Place::MarkBegins
            }
            (Place::Text, _) => Place::Text,
            (Place::MarkBegins, b'!') => {
                return Err(TableTrouble::Damaged("it has declarations that a table does not need".to_owned()));
            }
            (Place::MarkBegins, b'?') => {
                self.is_instruction = true;
                Place::Mark
            }
            (Place::MarkBegins | Place::Mark, b'>') => {
                if self.is_instruction && self.last[6] != b'?' {
                    return Err(TableTrouble::Bomb);
                }
                self.since = 0;
                self.count_mark()?;
                Place::Text
            }
            (Place::MarkBegins | Place::Mark, b'"' | b'\'') => {
                // What calamine sets memory aside for, before it has seen one of them.
                self.declared = (self.kind == Kind::Texts && self.last[..7].ends_with(b"eCount=")).then_some(0);
                Place::Quoted(byte)
            }
            (Place::MarkBegins | Place::Mark, _) => {
                self.count_text(byte)?;
                Place::Mark
            }
            (Place::Quoted(mark), byte) if mark == byte => {
                self.declared = None;
                Place::Mark
            }
            (Place::Quoted(mark), byte) => {
                self.count_declared(byte)?;
                Place::Quoted(mark)
            }
        };
        Ok(())
    }

    fn count_mark(&mut self) -> Result<(), TableTrouble> {
        self.marks += 1;
        let is_too_many = self.kind == Kind::Other && self.marks > PART_MARKS_MAX;
        if is_too_many { Err(TableTrouble::Bomb) } else { Ok(()) }
    }

    /// Counts the beginnings of texts: `<si`, also behind the name of a namespace.
    fn count_text(&mut self, byte: u8) -> Result<(), TableTrouble> {
        if self.kind == Kind::Texts && byte == b'i' {
            let is_text = match self.since {
                2 => self.last[6] == b's',
                _ => self.last[5..7] == *b":s",
            };
            self.texts += usize::from(is_text);
        }
        if self.texts > TEXTS_MAX { Err(TableTrouble::Bomb) } else { Ok(()) }
    }

    fn count_declared(&mut self, byte: u8) -> Result<(), TableTrouble> {
        if let Some(declared) = self.declared {
            let digit = usize::from(byte.saturating_sub(b'0').min(9));
            let declared = declared.saturating_mul(10).saturating_add(digit);
            if declared > TEXTS_MAX {
                return Err(TableTrouble::Bomb);
            }
            self.declared = Some(declared);
        }
        Ok(())
    }
}
