//! Answers that the server has not acknowledged survive a reload of their tab.
//!
//! Nothing else is kept in the browser. Where storage is switched off, nothing is kept and everything else works.

use web_sys::Storage;

use crate::client::dom::window;
use crate::domain::code::JoinCode;
use crate::domain::ids::CommandId;
use crate::protocol::command::Answer;

/// The answers that this tab kept for a room, oldest first.
pub fn kept_answers(code: JoinCode) -> Vec<(CommandId, Answer)> {
    let text = storage().and_then(|storage| storage.get_item(&key(code)).ok().flatten());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Keeps these answers for a room in place of those before.
pub fn keep_answers(code: JoinCode, answers: &[(CommandId, Answer)]) {
    let Some(storage) = storage() else { return };
    // A full or forbidden storage costs only the survival of a reload.
    let _ = match serde_json::to_string(answers) {
        Ok(text) if !answers.is_empty() => storage.set_item(&key(code), &text),
        Ok(_) | Err(_) => storage.remove_item(&key(code)),
    };
}

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

fn key(code: JoinCode) -> String {
    format!("podium.answers.{code}")
}
