//! The pages, one file each. A page sets its title, loads what it shows and knows nothing of other pages.

pub mod account;
pub mod accounts;
pub mod audit;
pub mod connections;
pub mod dashboard;
pub mod host;
pub mod join;
pub mod login;
pub mod not_found;
pub mod notices;
pub mod people;
pub mod people_import;
pub mod person;
pub mod play;
pub mod quiz_editor;
pub mod quizzes;
pub mod seat;
pub mod session_host;
pub mod session_invite;
pub mod session_new;
pub mod session_result;
pub mod sessions;
pub mod setup;
pub mod stage;
pub mod timed_seat;
pub mod welcome;
