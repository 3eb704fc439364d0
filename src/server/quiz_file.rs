//! Quizzes as files: our own JSON, whole, and tables with a question in each row, as CSV or XLSX.
//!
//! Of a table every row that cannot be played is named with what is wrong; what then comes in is the caller's choice.
//!
//! Reading order: [`read`], [`written`].

use thiserror::Error;

use crate::domain::question::{AnswerOption, OPTIONS_MAX, Question, QuestionKind};
use crate::domain::quiz::{QUESTIONS_MAX, Quiz};
use crate::server::table_file::{Bounds, TableTrouble, TakeRow, each_row};

/// Bytes of a file: the largest quiz, many times over.
pub const FILE_BYTES_MAX: usize = 16 * 1_048_576;
/// Rows that may stand above the heading, where other programs' templates explain themselves.
const ABOVE_HEADING: usize = 20;
/// The columns of a table, as they are documented.
pub const HEADING: &str = "kind,prompt,option 1,option 2,option 3,option 4,right,seconds,points,explanation,topic";

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The quiz, with those questions that can be played.
    pub quiz: Quiz,
    /// Rows of a table, or questions of our JSON, that cannot: the number of each, counted from 1, and why.
    pub wrong: Vec<(usize, String)>,
}

/// Why a file as a whole cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QuizTrouble {
    /// Nothing can be asked from it.
    #[error("there is no question in the file; its first row names the columns: {HEADING}")]
    Empty,
    /// No row names the columns.
    #[error("no row names the columns prompt and option 1; the first row should read: {HEADING}")]
    NoHeading,
    /// Two columns are the same.
    #[error("two columns are called {0}")]
    Twice(String),
    /// It is JSON of something else.
    #[error("the file is no quiz that podium quiz export wrote: {0}")]
    NoQuiz(String),
    /// It has too many questions or texts that are far too long.
    #[error("{0}")]
    TooLarge(String),
    /// It is no table.
    #[error(transparent)]
    Table(#[from] TableTrouble),
}

/// What a table does not say of itself.
#[derive(Clone, Debug)]
pub struct About {
    /// What the quiz is called.
    pub title: String,
    /// Its language, as a BCP 47 tag.
    pub language: String,
}

/// Reads a file, whole before anything of it is kept. `about` says what a table does not; our JSON says it itself.
///
/// # Errors
/// [`QuizTrouble`] if nothing of it can be used.
pub fn read(bytes: &[u8], about: About) -> Result<Found, QuizTrouble> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(TableTrouble::TooLarge(FILE_BYTES_MAX).into());
    }
    let begin = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    let found = if begin.starts_with(b"{") { of_json(begin)? } else { of_table(bytes, about)? };
    match found.quiz.too_large() {
        Some(why) => Err(QuizTrouble::TooLarge(why)),
        None => Ok(found),
    }
}

/// A quiz as the file that [`read`] takes back whole.
///
/// # Panics
/// Never: a quiz is plain data.
pub fn written(quiz: &Quiz) -> String {
    let json = serde_json::to_string_pretty(quiz).expect("a quiz is plain data");
    format!("{json}\n")
}

fn of_json(bytes: &[u8]) -> Result<Found, QuizTrouble> {
    let quiz: Quiz = serde_json::from_slice(bytes).map_err(|why| QuizTrouble::NoQuiz(why.to_string()))?;
    if let Some(why) = quiz.too_large() {
        return Err(QuizTrouble::TooLarge(why));
    }
    let Quiz { title, description, language, questions } = quiz.cleaned();
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for (number, question) in (1..).zip(questions) {
        match problems(&question) {
            None => good.push(question),
            Some(why) => wrong.push((number, why)),
        }
    }
    Ok(Found { quiz: Quiz { title, description, language, questions: good }, wrong })
}

fn of_table(bytes: &[u8], about: About) -> Result<Found, QuizTrouble> {
    let (mut columns, mut above, mut questions, mut wrong) = (None, 0, Vec::new(), Vec::new());
    let take: TakeRow<'_, QuizTrouble> = &mut |row, cells| {
        let Some(columns) = &columns else {
            columns = Columns::of(cells)?;
            above += 1;
            return if columns.is_none() && above > ABOVE_HEADING { Err(QuizTrouble::NoHeading) } else { Ok(()) };
        };
        match columns.question(cells) {
            Ok(question) => questions.push(question),
            Err(why) => wrong.push((row, why)),
        }
        if questions.len() > QUESTIONS_MAX {
            let why = format!("a quiz can have {QUESTIONS_MAX} questions at most");
            return Err(QuizTrouble::TooLarge(why));
        }
        Ok(())
    };
    each_row(bytes, Bounds { bytes: FILE_BYTES_MAX, rows: 10_000 }, take)?;
    if columns.is_none() {
        return Err(if above == 0 { QuizTrouble::Empty } else { QuizTrouble::NoHeading });
    }
    if questions.is_empty() && wrong.is_empty() {
        return Err(QuizTrouble::Empty);
    }
    let quiz = Quiz { title: about.title, description: String::new(), language: about.language, questions };
    Ok(Found { quiz: quiz.cleaned(), wrong })
}

/// What keeps a question from being played, in one line.
fn problems(question: &Question) -> Option<String> {
    let problems: Vec<String> = question.problems().into_iter().map(|problem| problem.text).collect();
    (!problems.is_empty()).then(|| problems.join(" "))
}

/// Where each column of a table stands.
#[derive(Default)]
struct Columns {
    kind: Option<usize>,
    prompt: Option<usize>,
    options: [Option<usize>; OPTIONS_MAX],
    right: Option<usize>,
    reading: Option<usize>,
    seconds: Option<usize>,
    points: Option<usize>,
    explanation: Option<usize>,
    topic: Option<usize>,
}

impl Columns {
    /// Finds them in a row; `None` if it is not the heading.
    fn of(row: &[String]) -> Result<Option<Self>, QuizTrouble> {
        let mut columns = Self::default();
        for (at, cell) in row.iter().enumerate() {
            if let Some(place) = columns.place(cell)
                && place.replace(at).is_some()
            {
                return Err(QuizTrouble::Twice(cell.trim().to_owned()));
            }
        }
        let is_heading = columns.prompt.is_some() && columns.options[0].is_some();
        Ok(is_heading.then_some(columns))
    }

    /// The place of the column that has this name, also as other programs' templates call it.
    fn place(&mut self, cell: &str) -> Option<&mut Option<usize>> {
        // "Answer 1 - max 75 characters", "Time limit (sec) – 5, 10, …": what is behind explains.
        let name = cell.split(['(', '–', '-']).next().unwrap_or_default().to_lowercase();
        let name: String = name.chars().filter(|letter| !letter.is_whitespace() && *letter != '_').collect();
        if let Some(number) = name.strip_prefix("option").or_else(|| name.strip_prefix("answer"))
            && let Ok(number) = number.parse::<usize>()
        {
            return self.options.get_mut(number.checked_sub(1)?);
        }
        match name.as_str() {
            "kind" | "type" => Some(&mut self.kind),
            "prompt" | "question" => Some(&mut self.prompt),
            "right" | "correct" | "key" | "correctanswer" | "correctanswers" | "rightanswer" | "rightanswers" => {
                Some(&mut self.right)
            }
            "reading" | "readingseconds" => Some(&mut self.reading),
            "seconds" | "time" | "timelimit" | "limit" => Some(&mut self.seconds),
            "points" => Some(&mut self.points),
            "explanation" => Some(&mut self.explanation),
            "topic" | "category" => Some(&mut self.topic),
            _ => None,
        }
    }

    /// The question of a row.
    fn question(&self, row: &[String]) -> Result<Question, String> {
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).map_or("", |cell| cell.trim());
        let texts: Vec<&str> = self.options.iter().map(|at| cell(*at)).collect();
        let count = texts.iter().rposition(|text| !text.is_empty()).map_or(0, |last| last + 1);
        let mut options: Vec<AnswerOption> =
            texts[..count].iter().map(|text| AnswerOption { text: (*text).to_owned(), is_right: false }).collect();
        let kind = kind_of(cell(self.kind))?;
        if kind == Some(QuestionKind::TrueFalse) && options.is_empty() {
            options = Question::blank(QuestionKind::TrueFalse).options;
        }
        let right = right_of(cell(self.right), &options)?;
        right.iter().for_each(|place| options[*place].is_right = true);
        let kind = kind.unwrap_or(if right.len() > 1 { QuestionKind::Multiple } else { QuestionKind::Single });
        let blank = Question::blank(kind);
        let question = Question {
            kind,
            prompt: cell(self.prompt).to_owned(),
            options,
            reading_ms: milliseconds(cell(self.reading), "reading")?.unwrap_or(Some(blank.reading_ms)).unwrap_or(0),
            limit_ms: milliseconds(cell(self.seconds), "seconds")?.unwrap_or(blank.limit_ms),
            points: match cell(self.points) {
                "" => blank.points,
                points => points.parse().map_err(|_| format!("points: {points:?} is no whole number."))?,
            },
            explanation: cell(self.explanation).to_owned(),
            topic: cell(self.topic).to_owned(),
        }
        .cleaned();
        match problems(&question) {
            None => Ok(question),
            Some(why) => Err(why),
        }
    }
}

/// The kind that a cell names; an empty one leaves it to the number of right answers.
fn kind_of(cell: &str) -> Result<Option<QuestionKind>, String> {
    let name: String = cell.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
    match name.as_str() {
        "" => Ok(None),
        "single" | "quiz" | "singlechoice" => Ok(Some(QuestionKind::Single)),
        "multiple" | "multiplechoice" | "multi" => Ok(Some(QuestionKind::Multiple)),
        "truefalse" | "trueorfalse" | "tf" => Ok(Some(QuestionKind::TrueFalse)),
        _ => Err(format!("kind: {cell:?} is none; write single, multiple or true_false.")),
    }
}

/// The places that a cell marks as right: numbers from 1, letters from A, or the very text of one option. Where it can be
/// read both ways and that makes a difference, nobody but its author knows which is meant.
fn right_of(cell: &str, options: &[AnswerOption]) -> Result<Vec<usize>, String> {
    let is_text = |option: &AnswerOption| !cell.is_empty() && option.text.eq_ignore_ascii_case(cell);
    match (marked(cell, options), options.iter().position(is_text)) {
        (Ok(places), Some(place)) if places.is_empty() => Ok(vec![place]),
        (Ok(places), Some(place)) if places != [place] => Err(two_readings(cell, &places, place)),
        (Ok(places), _) => Ok(places),
        (Err(_), Some(place)) => Ok(vec![place]),
        (Err(why), None) => Err(why),
    }
}

/// The places that a cell marks by numbers and letters.
fn marked(cell: &str, options: &[AnswerOption]) -> Result<Vec<usize>, String> {
    let marks = cell.split([',', ';', '|', ' ', '+']).filter(|mark| !mark.is_empty());
    let mut places = Vec::new();
    for mark in marks {
        let place = match mark.as_bytes() {
            [letter] if letter.is_ascii_alphabetic() => Some(usize::from(letter.to_ascii_uppercase() - b'A')),
            _ => mark.parse::<usize>().ok().and_then(|number| number.checked_sub(1)),
        };
        match place.filter(|place| *place < options.len()) {
            Some(place) => places.push(place),
            None => return Err(format!("right: {mark:?} is none of the {} options.", options.len())),
        }
    }
    places.sort_unstable();
    places.dedup();
    Ok(places)
}

/// What to write in place of a cell that marks some options and is the text of another one.
fn two_readings(cell: &str, places: &[usize], of_text: usize) -> String {
    let numbers = |places: &[usize]| places.iter().map(|place| (place + 1).to_string()).collect::<Vec<_>>().join(",");
    let letters = |places: &[usize]| {
        places.iter().filter_map(|place| ('A'..='Z').nth(*place)).map(String::from).collect::<Vec<_>>().join(",")
    };
    // The other kind of mark than the one that stands there.
    let is_number = cell.contains(|letter: char| letter.is_ascii_digit());
    let (by_mark, by_text) =
        if is_number { (letters(places), letters(&[of_text])) } else { (numbers(places), numbers(&[of_text])) };
    format!(
        "right: {cell:?} marks option {} and is the text of option {}; write {by_mark} or {by_text}, whichever you mean.",
        numbers(places),
        of_text + 1
    )
}

/// Seconds as milliseconds: nothing if the cell is empty, and no limit for 0 or `none`.
fn milliseconds(cell: &str, column: &str) -> Result<Option<Option<u32>>, String> {
    if cell.is_empty() {
        return Ok(None);
    }
    if cell == "0" || cell.eq_ignore_ascii_case("none") {
        return Ok(Some(None));
    }
    let seconds = cell.parse::<u32>().ok().and_then(|seconds| seconds.checked_mul(1_000));
    seconds.map(|ms| Some(Some(ms))).ok_or_else(|| format!("{column}: {cell:?} is no whole number of seconds."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::samples::samples;
    use crate::server::table_file::made::{row, workbook};

    fn about() -> About {
        About { title: "Space".to_owned(), language: "en".to_owned() }
    }

    fn table(rows: &str) -> Result<Found, QuizTrouble> {
        read(format!("{HEADING}\n{rows}").as_bytes(), about())
    }

    fn wrong(row: &str) -> String {
        let found = table(row).expect("a table");
        assert_eq!((found.quiz.questions.len(), found.wrong.len()), (0, 1), "{row}");
        format!("{}: {}", found.wrong[0].0, found.wrong[0].1)
    }

    #[test]
    fn every_quiz_comes_back_as_it_was_written() {
        for quiz in samples() {
            let found = read(written(&quiz).as_bytes(), about()).expect("a quiz");
            assert_eq!(found, Found { quiz, wrong: vec![] });
        }
    }

    #[test]
    fn a_table_has_a_question_in_each_row() {
        let found = table(
            "single,Which is red?,Mars,Venus,,,1,20,500,Rust.,Planets\n\
             multiple,Which are planets?,Mars,Sun,Venus,Moon,\"A, c\",none,,\n\
             true_false,Is water wet?,,,,,true,,,\n\
             ,Which is largest?,Mars,Jupiter,,,jupiter,0,0,\n\
             ,Which two?,a,b,c,,3 1,,,\n",
        )
        .expect("a table");
        assert_eq!(found.wrong, []);
        let questions: Vec<_> = found
            .quiz
            .questions
            .iter()
            .map(|question| {
                (question.kind, question.key().places().collect::<Vec<_>>(), question.limit_ms, question.points)
            })
            .collect();
        use QuestionKind::{Multiple, Single, TrueFalse};
        let expected = [
            (Single, vec![0], Some(20_000), 500),
            (Multiple, vec![0, 2], None, 1_000),
            (TrueFalse, vec![0], Some(20_000), 1_000),
            (Single, vec![1], None, 0),
            (Multiple, vec![0, 2], Some(20_000), 1_000),
        ];
        assert_eq!(questions, expected);
        assert_eq!((found.quiz.title.as_str(), found.quiz.problems().len()), ("Space", 0));
        assert_eq!(found.quiz.questions[0].explanation, "Rust.");
        assert_eq!(found.quiz.questions[0].topic, "Planets");
    }

    #[test]
    fn another_programs_template_is_understood_below_its_own_words() {
        let heading = [
            "",
            "Question - max 120 characters",
            "Answer 1 - max 75 characters",
            "Answer 2 - max 75 characters",
            "Time limit (sec) – 5, 10, 20, 30, 60, 90, 120, or 240 secs",
            "Correct answer(s) - choose at least one",
        ];
        let rows = [
            row(1, &["A quiz template"]),
            row(3, &["Add questions below"]),
            row(8, &heading),
            row(9, &["1", "Which is red?", "Mars", "Venus", "30", "1"]),
        ];
        let found = read(&workbook(&rows.concat()), about()).expect("a table");
        assert_eq!((found.quiz.questions.len(), found.wrong.len()), (1, 0), "{:?}", found.wrong);
        assert_eq!((found.quiz.questions[0].limit_ms, found.quiz.questions[0].options.len()), (Some(30_000), 2));
    }

    #[test]
    fn a_row_that_cannot_be_played_says_why() {
        assert_eq!(wrong("single,Which?,Mars,Venus,,,3,,,"), "2: right: \"3\" is none of the 2 options.");
        assert_eq!(wrong("single,Which?,Mars,Venus,,,,,,"), "2: Mark at least one answer as right.");
        assert_eq!(wrong("single,,Mars,Venus,,,1,,,"), "2: Write the question.");
        assert_eq!(wrong("single,Which?,Mars,,,,1,,,"), "2: Give 2 to 10 answers.");
        assert_eq!(
            wrong("riddle,Which?,Mars,Venus,,,1,,,"),
            "2: kind: \"riddle\" is none; write single, multiple or true_false."
        );
        assert_eq!(wrong("single,Which?,Mars,Venus,,,1,soon,,"), "2: seconds: \"soon\" is no whole number of seconds.");
        assert!(wrong("single,Which?,Mars,Venus,,,1,4,,").starts_with("2: Choose a time limit of 5 to 600 seconds"));
        assert_eq!(wrong("single,Which?,Mars,Venus,,,1,,many,"), "2: points: \"many\" is no whole number.");
        assert!(wrong("single,Which?,Mars,Venus,,,1,,10001,").starts_with("2: A question can give 10000 points"));
        assert_eq!(wrong("true_false,Which?,a,b,c,,1,,,"), "2: Give 2 to 10 answers.");
        let mut quiz = samples().remove(0);
        quiz.questions[2].prompt.clear();
        let found = read(written(&quiz).as_bytes(), about()).expect("a quiz");
        assert_eq!(found.wrong, [(3, "Write the question.".to_owned())]);
        assert_eq!(found.quiz.questions.len(), quiz.questions.len() - 1);
    }

    #[test]
    fn what_can_be_read_as_two_different_keys_is_refused_and_what_cannot_is_taken() {
        for (row, why) in [
            ("single,1 + 2?,2,3,4,5,2", "\"2\" marks option 2 and is the text of option 1; write B or A"),
            ("single,Which?,B,A,,,a", "\"a\" marks option 1 and is the text of option 2; write 1 or 2"),
            (
                "single,Which?,1,2,3,\"1, 2\",\"1, 2\"",
                "\"1, 2\" marks option 1,2 and is the text of option 4; write A,B or D",
            ),
        ] {
            assert_eq!(wrong(row), format!("2: right: {why}, whichever you mean."));
        }
        for (row, places) in [
            ("single,1 + 2?,2,3,4,5,b", vec![1]),
            ("single,1 + 1?,1,2,3,4,2", vec![1]),
            ("single,3 + 4?,5,6,7,8,7", vec![2]),
            ("single,Which sign?,-,+,,,+", vec![1]),
            ("single,Which type?,O positive,A positive,,,a positive", vec![1]),
        ] {
            let found = table(row).expect("a table");
            assert_eq!(found.wrong, [], "{row}");
            assert_eq!(found.quiz.questions[0].key().places().collect::<Vec<_>>(), places, "{row}");
        }
    }

    #[test]
    fn a_file_that_is_no_quiz_is_told_so() {
        let read = |bytes: &[u8]| read(bytes, about());
        assert_eq!(read(b""), Err(QuizTrouble::Empty));
        assert_eq!(read(HEADING.as_bytes()), Err(QuizTrouble::Empty));
        assert_eq!(read(b"first_name,email\nAda,a@b\n"), Err(QuizTrouble::NoHeading));
        assert_eq!(read(b"prompt,option 1,Question\n"), Err(QuizTrouble::Twice("Question".to_owned())));
        assert!(matches!(read(b"{\"a\":1}"), Err(QuizTrouble::NoQuiz(_))));
        assert!(matches!(read(b"{"), Err(QuizTrouble::NoQuiz(_))));
        assert!(matches!(read(b"%PDF-"), Err(QuizTrouble::Table(TableTrouble::Other(_)))));
        let above = "x\n".repeat(ABOVE_HEADING + 1);
        assert_eq!(read(format!("{above}{HEADING}\n").as_bytes()), Err(QuizTrouble::NoHeading));
        let rows = |count: usize| format!("{HEADING}\n{}", "single,Which?,Mars,Venus,,,1,,,\n".repeat(count));
        assert_eq!(read(rows(QUESTIONS_MAX).as_bytes()).map(|found| found.quiz.questions.len()), Ok(QUESTIONS_MAX));
        assert!(matches!(read(rows(QUESTIONS_MAX + 1).as_bytes()), Err(QuizTrouble::TooLarge(_))));
        let large = Err(QuizTrouble::Table(TableTrouble::TooLarge(FILE_BYTES_MAX)));
        assert_eq!(read(&vec![b' '; FILE_BYTES_MAX + 1]), large);
    }
}
