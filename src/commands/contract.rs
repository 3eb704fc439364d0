//! Prints the written contract, so that a program can be made from it without a server that runs.

use std::io::{self, Write};

use anyhow::Context;
use clap::Args;

use crate::server::contract::answer;

/// The AsyncAPI document; it has no settings.
#[derive(Args, Debug)]
pub struct Contract {}

impl Contract {
    /// Prints it.
    ///
    /// # Errors
    /// When nobody reads what is printed.
    pub fn run(self) -> anyhow::Result<()> {
        io::stdout().write_all(answer::text().as_bytes()).context("the contract could not be printed")
    }
}
