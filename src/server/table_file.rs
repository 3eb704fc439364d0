//! Tables as files: what spreadsheet programs save, row by row as texts, whatever it is called.
//!
//! Knows CSV with its marks and encodings, and workbooks (XLSX); not what the columns mean. A file is looked at by what it
//! holds, never by its name, and is refused in words as soon as it is not what it seems or takes more memory than a table of
//! its bounds needs.
//!
//! Reading order: [`each_row`], `text` (CSV), `archive` (what a workbook may be packed like), `workbook`.

mod archive;
#[cfg(test)]
pub mod made;
mod text;
mod workbook;

use thiserror::Error;

/// Bytes of a cell: more than the 32,767 characters of a spreadsheet's own bound in most languages.
pub const CELL_BYTES_MAX: usize = 65_536;
/// Columns of a table; spreadsheet programs go further, people do not.
pub const COLUMNS_MAX: usize = 1_000;

/// How large a table may be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of the file.
    pub bytes: usize,
    /// Rows that hold something, the heading included.
    pub rows: usize,
}

/// Why a file is no table that can be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TableTrouble {
    /// It is too large.
    #[error("the file has more than {} MB; split it", .0 / 1_048_576)]
    TooLarge(usize),
    /// It has too many rows.
    #[error("the file has more than {0} rows; split it")]
    TooManyRows(usize),
    /// A row of it has too many columns.
    #[error("row {0} has more than {COLUMNS_MAX} columns; delete those that are not needed")]
    TooManyColumns(usize),
    /// A cell of it is too long.
    #[error("a text in row {0} is far too long; is a quotation mark not closed?")]
    CellTooLong(usize),
    /// It is a text that is no UTF-8.
    #[error(
        "the file is not in UTF-8 but in an older encoding, perhaps Latin-1; save it once more as “CSV UTF-8” or as XLSX"
    )]
    NotUtf8,
    /// It is a text in UTF-16 that does not say so.
    #[error("the file is in UTF-16 without saying so; save it once more as “CSV UTF-8” or as XLSX")]
    Utf16,
    /// It is a workbook that needs a password.
    #[error("the file is protected by a password; save it without one")]
    Locked,
    /// It is a document of an older Office program.
    #[error("the file is an older Office document; open it and save it as XLSX or “CSV UTF-8”")]
    OldOffice,
    /// It is something else.
    #[error("the file is {0}, not a table; save the table as XLSX or “CSV UTF-8”")]
    Other(&'static str),
    /// It unpacks into far more than a table of its bounds needs.
    #[error(
        "the file unpacks into far more than its table can need, so it was not read; save the table alone as XLSX or “CSV UTF-8”"
    )]
    Bomb,
    /// It breaks off or contradicts itself.
    #[error("the file is damaged ({0}); open it and save it once more")]
    Damaged(String),
}

/// Takes one row: its number, counted from 1 as spreadsheets and editors count, and its cells.
pub type TakeRow<'t, E> = &'t mut dyn FnMut(usize, &[String]) -> Result<(), E>;

/// Reads a table: hands on each row that holds something, in their order.
///
/// # Errors
/// [`TableTrouble`] if it is none or breaks off, and whatever `take` refuses with; rows before were handed on.
pub fn each_row<E: From<TableTrouble>>(bytes: &[u8], bounds: Bounds, take: TakeRow<'_, E>) -> Result<(), E> {
    if bytes.len() > bounds.bytes {
        return Err(TableTrouble::TooLarge(bounds.bytes).into());
    }
    let mut rows = 0;
    let take: TakeRow<'_, E> = &mut |row, cells| {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        rows += 1;
        if rows > bounds.rows { Err(TableTrouble::TooManyRows(bounds.rows - 1).into()) } else { take(row, cells) }
    };
    if bytes.starts_with(archive::MARK) {
        return workbook::each_row(bytes, take);
    }
    if let Some(trouble) = something_else(bytes) {
        return Err(trouble.into());
    }
    text::each_row(bytes, take)
}

/// What a file is that begins like no text.
fn something_else(bytes: &[u8]) -> Option<TableTrouble> {
    // Source: [MS-CFB] 2.2, the signature of a compound file; [MS-OFFCRYPTO] 2.3.4.4, the stream of an encrypted package.
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let is_locked = bytes.windows(name.len()).any(|part| part == name);
        return Some(if is_locked { TableTrouble::Locked } else { TableTrouble::OldOffice });
    }
    let begins = |mark: &[u8]| bytes.len() >= mark.len() && bytes[..mark.len()].eq_ignore_ascii_case(mark);
    let known: [(&[u8], &str); 9] = [
        (b"PK", "a damaged archive"),
        (b"%PDF", "a PDF"),
        (b"{\\rtf", "a text document"),
        (b"\x89PNG", "a picture"),
        (b"\xFF\xD8\xFF", "a picture"),
        (b"GIF8", "a picture"),
        (b"\x1F\x8B", "a packed file"),
        (b"<!DOCTYPE", "a web page"),
        (b"<", "a web page or XML"),
    ];
    known.iter().find(|(mark, _)| begins(mark)).map(|(_, what)| TableTrouble::Other(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { bytes: 1_000_000, rows: 3 };

    fn read(bytes: &[u8]) -> Result<Vec<String>, TableTrouble> {
        let mut rows = Vec::new();
        let take: TakeRow<'_, TableTrouble> = &mut |row, cells| {
            rows.push(format!("{row}:{}", cells.join("|")));
            Ok(())
        };
        each_row(bytes, BOUNDS, take).map(|()| rows)
    }

    #[test]
    fn what_is_no_table_is_called_what_it_is() {
        let old = [&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1][..], &[0; 600]].concat();
        assert_eq!(read(&old), Err(TableTrouble::OldOffice));
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&[old, name].concat()), Err(TableTrouble::Locked));
        for bytes in [&b"%PDF-1.7"[..], b"<html>", b"<?xml version='1.0'?>", b"PK\x05\x06", b"\x89PNG\r\n", b"GIF89a"] {
            assert!(matches!(read(bytes), Err(TableTrouble::Other(_))), "{bytes:?}");
        }
        assert_eq!(read(b"a,b\n\x00\x00\x00\x00"), Err(TableTrouble::Other("made of bytes")));
    }

    #[test]
    fn a_text_in_another_encoding_is_read_or_named() {
        let text = "a,é\n1,2\n";
        let expected = Ok(vec!["1:a|é".to_owned(), "2:1|2".to_owned()]);
        let utf16 = |bytes: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
            format!("{mark}{text}").encode_utf16().flat_map(bytes).collect()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            utf16(u16::to_le_bytes, "\u{FEFF}"),
            utf16(u16::to_be_bytes, "\u{FEFF}"),
        ] {
            assert_eq!(read(&bytes), expected);
        }
        assert_eq!(read(&utf16(u16::to_le_bytes, "")), Err(TableTrouble::Utf16));
        assert_eq!(read(&utf16(u16::to_be_bytes, "")), Err(TableTrouble::Utf16));
        assert_eq!(read(b"a,\xE9\n1,2\n"), Err(TableTrouble::NotUtf8));
        let cut = utf16(u16::to_le_bytes, "\u{FEFF}");
        assert!(matches!(read(&cut[..cut.len() - 1]), Err(TableTrouble::Damaged(_))));
    }

    #[test]
    fn lines_are_counted_as_editors_do_however_they_end() {
        let expected = ["1:a|b", "3:x\ny|z", "6:1|"].map(str::to_owned).to_vec();
        for text in ["a;b\n;\n\"x\ny\";z\n\n1;\n", "a;b\r\n;\r\n\"x\ny\";z\r\n\r\n1;"] {
            assert_eq!(read(text.as_bytes()), Ok(expected.clone()), "{text:?}");
        }
        // The first line says what stands between cells, so it must say something.
        assert_eq!(read(b"\na;b\n"), Ok(vec![]));
    }

    #[test]
    fn one_beyond_each_bound_of_a_text_is_refused() {
        assert_eq!(read("a\n\n1\n2\n".as_bytes()).map(|rows| rows.len()), Ok(3));
        assert_eq!(read("a\n1\n2\n3\n".as_bytes()), Err(TableTrouble::TooManyRows(2)));
        let columns = |count: usize| format!("a\n{}", ",".repeat(count - 1) + "x");
        assert_eq!(read(columns(COLUMNS_MAX).as_bytes()).map(|rows| rows.len()), Ok(2));
        assert_eq!(read(columns(COLUMNS_MAX + 1).as_bytes()), Err(TableTrouble::TooManyColumns(2)));
        assert_eq!(read(columns(900_000).as_bytes()), Err(TableTrouble::TooManyColumns(2)));
        let cell = |length: usize| format!("a\n{}\n", "x".repeat(length));
        assert_eq!(read(cell(CELL_BYTES_MAX).as_bytes()).map(|rows| rows.len()), Ok(2));
        assert_eq!(read(cell(CELL_BYTES_MAX + 1).as_bytes()), Err(TableTrouble::CellTooLong(2)));
        assert_eq!(read(format!("a\n\"{}", "x\n".repeat(100_000)).as_bytes()), Err(TableTrouble::CellTooLong(2)));
        assert_eq!(read(&vec![b'x'; 1_000_001]), Err(TableTrouble::TooLarge(1_000_000)));
    }
}
