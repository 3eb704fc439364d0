//! A list of people as a workbook (XLSX): every cell a text, so that nothing in it is ever taken for a formula.
//!
//! Rows go to a file of no name in the data folder while they are read, so that a long list takes little memory.

use std::path::{Path, PathBuf};

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use tokio::task::spawn_blocking;

use crate::domain::ids::OrganisationId;
use crate::domain::person::PeopleFilter;
use crate::protocol::people::PersonRecord;
use crate::server::people_file::{READ_AT_ONCE, WRITTEN, cells};
use crate::server::store::{Store, StoreError};

/// What a workbook is called on the wire.
pub const CONTENT_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// How wide each column is, in characters.
const WIDTHS: [f64; WRITTEN.len()] = [18.0, 22.0, 32.0, 24.0, 10.0, 26.0];

/// Everybody as a workbook, heading first.
///
/// # Errors
/// [`StoreError`], also where the folder takes no file.
pub async fn write_out(store: &Store, organisation: OrganisationId, folder: PathBuf) -> Result<Vec<u8>, StoreError> {
    let mut book = begun(&folder).map_err(|why| not_written(&why))?;
    let (mut after, mut row) = (None, 1);
    loop {
        let (people, next) = store.people(organisation, &PeopleFilter::default(), after.as_ref(), READ_AT_ONCE).await?;
        let sheet = book.worksheet_from_index(0).map_err(|why| not_written(&why))?;
        row = add(sheet, row, &people).map_err(|why| not_written(&why))?;
        after = next;
        if after.is_none() {
            break;
        }
    }
    // Packing a long list takes a while, which is nobody else's business.
    let packed = spawn_blocking(move || book.save_to_buffer()).await;
    packed.map_err(|why| StoreError::NotSaved(why.to_string()))?.map_err(|why| not_written(&why))
}

/// A workbook with a heading that stays in sight.
fn begun(folder: &Path) -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    book.set_tempdir(folder)?;
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name("People")?.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for ((column, name), width) in (0_u16..).zip(WRITTEN).zip(WIDTHS) {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(0, column, name, &bold)?;
    }
    Ok(book)
}

/// Adds people below row `row`; returns the next free one.
fn add(sheet: &mut Worksheet, mut row: u32, people: &[PersonRecord]) -> Result<u32, XlsxError> {
    for person in people {
        for (column, cell) in (0_u16..).zip(cells(person)) {
            sheet.write_string(row, column, cell)?;
        }
        row += 1;
    }
    Ok(row)
}

fn not_written(why: &XlsxError) -> StoreError {
    StoreError::NotSaved(format!("the workbook was not written: {why}"))
}
