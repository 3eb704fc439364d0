//! The command line: `serve`, which is also what happens without a command, and later the operator's commands.
//!
//! It parses and hands over; what a command does lives in the module it calls.

use clap::{Parser, Subcommand};

use podium::{serve, server::config::Config};

/// A self-hosted live quiz and timed-session platform: one program, one data folder.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    config: Config,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the pages and the rooms (what happens without a command)
    Serve(Config),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Serve(config)) => serve::run(config).await,
        None => serve::run(cli.config).await,
    }
}
