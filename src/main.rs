//! The command line: `serve`, which is also what happens without a command, and the operator's commands.
//!
//! It parses and hands over; what a command does lives in the module it calls. What goes wrong is said in one line.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tokio::runtime::Runtime;

use podium::bots::Crowd;
use podium::commands::admin::AdminCommand;
use podium::commands::backup::{Backup, Check, Restore};
use podium::commands::contract::Contract;
use podium::commands::healthcheck::Healthcheck;
use podium::commands::invite::Invite;
use podium::commands::org::OrgCommand;
use podium::commands::people::PeopleCommand;
use podium::commands::quiz::QuizCommand;
use podium::commands::room::RoomCommand;
use podium::conform::Conform;
use podium::server::config::{Settings, complaint, contradiction, second_names, second_names_given, unknown_variable};
use podium::{bots, conform, serve};

/// A self-hosted live quiz and timed-session platform: one program, one data folder.
#[derive(Parser)]
#[command(name = "podium", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the pages and the rooms (what happens without a command)
    Serve(Box<Settings>),
    /// Make accounts, give them other passwords and roles, remove them
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Make organisations, list, rename and remove them
    #[command(subcommand)]
    Org(OrgCommand),
    /// Take in quizzes, write and list them
    #[command(subcommand)]
    Quiz(QuizCommand),
    /// Open rooms
    #[command(subcommand)]
    Room(RoomCommand),
    /// Open a timed session from a quiz, invite people to it, and print their personal links
    Invite(Invite),
    /// Take in a list of people, or write it
    #[command(subcommand)]
    People(PeopleCommand),
    /// Write everything into one file, also while a server runs
    Backup(Backup),
    /// Put a backup back into a folder that no server uses
    Restore(Restore),
    /// Look through everything: files, what belongs to what, and whether every session can be read whole
    Check(Check),
    /// Let simulated players play in a room
    Bots(Crowd),
    /// Print how programs talk to this server, as an AsyncAPI document
    Contract(Contract),
    /// Check a server, or with --serve a client, against the written contract
    Conform(Conform),
    /// Ask a running server whether it is ready
    Healthcheck(Healthcheck),
}

/// Work that is under way in other threads when everything else has ended gets this long.
const LAST_WORK: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let ended = Runtime::new().context("no threads can be started").and_then(|runtime| {
        let ended = runtime.block_on(run());
        runtime.shutdown_timeout(LAST_WORK);
        ended
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("podium: {why:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    if let Some(complaint) = unknown_variable(&Cli::command()) {
        anyhow::bail!(complaint);
    }
    let given = second_names_given();
    let command = second_names::apply(Cli::command(), &given);
    let command = command.mut_subcommand("serve", |serve| second_names::apply(serve, &given));
    let cli = command.try_get_matches().and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match cli {
        Ok(read) => read,
        // Help and version are no mistakes.
        Err(answer) if !answer.use_stderr() => answer.exit(),
        Err(mistake) => anyhow::bail!(complaint::in_one_line(&mistake)),
    };
    if let Some(complaint) = contradiction(&matches, &given) {
        anyhow::bail!(complaint);
    }
    match cli.command {
        Some(Command::Serve(settings)) => serve::run(settings.resolve().map_err(anyhow::Error::msg)?).await,
        Some(Command::Admin(command)) => command.run().await,
        Some(Command::Org(command)) => command.run().await,
        Some(Command::Quiz(command)) => command.run().await,
        Some(Command::Room(command)) => command.run().await,
        Some(Command::Invite(invite)) => invite.run().await,
        Some(Command::People(command)) => command.run().await,
        Some(Command::Backup(backup)) => backup.run().await,
        Some(Command::Restore(restore)) => restore.run().await,
        Some(Command::Check(check)) => check.run().await,
        Some(Command::Bots(crowd)) => bots::run(crowd).await,
        Some(Command::Contract(contract)) => contract.run(),
        Some(Command::Conform(check)) => conform::run(check).await,
        Some(Command::Healthcheck(check)) => check.run().await,
        None => serve::run(cli.settings.resolve().map_err(anyhow::Error::msg)?).await,
    }
}
