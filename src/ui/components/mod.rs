//! The parts that pages are made of: each takes the data it shows and callbacks for what it asks.
//!
//! None of them knows the link or a resource. Each has its styles in the file of the same name under `style`.

pub mod admin_shell;
pub mod announcer;
pub mod answer_mark;
pub mod answer_tile;
pub mod badge;
pub mod chat_panel;
pub mod chat_unsent;
pub mod chip;
pub mod connection;
pub mod countdown;
pub mod device_sheet;
pub mod field;
pub mod form;
pub mod form_field;
pub mod host_asks;
pub mod host_chat;
pub mod host_glance;
pub mod host_next;
pub mod host_people;
pub mod host_share;
pub mod icon;
pub mod leaderboard;
pub mod logo;
pub mod play_chat;
pub mod play_end;
pub mod play_ended;
pub mod play_head;
pub mod play_lobby;
pub mod play_notice;
pub mod play_question;
pub mod play_result;
pub mod play_screen;
pub mod play_standing;
pub mod podium;
pub mod qr;
pub mod reorder;
pub mod room_card;
pub mod stage_fit;
pub mod stage_join;
pub mod stage_lobby;
pub mod stage_notice;
pub mod stage_question;
pub mod stage_ranks;
pub mod trouble;
