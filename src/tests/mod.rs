//! The whole house through its front door, and the rules that the source itself keeps.
//!
//! Tests of one noun stand next to it; here stand those that need the house running, or that read all of the source.

#[cfg(feature = "ssr")]
mod accounts;
#[cfg(feature = "ssr")]
mod audit;
#[cfg(feature = "ssr")]
mod chat;
#[cfg(feature = "ssr")]
mod colleagues;
#[cfg(feature = "ssr")]
mod command_line;
#[cfg(feature = "ssr")]
mod conform;
#[cfg(feature = "ssr")]
mod contract;
#[cfg(feature = "ssr")]
mod doors;
#[cfg(feature = "ssr")]
mod endurance;
#[cfg(feature = "ssr")]
mod faults;
#[cfg(feature = "ssr")]
mod garbage;
#[cfg(feature = "ssr")]
mod house;
#[cfg(feature = "ssr")]
mod issuer;
#[cfg(feature = "ssr")]
mod messages;
#[cfg(feature = "ssr")]
mod metrics;
#[cfg(feature = "ssr")]
mod openid;
#[cfg(feature = "ssr")]
mod operators;
#[cfg(feature = "ssr")]
mod patience;
#[cfg(feature = "ssr")]
mod people;
#[cfg(feature = "ssr")]
mod proxy;
#[cfg(feature = "ssr")]
mod raw;
#[cfg(feature = "ssr")]
mod readme;
#[cfg(feature = "ssr")]
mod roles;
#[cfg(feature = "ssr")]
mod rooms;
#[cfg(feature = "ssr")]
mod secrets;
#[cfg(feature = "ssr")]
mod seeds;
#[cfg(feature = "ssr")]
mod simulation;
#[cfg(feature = "ssr")]
mod sockets;
#[cfg(feature = "ssr")]
mod stopping;
mod tidy;
#[cfg(feature = "ssr")]
mod timed;
#[cfg(feature = "ssr")]
mod tokens;
