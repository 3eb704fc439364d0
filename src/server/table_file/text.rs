//! CSV: cells with a mark between them, in UTF-8 or in UTF-16 that says so.
//!
//! Cells are taken one by one, so that a row of a million of them, or a text that never ends, is refused before it takes
//! memory.

use std::borrow::Cow;

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use crate::server::table_file::{CELL_BYTES_MAX, COLUMNS_MAX, TableTrouble, TakeRow};

/// What may stand between cells; where the first row has as many of two, the later one of these.
const BETWEEN: [u8; 3] = [b'\t', b';', b','];

/// Hands on each row; one that is empty has no cells, and no number of its own is lost by it.
pub(super) fn each_row<E: From<TableTrouble>>(bytes: &[u8], take: TakeRow<'_, E>) -> Result<(), E> {
    let text = decoded(bytes)?;
    let heading = text.lines().next().unwrap_or_default();
    if heading.trim().is_empty() {
        return Ok(());
    }
    let count = |mark: &u8| heading.bytes().filter(|byte| byte == mark).count();
    let between = BETWEEN.into_iter().max_by_key(count).unwrap_or(b',');
    let mut rows = Rows {
        reader: ReaderBuilder::new().delimiter(between).build(),
        rest: text.as_bytes(),
        line: 1,
        cell: vec![0; CELL_BYTES_MAX + 1],
    };
    let mut cells = Vec::new();
    while let Some(line) = rows.next(&mut cells)? {
        take(line, &cells)?;
    }
    Ok(())
}

/// The text of a file, without the mark that says how it is encoded.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, TableTrouble> {
    // Source: Unicode Standard, 23.8, byte order mark.
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, TableTrouble> {
    if bytes.contains(&0) {
        let head = &bytes[..bytes.len().min(4_096)];
        let is_every_second = |from: usize| head.len() > 3 && head.iter().skip(from).step_by(2).all(|byte| *byte == 0);
        let is_utf16 = is_every_second(0) || is_every_second(1);
        return Err(if is_utf16 { TableTrouble::Utf16 } else { TableTrouble::Other("made of bytes") });
    }
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| TableTrouble::NotUtf8)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>, TableTrouble> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(Cow::Owned(text)),
        _ => Err(TableTrouble::Damaged("its UTF-16 breaks off".to_owned())),
    }
}

struct Rows<'t> {
    reader: Reader,
    rest: &'t [u8],
    /// The line that `rest` begins in, from 1.
    line: usize,
    /// Where a cell is put together.
    cell: Vec<u8>,
}

impl Rows<'_> {
    /// Reads the next row and returns the line that it begins on; `None` at the end.
    fn next(&mut self, cells: &mut Vec<String>) -> Result<Option<usize>, TableTrouble> {
        cells.clear();
        // The ends of lines before a row are no part of it.
        while let [byte @ (b'\n' | b'\r'), rest @ ..] = self.rest {
            self.line += usize::from(*byte == b'\n');
            self.rest = rest;
        }
        let (line, mut filled) = (self.line, 0);
        loop {
            let (result, read, written) = self.reader.read_field(self.rest, &mut self.cell[filled..]);
            self.line += self.rest[..read].iter().filter(|byte| **byte == b'\n').count();
            self.rest = &self.rest[read..];
            filled += written;
            match result {
                // At the end the reader wants to be told so by being asked once more with nothing.
                ReadFieldResult::InputEmpty => {}
                ReadFieldResult::OutputFull => return Err(TableTrouble::CellTooLong(line)),
                ReadFieldResult::Field { record_end } => {
                    if cells.len() == COLUMNS_MAX {
                        return Err(TableTrouble::TooManyColumns(line));
                    }
                    cells.push(String::from_utf8_lossy(&self.cell[..filled]).into_owned());
                    filled = 0;
                    if record_end {
                        return Ok(Some(line));
                    }
                }
                ReadFieldResult::End => return Ok(None),
            }
        }
    }
}
