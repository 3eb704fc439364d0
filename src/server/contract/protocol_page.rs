//! The contract as a page for people: whole without scripts, from the same values as the document.
//!
//! Plain HTML instead of a component: it is about the wire and for programmers, and nothing of it belongs into the code
//! that a phone downloads. Its style is `protocol_page.css` in `style/work`.
//! Reading order: [`page`], one function for each chapter, then the small parts.

use crate::protocol::dialect::Dialect;
use crate::server::assets;
use crate::server::contract::doors::{DoorRow, guard_words};
use crate::server::contract::schema::{Row, Word};
use crate::server::contract::story::CHAPTERS;
use crate::server::contract::{Contract, VERSION, dialects};

/// The whole page.
pub fn page(contract: &Contract) -> String {
    let chapters = [
        ("conversation", "The conversation", conversation()),
        ("sockets", "Sockets", sockets(contract)),
        ("asked", "What a client may say", words(&contract.asked, "asked")),
        ("told", "What the server says", words(&contract.told, "told")),
        ("types", "Types that messages share", types(contract)),
        ("closes", "How connections end", closes(contract)),
        ("refusals", "Why commands are refused", refusals(contract)),
        ("limits", "Limits", limits(contract)),
        ("dialects", "Dialects", dialect_table(contract)),
    ];
    let contents: String =
        chapters.iter().map(|(id, title, _)| format!("<li><a href=\"#{id}\">{title}</a></li>")).collect();
    let body: String = chapters
        .iter()
        .map(|(id, title, text)| {
            format!(
                "<section id=\"{id}\" aria-labelledby=\"{id}-title\"><h2 id=\"{id}-title\">{title}</h2>{text}</section>"
            )
        })
        .collect();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>The protocol · Podium</title>\
         <link rel=\"icon\" href=\"favicon.svg\" type=\"image/svg+xml\">\
         <link rel=\"stylesheet\" href=\"{style}/podium.css\"><link rel=\"stylesheet\" href=\"work.css\"></head>\
         <body><a class=\"skip-link\" href=\"#content\">Skip to the content</a>\
         <main class=\"protocol-page\" id=\"content\" data-theme=\"auto\">\
         <h1>The protocol</h1>\
         <p class=\"lead\">How programs talk to this server, version {VERSION}. \
         The same as <a href=\"ws/asyncapi.json\">an AsyncAPI document</a>, with a JSON schema for each message. \
         Check a server or a client of yours with <code>podium conform</code>.</p>\
         <nav aria-label=\"Contents\"><ul class=\"contents\">{contents}</ul></nav>{body}</main></body></html>\n",
        // Beside the page, wherever a proxy has put both.
        style = assets::folder_address().trim_start_matches('/'),
    )
}

fn conversation() -> String {
    let chapter = |(title, says): &(&str, &[&str])| {
        let paragraphs: String = says.iter().map(|text| format!("<p>{}</p>", marked(text))).collect();
        format!("<h3>{}</h3>{paragraphs}", escaped(title))
    };
    CHAPTERS.iter().map(chapter).collect()
}

fn sockets(contract: &Contract) -> String {
    let door = |door: &DoorRow| {
        let query: String = door
            .query
            .iter()
            .map(|(name, says)| format!("<dt><code>{}</code></dt><dd>{}</dd>", escaped(name), escaped(says)))
            .collect();
        let query = if query.is_empty() { query } else { format!("<p>In the query:</p><dl>{query}</dl>") };
        format!(
            "<h3><code>{}</code></h3><p>{}</p><p>Opened by {}. Without <code>podium.v1</code> it speaks {}.</p>{query}",
            escaped(door.path),
            marked(door.says),
            escaped(guard_words(door.guard)),
            dialects::name(door.dialect),
        )
    };
    contract.doors.iter().map(door).collect()
}

fn words(words: &[Word], way: &str) -> String {
    words.iter().map(|word| of_word(word, way)).collect()
}

fn of_word(word: &Word, way: &str) -> String {
    let schema = pretty(&word.schema);
    let row = word.row.as_ref().map(|row| of_row(row, way)).unwrap_or_default();
    format!(
        "<article id=\"{way}-{name}\"><h3><code>{name}</code></h3><p>{says}</p>{row}\
         <details><summary>JSON schema</summary>{schema}</details></article>",
        name = escaped(&word.name),
        says = marked(&word.says),
    )
}

fn of_row(row: &Row, way: &str) -> String {
    let (verb, names) = match way {
        "asked" => ("from", also(row.also)),
        _ => ("to", spoken(row)),
    };
    let example = pretty(&row.frame());
    format!("<p class=\"facts\">{} {verb} {}.{names}</p>{example}", capital(row.class.name()), escaped(row.who))
}

fn also(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("<code>{}</code>", escaped(name))).collect();
    if names.is_empty() { String::new() } else { format!(" Also understood as {}.", names.join(", ")) }
}

/// The dialects that say it by another name, or not at all.
fn spoken(row: &Row) -> String {
    let canonical = row.frame()["type"].clone();
    let other = |dialect: Dialect| {
        let names: Vec<String> = row
            .spoken(dialect)
            .iter()
            .filter_map(|frame| frame["type"].as_str().map(|name| format!("<code>{}</code>", escaped(name))))
            .collect();
        match row.spoken(dialect).first() {
            None => Some(format!(" {} does not say it.", dialects::name(dialect))),
            Some(frame) if frame["type"] == canonical => None,
            Some(_) => Some(format!(" {} says {}.", dialects::name(dialect), names[0])),
        }
    };
    Dialect::ALL.into_iter().filter_map(other).collect()
}

fn types(contract: &Contract) -> String {
    let one = |(name, schema): (&String, &serde_json::Value)| {
        let says = schema["description"].as_str().map(marked).unwrap_or_default();
        format!("<details><summary><code>{}</code></summary><p>{says}</p>{}</details>", escaped(name), pretty(schema))
    };
    let all: String = contract.schemas.iter().map(one).collect();
    format!("<p>A schema names them as <code>#/components/schemas/…</code>.</p>{all}")
}

fn closes(contract: &Contract) -> String {
    let rows = contract.closes.iter().map(|row| {
        let back = if row.close.is_final() { "no" } else { "yes" };
        [row.close.code().to_string(), escaped(row.close.reason()), back.to_owned(), marked(row.next)]
    });
    table(["Code", "Reason", "Come back by yourself", "What to do"], rows)
}

fn refusals(contract: &Contract) -> String {
    let rows = contract.refusals.iter().map(|row| {
        let again = if row.recoverable { "yes" } else { "no" };
        [format!("<code>{}</code>", row.code), escaped(&row.error), again.to_owned(), escaped(row.help)]
    });
    table(["Code", "Sentence", "Another try may succeed", "Help"], rows)
}

fn limits(contract: &Contract) -> String {
    let rows = contract.limits.iter().map(|row| {
        let bounds = format!("{} to {}", row.least, row.most);
        [escaped(row.says), row.default.to_string(), bounds, format!("<code>{}</code>", row.variable)]
    });
    let table = table(["What", "Default", "May be set", "Variable"], rows);
    format!("<p>What this server enforces now stands in <a href=\"ws/config\"><code>/ws/config</code></a>.</p>{table}")
}

fn dialect_table(contract: &Contract) -> String {
    let rows = contract.dialects.iter().map(|row| {
        let names: Vec<String> = row
            .names
            .iter()
            .map(|(canonical, own)| format!("<code>{own}</code> for <code>{canonical}</code>"))
            .collect();
        let names = if names.is_empty() { "its types".to_owned() } else { names.join(", ") };
        [dialects::name(row.dialect).to_owned(), marked(&row.place), row.clock.to_owned(), names]
    });
    table(["Dialect", "Data", "Timestamp", "Own names"], rows)
}

/// A table that is scrolled by itself where it is too wide, also with the keyboard.
fn table(head: [&str; 4], rows: impl Iterator<Item = [String; 4]>) -> String {
    let head: String = head.map(|name| format!("<th scope=\"col\">{name}</th>")).concat();
    let row = |[first, rest @ ..]: [String; 4]| {
        let rest = rest.map(|cell| format!("<td>{cell}</td>")).concat();
        format!("<tr><th scope=\"row\">{first}</th>{rest}</tr>")
    };
    let rows: String = rows.map(row).collect();
    format!(
        "<div class=\"wide\" tabindex=\"0\"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
}

fn pretty(value: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(value).expect("a value is JSON");
    format!("<pre tabindex=\"0\"><code>{}</code></pre>", escaped(&text))
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    format!("{}{rest}", first.to_ascii_uppercase())
}

/// A text as HTML, what stands in backticks as code.
fn marked(text: &str) -> String {
    let parts = escaped(text);
    let parts = parts.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_becomes_a_tag() {
        assert_eq!(marked("`a<b>` & \"c\""), "<code>a&lt;b&gt;</code> &amp; &quot;c&quot;");
    }
}
