//! Lists of people as files: tables that other programs write, and tables that they can read, as CSV and as XLSX.
//!
//! Reading finds out by itself which columns stand where and what stands between them, and says of each row that cannot
//! be used why. Writing makes no cell that a spreadsheet would take for a formula.
//!
//! Reading order: [`read`], [`take_in`], [`write_out`], [`workbook`].

pub mod workbook;

use futures_util::{Stream, stream};
use thiserror::Error;

use crate::domain::audit::{AuditAction, AuditDetail, AuditSubject};
use crate::domain::ids::OrganisationId;
use crate::domain::person::{PeopleFilter, PersonDraft};
use crate::domain::time::Timestamp;
use crate::protocol::people::PersonRecord;
use crate::server::store::person::PeopleCursor;
use crate::server::store::{Store, StoreError};
use crate::server::table_file::{Bounds, TableTrouble, TakeRow, each_row};

/// Bytes of a file.
pub const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Rows of a file.
pub const ROWS_MAX: usize = 100_000;
/// People that are kept at once: others who write wait no longer than this takes.
const AT_ONCE: usize = 200;
/// People that are read at once while all are written out.
const READ_AT_ONCE: u32 = 500;
/// What a spreadsheet would take for the beginning of a formula. Source: OWASP, "CSV Injection".
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// What a file holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// People with the number of the line on which each begins, counted from 1.
    pub people: Vec<(usize, PersonDraft)>,
    /// Rows that cannot be used, by the same numbers, each with what is wrong.
    pub wrong: Vec<(usize, String)>,
}

/// Why a file as a whole cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileTrouble {
    /// There is nothing in it.
    #[error("the file is empty; its first row names the columns, for example first_name,last_name,email,tags")]
    Empty,
    /// No column has first names.
    #[error("no column is called first_name; the first row names the columns, and here it reads: {0}")]
    NoFirstName(String),
    /// Two columns are the same.
    #[error("two columns are called {0}")]
    Twice(&'static str),
    /// It is no table, or too large a one.
    #[error(transparent)]
    Table(#[from] TableTrouble),
}

impl FileTrouble {
    /// It has more bytes than may come in.
    pub const TOO_LARGE: Self = Self::Table(TableTrouble::TooLarge(FILE_BYTES_MAX));
}

/// The columns that are understood, with the names that other programs give them, in small letters and without blanks.
const COLUMNS: [(&str, &[&str]); 4] = [
    ("first_name", &["firstname", "givenname", "forename", "first", "vorname", "name"]),
    ("last_name", &["lastname", "familyname", "surname", "last", "nachname"]),
    ("email", &["email", "emailaddress", "mail", "e-mail", "e-mailaddress"]),
    ("tags", &["tags", "tag", "groups", "group", "labels"]),
];

/// Reads a file, CSV or XLSX, whole before anything of it is kept.
///
/// # Errors
/// [`FileTrouble`] if nothing of it can be used.
pub fn read(bytes: &[u8]) -> Result<Found, FileTrouble> {
    let (mut found, mut places) = (Found::default(), None);
    let take: TakeRow<'_, FileTrouble> = &mut |line, row| {
        let Some(places) = &places else {
            places = Some(places_of(row)?);
            return Ok(());
        };
        match draft_of(row, places).checked() {
            Ok(draft) => found.people.push((line, draft)),
            Err(errors) => {
                let words: Vec<String> =
                    errors.iter().map(|(field, why)| format!("{}: {why}", field.replace('_', " "))).collect();
                found.wrong.push((line, words.join(" ")));
            }
        }
        Ok(())
    };
    // The heading is a row as well.
    each_row(bytes, Bounds { bytes: FILE_BYTES_MAX, rows: ROWS_MAX + 1 }, take)?;
    if places.is_none() { Err(FileTrouble::Empty) } else { Ok(found) }
}

/// Where each column stands, in the order of [`COLUMNS`].
type Places = [Option<usize>; COLUMNS.len()];

fn places_of(heading: &[String]) -> Result<Places, FileTrouble> {
    let mut places = Places::default();
    for (at, cell) in heading.iter().enumerate() {
        let plain: String =
            cell.to_lowercase().chars().filter(|letter| !letter.is_whitespace() && *letter != '_').collect();
        let column = COLUMNS.iter().position(|(_, names)| names.contains(&plain.as_str()));
        if let Some(column) = column
            && places[column].replace(at).is_some()
        {
            return Err(FileTrouble::Twice(COLUMNS[column].0));
        }
    }
    match places[0] {
        Some(_) => Ok(places),
        None => Err(FileTrouble::NoFirstName(heading.join(",").chars().take(80).collect())),
    }
}

fn draft_of(row: &[String], places: &Places) -> PersonDraft {
    let cell = |column: usize| places[column].and_then(|at| row.get(at)).map(|cell| as_typed(cell)).unwrap_or_default();
    PersonDraft { first_name: cell(0), last_name: cell(1), email: cell(2), tags: PersonDraft::tags_of(&cell(3)) }
}

/// What became of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many people came in.
    pub added: usize,
    /// Lines that did not, in their order, each with the reason.
    pub wrong: Vec<(usize, String)>,
}

/// Keeps everybody whom a file holds, many at once; what cannot be kept is told line by line.
///
/// # Errors
/// [`StoreError::NotSaved`] if the disk takes no more; those before stay.
pub async fn take_in(
    store: &Store,
    organisation: OrganisationId,
    found: Found,
    at: Timestamp,
) -> Result<Imported, StoreError> {
    let Found { people, mut wrong } = found;
    let mut added = 0;
    for people in people.chunks(AT_ONCE) {
        let refused = store.import_people(organisation, people.to_vec(), at).await?;
        added += people.len() - refused.len();
        wrong.extend(refused.into_iter().map(|(line, why)| (line, in_words(&why))));
    }
    wrong.sort_unstable();
    Ok(Imported { added, wrong })
}

fn in_words(why: &StoreError) -> String {
    match why {
        StoreError::Taken => "somebody in your list, or further up in the file, has this address".to_owned(),
        why => why.to_string(),
    }
}

/// A cell without the mark that keeps spreadsheets from taking it for a formula.
fn as_typed(cell: &str) -> String {
    let inner = cell.strip_prefix('\'').filter(|inner| inner.starts_with(FORMULA));
    inner.unwrap_or(cell).to_owned()
}

/// A cell that no spreadsheet takes for a formula.
pub fn harmless(cell: &str) -> String {
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell.to_owned() }
}

/// Writes into the audit log that everybody is written out.
///
/// # Errors
/// [`StoreError`]; nothing should be written out then.
pub async fn note_export(store: &Store, organisation: OrganisationId, at: Timestamp) -> Result<(), StoreError> {
    let (subject, count) = (AuditSubject::Organisation(organisation), store.count_people(organisation).await?);
    store.write_down(organisation, AuditAction::PeopleExported, subject, Some(AuditDetail::Count(count)), at).await
}

/// Everybody as a list, heading first, read and written piece by piece: a long list takes no more memory than a short one.
pub fn write_out(store: Store, organisation: OrganisationId) -> impl Stream<Item = Result<Vec<u8>, StoreError>> {
    enum Next {
        Heading,
        Behind(Option<PeopleCursor>),
        End,
    }
    stream::try_unfold((store, Next::Heading), move |(store, next)| async move {
        let after = match next {
            Next::Heading => return Ok(Some((heading(), (store, Next::Behind(None))))),
            Next::Behind(after) => after,
            Next::End => return Ok(None),
        };
        let (people, next) = store.people(organisation, &PeopleFilter::default(), after.as_ref(), READ_AT_ONCE).await?;
        let next = next.map_or(Next::End, |next| Next::Behind(Some(next)));
        Ok(Some((rows(&people), (store, next))))
    })
}

/// What a written list tells of somebody.
const WRITTEN: [&str; 6] = ["first_name", "last_name", "email", "tags", "id", "added_at"];

/// The cells of somebody, in the order of [`WRITTEN`].
fn cells(person: &PersonRecord) -> [String; WRITTEN.len()] {
    let PersonRecord { id, first_name, last_name, email, tags, created_at, .. } = person;
    let texts = (first_name.clone(), last_name.clone(), email.clone());
    [texts.0, texts.1, texts.2, tags.join(", "), id.to_string(), created_at.to_string()]
}

/// The first row of a list.
fn heading() -> Vec<u8> {
    written([WRITTEN.map(str::to_owned)])
}

/// People as rows of a list, below the heading or below others.
fn rows(people: &[PersonRecord]) -> Vec<u8> {
    written(people.iter().map(|person| cells(person).map(|cell| harmless(&cell))))
}

/// Rows of one length as CSV.
pub fn written<R: IntoIterator<Item = String>>(rows: impl IntoIterator<Item = R>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.into_iter().for_each(|row| writer.write_record(row).expect("memory takes every row, all of one length"));
    writer.into_inner().expect("memory takes everything")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::PersonId;
    use crate::protocol::people::Sitting;

    fn names(found: &Found) -> Vec<String> {
        found.people.iter().map(|(row, draft)| format!("{row} {} <{}>", draft.full_name(), draft.email)).collect()
    }

    #[test]
    fn columns_are_found_by_name_in_any_order_and_with_any_mark_between_them() {
        for (text, expected) in [
            ("first_name,last_name,email\nAda,King,ADA@x.example\n", "2 Ada King <ada@x.example>"),
            ("\u{FEFF}E-Mail;Surname;Given name\r\nada@x.example;King;Ada\r\n", "2 Ada King <ada@x.example>"),
            ("Last Name\tIgnored\tFirst Name\nKing\tx\tAda", "2 Ada King <>"),
            ("first_name,tags\n\"Ada \"\"the\"\" \nLovelace\",\"b, a\"\n", "2 Ada \"the\" Lovelace <>"),
            ("first_name\n\n,\nAda\n", "4 Ada <>"),
        ] {
            let found = read(text.as_bytes()).expect("a list");
            assert_eq!((names(&found), found.wrong.len()), (vec![expected.to_owned()], 0), "{text:?}");
        }
    }

    #[test]
    fn a_row_that_cannot_be_used_says_why_and_the_others_come_in() {
        let text = "first_name,email\nAda,ada@x.example\n,nobody@x.example\nBo,no address\nCy\n";
        let found = read(text.as_bytes()).expect("a list");
        assert_eq!(names(&found), ["2 Ada <ada@x.example>", "5 Cy <>"]);
        assert_eq!(found.wrong[0], (3, "first name: Fill this in.".to_owned()));
        assert!(found.wrong[1].0 == 4 && found.wrong[1].1.starts_with("email: Write an e-mail address"));
    }

    #[test]
    fn a_file_that_is_none_is_told_so() {
        assert_eq!(read(b""), Err(FileTrouble::Empty));
        assert_eq!(read(b"\n\nAda"), Err(FileTrouble::Empty));
        assert_eq!(read(b"first_name\nZo\xEB\n"), Err(FileTrouble::Table(TableTrouble::NotUtf8)));
        assert_eq!(read(b"email,tags\na@b,c\n"), Err(FileTrouble::NoFirstName("email,tags".to_owned())));
        assert_eq!(read(b"first_name,Given Name\nAda,Ada\n"), Err(FileTrouble::Twice("first_name")));
        let rows = |count: usize| format!("first_name\n{}", "A\n".repeat(count));
        assert_eq!(read(rows(ROWS_MAX).as_bytes()).map(|found| found.people.len()), Ok(ROWS_MAX));
        assert_eq!(read(rows(ROWS_MAX + 1).as_bytes()), Err(FileTrouble::Table(TableTrouble::TooManyRows(ROWS_MAX))));
        assert_eq!(read(&vec![b'x'; FILE_BYTES_MAX + 1]), Err(FileTrouble::TOO_LARGE));
    }

    #[test]
    fn what_is_written_holds_no_formula_and_reads_back() {
        let person = |first_name: &str, last_name: &str| PersonRecord {
            id: PersonId(7),
            version: 1,
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: "ada@x.example".to_owned(),
            tags: vec!["a".to_owned(), "b c".to_owned()],
            created_at: Timestamp(0),
            sitting: Sitting::default(),
        };
        let people = [person("=cmd|' /C calc'!A0", "+1"), person("@SUM(1)", "-x"), person("'quoted'", "O'Hara, \"Z\"")];
        let bytes = [heading(), rows(&people[..1]), rows(&people[1..])].concat();
        let text = String::from_utf8(bytes.clone()).expect("UTF-8");
        for cell in csv::Reader::from_reader(text.as_bytes())
            .into_records()
            .flat_map(|row| row.expect("a row").iter().map(str::to_owned).collect::<Vec<_>>())
        {
            assert!(!cell.starts_with(FORMULA), "{cell}");
        }
        let found = read(&bytes).expect("a list");
        assert_eq!(found.wrong, []);
        for ((_, draft), person) in found.people.iter().zip(&people) {
            assert_eq!(
                (&draft.first_name, &draft.last_name, &draft.tags),
                (&person.first_name, &person.last_name, &person.tags)
            );
        }
    }
}
