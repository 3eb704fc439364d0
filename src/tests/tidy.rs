//! Keeps the map true: who imports whom, which capability lives where, what no line may contain.
//!
//! Reads the source as text. It knows the tree of `lib.rs` and nothing of what the code does.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of `src` with its path from there.
struct Source {
    path: String,
    text: String,
}

/// Folders that each folder may import, itself included.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &["domain"]),
    ("protocol", &["protocol", "domain"]),
    ("room", &["room", "protocol", "domain"]),
    ("server", &["server", "room", "protocol", "domain"]),
    ("bots", &["bots", "protocol", "domain"]),
    ("conform", &["conform", "protocol", "domain"]),
    ("client", &["client", "protocol", "domain"]),
    ("api", &["api", "server", "room", "protocol", "domain"]),
    ("ui", &["ui", "api", "protocol", "domain"]),
];

/// A word that may stand only in files whose path starts with one of these.
const HOMES: &[(&str, &[&str])] = &[
    ("SystemTime::now", &["server/clock.rs"]),
    ("clock_gettime", &["server/clock.rs"]),
    ("Date::now", &["client/clock.rs"]),
    ("performance()", &["client/clock.rs"]),
    ("sqlx::", &["server/store"]),
    ("argon2::", &["server/auth"]),
    ("jsonwebtoken::", &["server/auth"]),
    ("lettre::", &["server/mail"]),
    ("env::var", &["server/config.rs"]),
    ("prometheus_client::", &["server/metrics"]),
    ("rand::", &["server/chance.rs", "bots/"]),
    ("WebSocket::new", &["client/link.rs"]),
    (".route(", &["server/routes.rs"]),
    ("tokio::spawn", &["server/", "serve.rs", "bots/"]),
    // Only so far that types tell the written contract their form; nothing behaves differently.
    ("cfg_attr(feature", &["domain/", "protocol/"]),
    ("cfg(feature", &["lib.rs", "main.rs", "client/mod.rs", "ui/bundles.rs", "ui/live.rs", "ui/response.rs"]),
];

/// Files that may import what their folder may not, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    // The only seam between pages and the browser's machine room.
    ("ui/live.rs", "client"),
];

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the source is there").map(|entry| entry.expect("readable").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                sources.push(read(&root, &entry));
            }
        }
    }
    assert!(sources.len() > 20, "the walk found the source");
    sources
}

fn read(root: &Path, file: &PathBuf) -> Source {
    let path = file.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
    Source { path, text: fs::read_to_string(file).expect("UTF-8 source") }
}

impl Source {
    fn folder(&self) -> &str {
        self.path.split('/').next().expect("a path has a first part")
    }

    /// Lines of the program itself, numbered from 1: no comments, nothing after the file's tests begin.
    fn program(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = self.text.find("#[cfg(test)]\nmod tests").unwrap_or(self.text.len());
        let lines = self.text[..tests].lines().enumerate();
        lines.map(|(index, line)| (index + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn check(offences: &[String]) {
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

#[test]
fn imports_point_one_way() {
    let mut offences = Vec::new();
    for source in sources() {
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(folder, _)| *folder == source.folder()) else { continue };
        for (line, text) in source.program() {
            for (folder, _) in MAY_IMPORT.iter().filter(|(folder, _)| !allowed.contains(folder)) {
                let is_exception = EXCEPTIONS.contains(&(source.path.as_str(), *folder));
                if text.contains(&format!("crate::{folder}::")) && !is_exception {
                    offences.push(format!("src/{}:{line} imports {folder}", source.path));
                }
            }
        }
    }
    check(&offences);
}

#[test]
fn the_api_names_the_server_only_inside_bodies() {
    let mut offences = Vec::new();
    for source in sources().into_iter().filter(|source| source.folder() == "api") {
        for (line, text) in source.program() {
            if text.starts_with("use crate::server") {
                offences.push(format!("src/{}:{line} imports the server outside a body", source.path));
            }
        }
    }
    check(&offences);
}

#[test]
fn every_capability_has_one_home() {
    let mut offences = Vec::new();
    for source in sources().into_iter().filter(|source| source.folder() != "tests") {
        for (line, text) in source.program() {
            for (word, homes) in HOMES.iter().filter(|(word, _)| text.contains(word)) {
                if !homes.iter().any(|home| source.path.starts_with(home)) {
                    offences.push(format!(
                        "src/{}:{line} has `{word}`, whose home is {}",
                        source.path,
                        homes.join(", ")
                    ));
                }
            }
        }
    }
    check(&offences);
}

/// Law 1.
#[test]
fn the_engine_has_no_clock_no_chance_and_no_waiting() {
    let forbidden =
        ["async ", ".await", "now()", "rand::", "std::thread", "std::fs", "std::net", "unwrap()", "todo!", "HashMap<"];
    let mut offences = Vec::new();
    for source in sources().into_iter().filter(|source| ["domain", "protocol", "room"].contains(&source.folder())) {
        for (line, text) in source.program() {
            for word in forbidden.iter().filter(|word| text.contains(**word)) {
                offences.push(format!("src/{}:{line} has `{word}`", source.path));
            }
        }
    }
    check(&offences);
}

/// Law 2.
#[test]
fn the_room_names_no_socket_no_task_and_no_table() {
    let mut offences = Vec::new();
    for source in sources().into_iter().filter(|source| source.folder() == "room") {
        for (line, text) in source.program() {
            for word in ["tokio", "axum", "sqlx", "leptos", "WebSocket", "select ", "insert into"] {
                if text.contains(word) {
                    offences.push(format!("src/{}:{line} has `{word}`", source.path));
                }
            }
        }
    }
    check(&offences);
}

#[test]
fn every_module_says_what_it_is() {
    let missing: Vec<String> = sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//!"))
        .map(|source| format!("src/{} does not start with a module doc", source.path))
        .collect();
    check(&missing);
}

#[test]
fn every_stylesheet_is_imported_and_has_a_component() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let main = fs::read_to_string(root.join("style/main.css")).expect("the main stylesheet");
    let stems: Vec<String> = sources().iter().filter_map(|source| stem(&source.path)).collect();
    let files = |folder: &str| -> Vec<PathBuf> {
        fs::read_dir(root.join(folder)).expect("the styles").map(|entry| entry.expect("readable").path()).collect()
    };
    let mut offences = Vec::new();
    // Those of `style/work` are put together by `server/work_sheet.rs`, whatever they are called.
    for path in files("style").iter().filter(|path| path.is_file()) {
        let Some(stem) = stem(&path.to_string_lossy()) else { continue };
        if stem != "main" && !main.contains(&format!("{stem}.css")) {
            offences.push(format!("style/{stem}.css is not imported by main.css"));
        }
    }
    for path in files("style").into_iter().chain(files("style/work")).filter(|path| path.is_file()) {
        let Some(stem) = stem(&path.to_string_lossy()) else { continue };
        let is_foundation = ["main", "tokens", "base", "fonts", "reset"].contains(&stem.as_str());
        if !is_foundation && !stems.contains(&stem) {
            offences.push(format!("{} has no component of the same stem", path.display()));
        }
    }
    check(&offences);
}

fn stem(path: &str) -> Option<String> {
    Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned())
}
