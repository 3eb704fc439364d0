//! Workbooks: the first sheet that can be seen, cell by cell.
//!
//! Formulas come in as what they last showed, dates and numbers as people write them; macros are not there any more when it
//! is read.

use std::io::Cursor;

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use crate::server::table_file::{CELL_BYTES_MAX, COLUMNS_MAX, TableTrouble, TakeRow, archive};

/// Hands on each row that the sheet has; rows that it leaves out have no cells.
pub(super) fn each_row<E: From<TableTrouble>>(bytes: &[u8], take: TakeRow<'_, E>) -> Result<(), E> {
    let bytes = archive::checked(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(&*bytes)).map_err(|why| in_words(&why))?;
    let is_seen =
        |sheet: &&calamine::Sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible;
    let Some(sheet) = book.sheets_metadata().iter().find(is_seen).map(|sheet| sheet.name.clone()) else {
        return Err(TableTrouble::Other("a workbook without a sheet").into());
    };
    let mut sheet = book.worksheet_cells_reader(&sheet).map_err(|why| in_words(&why))?;
    let (mut row, mut cells) = (0_usize, Vec::<String>::new());
    while let Some(cell) = sheet.next_cell().map_err(|why| in_words(&why))? {
        let (at, column) = cell.get_position();
        let (at, column) = (at as usize + 1, column as usize);
        if at < row {
            return Err(TableTrouble::Damaged("its rows are out of order".to_owned()).into());
        }
        if at > row {
            if !cells.is_empty() {
                take(row, &cells)?;
            }
            (row, cells) = (at, Vec::new());
        }
        let Some(text) = text_of(cell.get_value(), at)? else { continue };
        if column >= COLUMNS_MAX {
            return Err(TableTrouble::TooManyColumns(at).into());
        }
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        cells[column] = text;
    }
    if cells.is_empty() { Ok(()) } else { take(row, &cells) }
}

/// What people read in a cell; `None` if there is nothing.
fn text_of(value: &DataRef<'_>, row: usize) -> Result<Option<String>, TableTrouble> {
    let text = match value {
        DataRef::Empty => return Ok(None),
        DataRef::String(text) => text.as_str(),
        DataRef::SharedString(text) => text,
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.as_str(),
        DataRef::Int(number) => return Ok(Some(number.to_string())),
        DataRef::Float(number) => return Ok(Some(number.to_string())),
        DataRef::Bool(is_true) => return Ok(Some(if *is_true { "TRUE" } else { "FALSE" }.to_owned())),
        DataRef::DateTime(time) => return Ok(Some(date(time))),
        DataRef::Error(error) => return Ok(Some(error.to_string())),
    };
    // Looked at before it is copied: many cells may refer to one text.
    if text.len() > CELL_BYTES_MAX {
        return Err(TableTrouble::CellTooLong(row));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A date, a time or both.
fn date(time: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    let whole = time.as_f64();
    if time.is_duration() || (0.0..1.0).contains(&whole) {
        let seconds = (whole * 86_400.0).round().clamp(0.0, 1e12);
        let hours = (seconds / 3_600.0).floor();
        return format!("{hours:02}:{:02}:{:02}", (seconds / 60.0).floor() % 60.0, seconds % 60.0);
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if whole.fract() == 0.0 { date } else { format!("{date} {hour:02}:{minute:02}:{second:02}") }
}

fn in_words(why: &XlsxError) -> TableTrouble {
    match why {
        XlsxError::Password => TableTrouble::Locked,
        XlsxError::ColumnNumberOverflow | XlsxError::RowNumberOverflow => {
            TableTrouble::Damaged("a cell is outside of every sheet".to_owned())
        }
        why => TableTrouble::Damaged(why.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::table_file::made::{around, packed, row, workbook};
    use crate::server::table_file::{Bounds, each_row};

    fn read(bytes: &[u8]) -> Result<Vec<String>, TableTrouble> {
        let mut rows = Vec::new();
        let take: TakeRow<'_, TableTrouble> = &mut |row, cells| {
            rows.push(format!("{row}:{}", cells.join("|")));
            Ok(())
        };
        each_row(bytes, Bounds { bytes: 1_000_000, rows: 4 }, take).map(|()| rows)
    }

    #[test]
    fn the_first_sheet_that_can_be_seen_is_read_as_people_see_it() {
        let styles = r#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>"#;
        let texts = r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="1"><si><r><t>Zo</t></r><r><t>ë &amp; co</t></r></si></sst>"#;
        let rows = r#"<row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2"><f>1+1</f><v>2</v></c><c r="D2" t="str"><f>A2</f><v>=x</v></c></row>
            <row r="5"><c r="A5" s="1"><v>45626</v></c><c r="B5" s="2"><v>45626.75</v></c><c r="C5"><v>1.5</v></c><c r="D5" t="b"><v>1</v></c><c r="E5"><f>2+2</f></c><c r="F5" t="e"><v>#N/A</v></c></row>"#;
        let (before, behind) = around();
        let others = [("xl/styles.xml", styles), ("xl/sharedStrings.xml", texts), ("xl/vbaProject.bin", "\0macro")];
        let found = read(&packed(&others, &[before, (rows, 1), behind]));
        let expected = ["2:Zoë & co||2|=x", "5:2024-11-30|2024-11-30 18:00:00|1.5|TRUE||#N/A"];
        assert_eq!(found, Ok(expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn one_beyond_each_bound_of_a_workbook_is_refused() {
        let rows = |count: usize| (1..=count).map(|number| row(number, &["x"])).collect::<String>();
        assert_eq!(read(&workbook(&rows(4))).map(|rows| rows.len()), Ok(4));
        assert_eq!(read(&workbook(&rows(5))), Err(TableTrouble::TooManyRows(3)));
        let columns = |count: usize| row(1, &vec!["x"; count]);
        assert_eq!(read(&workbook(&columns(COLUMNS_MAX))).map(|rows| rows.len()), Ok(1));
        assert_eq!(read(&workbook(&columns(COLUMNS_MAX + 1))), Err(TableTrouble::TooManyColumns(1)));
        let far = r#"<row r="1"><c r="XFD1" t="str"><v>x</v></c></row>"#;
        assert_eq!(read(&workbook(far)), Err(TableTrouble::TooManyColumns(1)));
        let corner = r#"<row r="1048576"><c r="A1048576" t="str"><v>x</v></c></row>"#;
        assert_eq!(read(&workbook(corner)), Ok(vec!["1048576:x".to_owned()]));
        let outside = r#"<row r="1"><c r="XFE1" t="str"><v>x</v></c></row>"#;
        assert!(read(&workbook(outside)).is_err());
        assert_eq!(read(&workbook(&row(1, &[&"x".repeat(CELL_BYTES_MAX)]))).map(|rows| rows.len()), Ok(1));
        assert_eq!(read(&workbook(&row(1, &[&"x".repeat(CELL_BYTES_MAX + 1)]))), Err(TableTrouble::CellTooLong(1)));
        let mixed = [row(3, &["x"]), row(2, &["x"])].concat();
        assert!(matches!(read(&workbook(&mixed)), Err(TableTrouble::Damaged(_))));
    }

    /// I4: a small file that unpacks into a large one, in each way that could take memory.
    #[test]
    fn what_unpacks_into_far_more_is_refused() {
        let (before, behind) = around();
        let megabyte = row(1, &["x"]).repeat(20_000);
        assert!(megabyte.len() > 1_000_000);
        let bombs = [
            // One text without an end, many small cells, one mark without an end.
            vec![before, ("x", 300_000), behind],
            vec![before, (&megabyte, 135), behind],
            vec![before, ("<c r='", 1), ("x", 300_000), behind],
            vec![before, ("<?x ", 1), (">", 300_000), behind],
        ];
        for (number, sheet) in bombs.iter().enumerate() {
            let file = packed(&[], sheet);
            assert!(file.len() < 1_000_000, "{}", file.len());
            assert_eq!(read(&file), Err(TableTrouble::Bomb), "bomb {number}");
        }
        let texts = |declared: &str, text: &str, times: usize| {
            format!(r#"<?xml version="1.0"?><sst uniqueCount {declared}>{}</sst>"#, text.repeat(times))
        };
        let many = "<row/>".repeat(110_000);
        for (part, text) in [
            ("xl/sharedStrings.xml", texts("=\n '9999999999999'", "<si><t>x</t></si>", 1)),
            ("xl/sharedStrings.xml", texts("=\"1\"", "<si/>", 1_000_001)),
            ("xl/sharedStrings.xml", texts("=\"1\"", "<x:si/>", 1_000_001)),
            ("xl/sharedStrings.xml", texts("=\"1\"", &format!("<t>{}</t>", "x".repeat(200_000)), 170)),
            ("xl/styles.xml", format!("<styleSheet>{many}</styleSheet>")),
            ("xl/styles.xml", format!("<a>{}</a>", "<b> </b>".repeat(600_000))),
        ] {
            let file = packed(&[(part, &text)], &[before, (&row(1, &["x"]), 1), behind]);
            assert_eq!(read(&file), Err(TableTrouble::Bomb), "{part} {}", &text[..60]);
        }
        let names: Vec<String> = (0..1_000).map(|number| format!("xl/media/{number}")).collect();
        let others: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        assert_eq!(read(&packed(&others, &[before, behind])), Err(TableTrouble::Bomb), "a thousand parts and five");
    }

    /// What an archive declares is no bound: here it says that its sheet has a thousand bytes.
    #[test]
    fn a_size_that_is_not_true_is_not_believed() {
        let (before, behind) = around();
        let megabyte = row(1, &["x"]).repeat(20_000);
        let mut file = packed(&[], &[before, (&megabyte, 135), behind]);
        let entry = file.windows(4).rposition(|part| part == b"PK\x01\x02").expect("the sheet's entry is the last");
        file[entry + 24..entry + 28].copy_from_slice(&1_000_u32.to_le_bytes());
        let refused = read(&file);
        assert!(matches!(refused, Err(TableTrouble::Bomb | TableTrouble::Damaged(_))), "{refused:?}");
    }

    #[test]
    fn what_no_spreadsheet_program_writes_is_refused() {
        let entities = r#"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>"#;
        let (before, behind) = around();
        for sheet in [vec![(entities, 1), before, behind], vec![before, ("<![CDATA[<row>]]>", 1), behind]] {
            assert!(matches!(read(&packed(&[], &sheet)), Err(TableTrouble::Damaged(_))));
        }
        let wide: String = entities.encode_utf16().flat_map(u16::to_le_bytes).map(char::from).collect();
        assert!(read(&packed(&[], &[(&wide, 1)])).is_err());
        // A part that was not looked at leads nowhere, whatever refers to it.
        let relations = r#"<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="../elsewhere.bin"/><Relationship Id="rId2" Type="x/worksheet" Target="/etc/passwd"/></Relationships>"#;
        let others = [("xl/_rels/workbook.xml.rels", relations), ("elsewhere.bin", "<a>"), ("../up.xml", "<a/>")];
        assert!(matches!(read(&packed(&others, &[before, behind])), Err(TableTrouble::Damaged(_))));
        let whole = workbook(&row(1, &["x"]));
        for length in [4, whole.len() / 2, whole.len() - 1] {
            assert!(matches!(read(&whole[..length]), Err(TableTrouble::Damaged(_))), "{length}");
        }
    }
}
