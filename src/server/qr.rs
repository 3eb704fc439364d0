//! QR codes, drawn as SVG of our own making.
//!
//! Knows nothing of what is in them. The picture is one path on white, with the quiet margin that scanners need; its size
//! is the page's business.
//!
//! Source: ISO/IEC 18004, 9.1 (a margin of four modules).

use qrcode::{Color, EcLevel, QrCode};

const MARGIN: usize = 4;

/// The picture of a text; empty for a text that fits no code, which no address of ours is.
pub fn svg(text: &str) -> String {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else { return String::new() };
    let width = code.width();
    let size = width + 2 * MARGIN;
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row[x..].iter().take_while(|module| **module == Color::Dark).count();
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", x + MARGIN, y + MARGIN));
            }
            x += run.max(1);
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" shape-rendering=\"crispEdges\" \
         aria-hidden=\"true\"><path fill=\"#fff\" d=\"M0 0h{size}v{size}h-{size}z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_margin_and_every_dark_module() {
        let text = "http://192.168.1.7:3000/join/KFX7QM";
        let code = QrCode::with_error_correction_level(text, EcLevel::M).expect("a short text");
        let dark = code.to_colors().iter().filter(|module| **module == Color::Dark).count();
        let svg = svg(text);
        let drawn: usize = svg
            .split('h')
            .filter_map(|part| part.split_once("v1"))
            .filter_map(|(run, _)| run.parse::<usize>().ok())
            .sum();
        assert_eq!(drawn, dark);
        assert!(svg.starts_with(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {0}\"",
            code.width() + 8
        )));
        assert!(svg.contains("M4 4h7v1"), "the finder pattern begins at the margin");
    }

    #[test]
    fn nothing_of_the_text_gets_into_the_picture() {
        assert!(!svg("http://x/\"><script>").contains("script"));
    }
}
