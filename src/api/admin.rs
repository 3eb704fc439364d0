//! Who is signed in, and what waits for a form that was sent back.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::ApiError;

/// The admin whose login this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Their organisation's name.
    pub organisation: String,
}

/// What a refused form had in it, so that nothing has to be typed again. Secrets are never kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// Field name and what was typed.
    pub values: Vec<(String, String)>,
    /// Field name (empty for the form as a whole) and what is wrong, in words.
    pub errors: Vec<(String, String)>,
}

impl Flash {
    /// What was typed into a field.
    pub fn value(&self, field: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }

    /// What is wrong with a field.
    pub fn error(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|(name, _)| name == field).map(|(_, error)| error.as_str())
    }
}
