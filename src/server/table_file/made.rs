//! Workbooks for tests, made part by part, so that they can be wrong in every way.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// What stands around a sheet's rows.
const SHEET: (&str, &str) = (
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#,
    "</sheetData></worksheet>",
);

/// A workbook whose first sheet has these rows, as XML.
pub fn workbook(rows: &str) -> Vec<u8> {
    packed(&[], &[(SHEET.0, 1), (rows, 1), (SHEET.1, 1)])
}

/// A workbook whose first sheet holds a piece so many times, between others.
pub fn packed(others: &[(&str, &str)], sheet: &[(&str, usize)]) -> Vec<u8> {
    let mut parts = vec![
        (
            "[Content_Types].xml",
            r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#,
        ),
        (
            "_rels/.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Hidden" sheetId="2" state="hidden" r:id="rId2"/><sheet name="People" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/></Relationships>"#,
        ),
    ];
    // A part that is given stands in place of the usual one.
    parts.retain(|(name, _)| others.iter().all(|(other, _)| other != name));
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for (name, text) in parts.iter().chain(others) {
        archive.start_file(*name, options).expect("a name");
        archive.write_all(text.as_bytes()).expect("memory takes it");
    }
    archive.start_file("xl/worksheets/sheet1.xml", options).expect("a name");
    for (piece, times) in sheet {
        (0..*times).for_each(|_| archive.write_all(piece.as_bytes()).expect("memory takes it"));
    }
    archive.finish().expect("memory takes it").into_inner()
}

/// What stands before and behind a sheet's rows.
pub fn around() -> ((&'static str, usize), (&'static str, usize)) {
    ((SHEET.0, 1), (SHEET.1, 1))
}

/// A row of texts, as XML.
pub fn row(number: usize, texts: &[&str]) -> String {
    let cell = |text: &&str| format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#);
    format!(r#"<row r="{number}">{}</row>"#, texts.iter().map(cell).collect::<String>())
}
