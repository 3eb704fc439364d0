//! Quizzes from the command line: a file comes in, a quiz goes out. All of it works beside a running server.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::commands::org::Whose;
use crate::commands::output::Output;
use crate::commands::people::{made, read};
use crate::domain::ids::{OrganisationId, QuizId};
use crate::domain::quiz::Quiz;
use crate::server::clock::Clock;
use crate::server::config::Place;
use crate::server::quiz_file::{self, About, Found};
use crate::server::store::quiz::QuizRow;
use crate::server::store::{Store, StoreError};

/// What can be done with quizzes.
#[derive(Debug, Subcommand)]
pub enum QuizCommand {
    /// Take in a quiz: JSON that podium quiz export wrote, or a CSV or XLSX table with a question in each row
    #[command(after_help = AFTER_HELP)]
    Import(Import),
    /// Write a quiz as JSON
    Export(Export),
    /// List the quizzes of an organisation
    List(List),
}

/// How a table has to look.
const AFTER_HELP: &str = "The first row of a table names the columns, in any order:
  kind          single, multiple or true_false; without it the number of right options decides
  prompt        the question
  option 1 …    up to ten options; true_false needs none
  right         numbers or letters of the right options (2, or A,C), or the text of one
  seconds       time limit, 5 to 600, or none; 20 where it is empty
  points        0 to 10000; 1000 where it is empty
  explanation   shown after the reveal
  topic         what it is about; results are told by topic as well";

/// A quiz that comes in.
#[derive(Args, Debug)]
pub struct Import {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// Whose quiz it will be
    #[command(flatten)]
    pub whose: Whose,
    /// The file
    pub file: PathBuf,
    /// Title of a quiz that comes as a table; the file's name unless this says otherwise
    #[arg(long)]
    pub title: Option<String>,
    /// Language of a quiz that comes as a table
    #[arg(long, default_value = "en", value_parser = language)]
    pub language: String,
    /// Leave out what cannot be played, in place of taking in nothing
    #[arg(long)]
    pub skip_bad: bool,
    /// For whom the result is printed
    #[command(flatten)]
    pub output: Output,
}

/// A quiz that goes out.
#[derive(Args, Debug)]
pub struct Export {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// Whose quiz it is
    #[command(flatten)]
    pub whose: Whose,
    /// Its id
    pub id: QuizId,
    /// The file; without it the quiz is printed
    pub file: Option<PathBuf>,
}

/// All of them.
#[derive(Args, Debug)]
pub struct List {
    /// Where everything is kept
    #[command(flatten)]
    pub place: Place,
    /// Whose quizzes
    #[command(flatten)]
    pub whose: Whose,
    /// For whom the result is printed
    #[command(flatten)]
    pub output: Output,
}

impl QuizCommand {
    /// Does it, and says what was done.
    ///
    /// # Errors
    /// One line that says how to mend it; nothing was changed.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Import(import) => import.run().await,
            Self::Export(export) => export.run().await,
            Self::List(list) => list.run().await,
        }
    }
}

impl Import {
    async fn run(self) -> anyhow::Result<()> {
        let title = self.title.clone().unwrap_or_else(|| stem(&self.file));
        let about = About { title, language: self.language.clone() };
        let found = quiz_file::read(&read(&self.file)?, about).with_context(|| self.file.display().to_string())?;
        let Found { quiz, wrong } = found;
        for (number, why) in &wrong {
            eprintln!("{number}: {why}");
        }
        ensure!(
            wrong.is_empty() || self.skip_bad,
            "{} rows or questions cannot be played, so nothing was taken in; mend them, or leave them out with --skip-bad",
            wrong.len()
        );
        if let Some(problem) = quiz.problems().first() {
            bail!("nothing was taken in: {problem}");
        }
        let store = Store::open_beside(&self.place.data_dir).await?;
        let added = self.add(&store, &quiz).await;
        store.close().await;
        let id = added?;
        let (count, left_out) = (quiz.questions.len(), wrong.len());
        let skipped = if left_out > 0 { format!(" {left_out} were left out.") } else { String::new() };
        let words = format!("Quiz {id} is {} with {count} questions.{skipped}", quiz.title);
        let rows: Vec<_> = wrong.iter().map(|(number, why)| json!({ "number": number, "why": why })).collect();
        self.output.print(&words, &json!({ "id": id, "title": quiz.title, "questions": count, "wrong": rows }));
        Ok(())
    }

    async fn add(&self, store: &Store, quiz: &Quiz) -> anyhow::Result<QuizId> {
        let organisation = self.whose.find(store).await?;
        let clock = Clock::start(store.last_at_ms().await?);
        store.add_quiz(organisation, quiz.clone(), clock.now()).await.context("the quiz was not taken in")
    }
}

impl Export {
    async fn run(self) -> anyhow::Result<()> {
        let store = Store::open_beside(&self.place.data_dir).await?;
        let found = find(&store, self.whose, self.id).await;
        store.close().await;
        let (_, quiz) = found?;
        let text = quiz_file::written(&quiz);
        match &self.file {
            Some(file) => made(file)?.write_all(text.as_bytes())?,
            None => io::stdout().lock().write_all(text.as_bytes())?,
        }
        Ok(())
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let store = Store::open_beside(&self.place.data_dir).await?;
        let rows = self.rows(&store).await;
        store.close().await;
        let rows = rows?;
        let line = |row: &QuizRow| {
            let state = match row.problem_count {
                0 => String::new(),
                count => format!(", not finished ({count} problems)"),
            };
            format!("{}\t{}\t{} questions{state}", row.id, row.title, row.question_count)
        };
        let words = match rows.len() {
            0 => "There is no quiz yet; podium quiz import takes one in.".to_owned(),
            _ => rows.iter().map(line).collect::<Vec<_>>().join("\n"),
        };
        let json: Vec<_> = rows
            .iter()
            .map(|row| {
                json!({
                    "id": row.id, "title": row.title, "language": row.language, "questions": row.question_count,
                    "problems": row.problem_count, "changed_at": row.changed_at.to_string(),
                })
            })
            .collect();
        self.output.print(&words, &json!(json));
        Ok(())
    }

    async fn rows(&self, store: &Store) -> anyhow::Result<Vec<QuizRow>> {
        Ok(store.quizzes(self.whose.find(store).await?).await?)
    }
}

/// A quiz, and whose it is.
pub(super) async fn find(store: &Store, whose: Whose, id: QuizId) -> anyhow::Result<(OrganisationId, Quiz)> {
    let organisation = whose.find(store).await?;
    match store.quiz(organisation, id).await {
        Ok((quiz, _)) => Ok((organisation, quiz)),
        Err(StoreError::NotFound) => bail!("there is no quiz {id}; podium quiz list shows them all"),
        Err(why) => Err(why.into()),
    }
}

fn stem(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn language(typed: &str) -> Result<String, String> {
    if Quiz::is_language(typed) {
        Ok(typed.to_owned())
    } else {
        Err("write a language tag, like en or de-AT".to_owned())
    }
}
