//! What a first visit downloads: the page and all that it names, compressed as the server sends it.
//!
//! Follows what the document names (stylesheets, scripts, preloads, code) and what scripts import by name. What a browser
//! asks for only when it is used, such as fonts of other scripts than the page's, is listed apart. It runs no script.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::figures::Figure;
use crate::http::Browser;

/// Bytes of everything that a player's first page needs.
const PLAYER_BYTES_MAX: usize = 200_000;

/// The files of one page.
struct Visit {
    /// The document, as it was sent.
    page: usize,
    /// Address and bytes of each file that the page needs.
    files: BTreeMap<String, usize>,
    /// The same for fonts, which are asked for when a character needs them.
    fonts: BTreeMap<String, usize>,
}

/// Weighs the player's pages and the admin's.
pub fn measure(
    player: &mut Browser,
    player_path: &str,
    admin: &mut Browser,
    admin_paths: &[(&str, String)],
) -> Result<Vec<Figure>> {
    let mut door = Visit::make(player, "/")?;
    let total = door.total();
    let mut figures = vec![
        Figure::plain("A player's first page, the front door, and all it needs, brotli", door.words())
            .aimed("≤ 200 kB", total <= PLAYER_BYTES_MAX),
        Figure::plain("Fonts that it may ask for besides", words(&door.fonts)),
    ];
    let game = Visit::make(player, player_path)?;
    let value = format!("{}; of it {} kB fetched while the name is typed", game.words(), kilobytes(game.beyond(&door)));
    figures.push(Figure::plain("The game's page and all it needs, brotli", value));
    door.files.extend(game.files);
    for (name, path) in admin_paths {
        let visit = Visit::make(admin, path)?;
        let own = visit.beyond(&door);
        let value = format!("{}; of it {} kB of code that players never load", visit.words(), kilobytes(own));
        figures.push(Figure::plain(format!("{name} and all it needs, brotli"), value));
    }
    Ok(figures)
}

impl Visit {
    fn make(browser: &mut Browser, path: &str) -> Result<Self> {
        let page = browser.get(path)?;
        ensure!(page.status == 200, "{path} was answered with {}", page.status);
        let html = text_of(browser, path)?;
        let mut visit = Self { page: page.body.len(), files: BTreeMap::new(), fonts: BTreeMap::new() };
        let mut open: Vec<String> = addresses(&html);
        while let Some(file) = open.pop() {
            if visit.files.contains_key(&file) || visit.fonts.contains_key(&file) {
                continue;
            }
            let answer = browser.get(&file)?;
            ensure!(answer.status == 200, "{file} was answered with {}", answer.status);
            let is_font = file.ends_with(".woff2");
            let files = if is_font { &mut visit.fonts } else { &mut visit.files };
            files.insert(file.clone(), answer.body.len());
            if file.ends_with(".js") {
                open.extend(imports(&text_of(browser, &file)?).map(|name| beside(&file, name)));
            } else if file.ends_with(".css") {
                open.extend(fonts(&text_of(browser, &file)?).map(|name| beside(&file, name)));
            }
        }
        Ok(visit)
    }

    /// Bytes of the files that another visit did not need.
    fn beyond(&self, other: &Self) -> usize {
        self.files.iter().filter(|(file, _)| !other.files.contains_key(*file)).map(|(_, bytes)| bytes).sum()
    }

    fn total(&self) -> usize {
        self.page + self.files.values().sum::<usize>()
    }

    fn words(&self) -> String {
        let of =
            |ending: &str| self.files.iter().filter(|(file, _)| file.ends_with(ending)).map(|(_, bytes)| bytes).sum();
        let [code, script, style] = [".wasm", ".js", ".css"].map(of);
        let other = self.total() - self.page - code - script - style;
        let [total, page, code, script, style, other] =
            [self.total(), self.page, code, script, style, other].map(kilobytes);
        format!("{total} kB (document {page}, code {code}, scripts {script}, style {style}, other {other})")
    }
}

fn words(files: &BTreeMap<String, usize>) -> String {
    format!("{} kB in {} files", kilobytes(files.values().sum()), files.len())
}

fn kilobytes(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / 1e3)
}

fn text_of(browser: &mut Browser, path: &str) -> Result<String> {
    Ok(String::from_utf8_lossy(&browser.get_plain(path)?.body).into_owned())
}

/// Every quoted address of a file that a document names, in attributes and in its scripts.
fn addresses(html: &str) -> Vec<String> {
    let is_file = |address: &&str| {
        let endings = [".css", ".js", ".wasm", ".woff2", ".svg", ".png", ".ico", ".webmanifest"];
        address.starts_with('/')
            && !address.contains(char::is_whitespace)
            && endings.iter().any(|ending| address.ends_with(ending))
    };
    html.split(['"', '\'', '\\']).filter(is_file).map(str::to_owned).collect()
}

/// What a script imports by name before it runs.
fn imports(script: &str) -> impl Iterator<Item = &str> {
    let starts = ["from\"", "from \"", "from'", "from '", "import\"", "import \""];
    starts
        .into_iter()
        .flat_map(|start| script.split(start).skip(1))
        .filter_map(|rest| rest.split(['"', '\'']).next())
        .filter(|name| name.ends_with(".js"))
}

/// The fonts that a stylesheet names.
fn fonts(style: &str) -> impl Iterator<Item = &str> {
    let names = style.split("url(").skip(1).filter_map(|rest| rest.split(')').next());
    names.map(|name| name.trim_matches(['"', '\''])).filter(|name| name.ends_with(".woff2"))
}

/// The address of what a file names, from where that file lies.
fn beside(file: &str, name: &str) -> String {
    if name.starts_with('/') {
        return name.to_owned();
    }
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}
