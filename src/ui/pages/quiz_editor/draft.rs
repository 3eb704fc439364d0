//! The quiz on the desk: one signal for each thing that can be typed, so that a keystroke touches its own field and
//! nothing else.
//!
//! It knows what can be done to a quiz and where a problem sits; it does not know how a quiz is shown or saved.
//! Questions and options carry keys of the editor's own, which stay with them when they move.

use std::collections::HashSet;

use leptos::prelude::*;
use leptos::reactive::owner::WeakOwner;

use crate::domain::question::{
    AnswerOption, OPTIONS_MAX, OPTIONS_MIN, Question, QuestionField, QuestionKind, QuestionProblem,
};
use crate::domain::quiz::{QUESTIONS_MAX, Quiz, QuizField, QuizProblem};
use crate::ui::pages::quiz_editor::choices::true_and_false;
use crate::ui::pages::quiz_editor::spot::{Spot, Todo};

/// Names a question or an option while it is on the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u32);

/// A quiz on the desk. Cheap to copy: a handful of signals.
#[derive(Clone, Copy)]
pub struct Draft {
    /// The title.
    pub title: RwSignal<String>,
    /// The description.
    pub description: RwSignal<String>,
    /// The language, as a BCP 47 tag.
    pub language: RwSignal<String>,
    /// The questions, in order.
    pub questions: RwSignal<Vec<QuestionDraft>>,
    /// The quiz as it stands, put together from all signals.
    pub quiz: Memo<Quiz>,
    /// Everything that keeps it from being played, with the place of each.
    pub todos: Memo<Vec<Todo>>,
    /// Fields that somebody has left once: only there is it polite to say what is missing.
    visited: RwSignal<HashSet<Spot>>,
    desk: Desk,
}

/// A question on the desk.
#[derive(Clone, Copy)]
pub struct QuestionDraft {
    /// Its key.
    pub key: Key,
    /// How it is answered.
    pub kind: RwSignal<QuestionKind>,
    /// What is asked.
    pub prompt: RwSignal<String>,
    /// What can be chosen, in order.
    pub options: RwSignal<Vec<OptionDraft>>,
    /// The reading time in milliseconds.
    pub reading_ms: RwSignal<u32>,
    /// The time limit in milliseconds, or none.
    pub limit_ms: RwSignal<Option<u32>>,
    /// The points.
    pub points: RwSignal<u32>,
    /// The explanation.
    pub explanation: RwSignal<String>,
    /// The topic.
    pub topic: RwSignal<String>,
    /// The question as it stands.
    pub question: Memo<Question>,
    /// What keeps it from being played.
    pub problems: Memo<Vec<QuestionProblem>>,
    /// Options of the other form (choice, or true and false), kept in case the kind is changed back.
    set_aside: RwSignal<Vec<OptionDraft>>,
    desk: Desk,
}

/// An option on the desk.
#[derive(Clone, Copy, PartialEq)]
pub struct OptionDraft {
    /// Its key.
    pub key: Key,
    /// What it says.
    pub text: RwSignal<String>,
    /// Whether it is right.
    pub is_right: RwSignal<bool>,
}

/// A question that was taken out, and where it was.
#[derive(Clone, Copy)]
pub struct Removed {
    /// The question.
    pub question: QuestionDraft,
    /// Its place, from 0.
    pub place: usize,
}

/// Makes what lies on the desk: gives out keys, and lets signals live as long as the desk and not as the click that
/// asked for them.
#[derive(Clone, Copy)]
struct Desk {
    next: StoredValue<u32>,
    owner: StoredValue<Option<WeakOwner>>,
}

impl Desk {
    fn new() -> Self {
        Self { next: StoredValue::new(1), owner: StoredValue::new(Owner::current().map(|owner| owner.downgrade())) }
    }

    fn key(self) -> Key {
        self.next.try_update_value(|next| Key(std::mem::replace(next, *next + 1))).unwrap_or(Key(0))
    }

    fn keep<T>(self, make: impl FnOnce() -> T) -> T {
        match self.owner.try_get_value().flatten().and_then(|owner| owner.upgrade()) {
            Some(owner) => owner.with(make),
            None => make(),
        }
    }

    fn option(self, option: &AnswerOption) -> OptionDraft {
        let (text, is_right) = (option.text.clone(), option.is_right);
        self.keep(|| OptionDraft { key: self.key(), text: RwSignal::new(text), is_right: RwSignal::new(is_right) })
    }

    fn question(self, question: &Question) -> QuestionDraft {
        let options: Vec<_> = question.options.iter().map(|option| self.option(option)).collect();
        let from = question.clone();
        self.keep(move || QuestionDraft::lay_out(self, from, options))
    }
}

impl Draft {
    /// Lays a quiz on the desk. The signals live as long as the owner around the call.
    pub fn of(quiz: &Quiz) -> Self {
        let desk = Desk::new();
        let title = RwSignal::new(quiz.title.clone());
        let description = RwSignal::new(quiz.description.clone());
        let language = RwSignal::new(quiz.language.clone());
        let questions =
            RwSignal::new(quiz.questions.iter().map(|question| desk.question(question)).collect::<Vec<_>>());
        let quiz = Memo::new(move |_| Quiz {
            title: title.get(),
            description: description.get(),
            language: language.get(),
            questions: questions.with(|questions| questions.iter().map(|draft| draft.question.get()).collect()),
        });
        let todos = Memo::new(move |_| {
            let problems = quiz.with(Quiz::problems);
            questions.with(|questions| problems.into_iter().filter_map(|problem| todo(questions, problem)).collect())
        });
        Self { title, description, language, questions, quiz, todos, visited: RwSignal::default(), desk }
    }

    /// The place of a question, from 0.
    pub fn place_of(&self, key: Key) -> Option<usize> {
        self.questions.with(|questions| questions.iter().position(|question| question.key == key))
    }

    /// The question with this key.
    pub fn question(&self, key: Key) -> Option<QuestionDraft> {
        self.questions.with(|questions| questions.iter().find(|question| question.key == key).copied())
    }

    /// Whether another question fits in.
    pub fn has_room(&self) -> bool {
        self.questions.with(Vec::len) < QUESTIONS_MAX
    }

    /// Adds an empty question at the end, with times and points of the one before it.
    pub fn add(&self, kind: QuestionKind) -> QuestionDraft {
        let mut blank = Question::blank(kind);
        if let Some(last) = self.questions.get_untracked().last() {
            let last = last.question.get_untracked();
            (blank.reading_ms, blank.limit_ms, blank.points) = (last.reading_ms, last.limit_ms, last.points);
        }
        if kind == QuestionKind::TrueFalse {
            blank.options = true_and_false(&self.language.get_untracked());
        }
        let question = self.desk.question(&blank);
        self.questions.update(|questions| questions.push(question));
        question
    }

    /// Puts a copy of a question behind it.
    pub fn copy(&self, key: Key) -> Option<QuestionDraft> {
        let place = untrack(|| self.place_of(key))?;
        let original = self.questions.with_untracked(|questions| questions[place].question.get_untracked());
        let question = self.desk.question(&original);
        self.questions.update(|questions| questions.insert(place + 1, question));
        Some(question)
    }

    /// Takes a question out; [`Self::put_back`] undoes it.
    pub fn remove(&self, key: Key) -> Option<Removed> {
        let place = untrack(|| self.place_of(key))?;
        let question = self.questions.try_update(|questions| questions.remove(place))?;
        Some(Removed { question, place })
    }

    /// Puts a question back where it was, or at the end if there are fewer now.
    pub fn put_back(&self, removed: Removed) {
        self.questions.update(|questions| questions.insert(removed.place.min(questions.len()), removed.question));
    }

    /// Moves the question at one place to another.
    pub fn move_question(&self, from: usize, to: usize) {
        self.questions.update(|questions| shift(questions, from, to));
    }

    /// Changes how a question is answered. What was written as options of the other form is kept for the way back.
    pub fn set_kind(&self, question: QuestionDraft, kind: QuestionKind) {
        let was_choice = question.kind.get_untracked() != QuestionKind::TrueFalse;
        let is_choice = kind != QuestionKind::TrueFalse;
        question.kind.set(kind);
        if was_choice == is_choice {
            return;
        }
        let mut options = question.set_aside.get_untracked();
        if options.is_empty() {
            let fresh =
                if is_choice { Question::blank(kind).options } else { true_and_false(&self.language.get_untracked()) };
            options = fresh.iter().map(|option| self.desk.option(option)).collect();
        }
        question.set_aside.set(question.options.get_untracked());
        question.options.set(options);
    }

    /// Notes that somebody has left a field, so that from now on it says what is missing.
    pub fn visit(&self, spot: Spot) {
        if !self.visited.with_untracked(|visited| visited.contains(&spot)) {
            self.visited.update(|visited| {
                visited.insert(spot);
            });
        }
    }

    /// What to say at a field of the quiz as a whole.
    pub fn error_of_whole(&self, field: QuizField) -> Signal<Option<String>> {
        let (draft, spot) = (*self, Spot::Whole(field));
        Signal::derive(move || {
            let text = |todos: &Vec<Todo>| todos.iter().find(|todo| todo.spot == spot).map(|todo| todo.text.clone());
            draft.visited.with(|visited| visited.contains(&spot)).then(|| draft.todos.with(text)).flatten()
        })
    }

    /// What to say at a field of a question.
    pub fn error_at(&self, question: QuestionDraft, spot: Spot) -> Signal<Option<String>> {
        let draft = *self;
        Signal::derive(move || {
            let is_visited = draft.visited.with(|visited| visited.contains(&spot));
            is_visited.then(|| question.problem_at(spot)).flatten()
        })
    }
}

impl QuestionDraft {
    fn lay_out(desk: Desk, from: Question, options: Vec<OptionDraft>) -> Self {
        let kind = RwSignal::new(from.kind);
        let prompt = RwSignal::new(from.prompt);
        let options = RwSignal::new(options);
        let reading_ms = RwSignal::new(from.reading_ms);
        let limit_ms = RwSignal::new(from.limit_ms);
        let points = RwSignal::new(from.points);
        let explanation = RwSignal::new(from.explanation);
        let topic = RwSignal::new(from.topic);
        let question = Memo::new(move |_| Question {
            kind: kind.get(),
            prompt: prompt.get(),
            options: options.with(|options| options.iter().map(OptionDraft::option).collect()),
            reading_ms: reading_ms.get(),
            limit_ms: limit_ms.get(),
            points: points.get(),
            explanation: explanation.get(),
            topic: topic.get(),
        });
        let problems = Memo::new(move |_| question.with(Question::problems));
        let (key, set_aside) = (desk.key(), RwSignal::default());
        Self {
            key,
            kind,
            prompt,
            options,
            reading_ms,
            limit_ms,
            points,
            explanation,
            topic,
            question,
            problems,
            set_aside,
            desk,
        }
    }

    /// Whether another option fits in.
    pub fn has_room(&self) -> bool {
        self.kind.get() != QuestionKind::TrueFalse && self.options.with(Vec::len) < OPTIONS_MAX
    }

    /// Whether an option can be spared.
    pub fn can_spare(&self) -> bool {
        self.kind.get() != QuestionKind::TrueFalse && self.options.with(Vec::len) > OPTIONS_MIN
    }

    /// Adds an empty option at the end.
    pub fn add_option(&self) -> OptionDraft {
        let option = self.desk.option(&AnswerOption { text: String::new(), is_right: false });
        self.options.update(|options| options.push(option));
        option
    }

    /// Takes an option out and returns the key of the one that is now in its place, or of the last one.
    pub fn remove_option(&self, key: Key) -> Option<Key> {
        self.options.try_update(|options| {
            let place = options.iter().position(|option| option.key == key)?;
            options.remove(place);
            options.get(place).or(options.last()).map(|option| option.key)
        })?
    }

    /// Moves the option at one place to another.
    pub fn move_option(&self, from: usize, to: usize) {
        self.options.update(|options| shift(options, from, to));
    }

    /// Marks an option as right or not; of true and false only one is right.
    pub fn mark(&self, key: Key, is_right: bool) {
        let only_one = self.kind.get_untracked() == QuestionKind::TrueFalse;
        for option in self.options.get_untracked() {
            if option.key == key {
                option.is_right.set(is_right);
            } else if only_one && is_right && option.is_right.get_untracked() {
                option.is_right.set(false);
            }
        }
    }

    fn problem_at(&self, spot: Spot) -> Option<String> {
        let options = self.options.get();
        let is_here = |problem: &&QuestionProblem| self.spot(&options, problem.field) == Some(spot);
        self.problems.with(|problems| problems.iter().find(is_here).map(|problem| problem.text.clone()))
    }

    fn spot(&self, options: &[OptionDraft], field: QuestionField) -> Option<Spot> {
        Some(match field {
            QuestionField::Prompt => Spot::Prompt(self.key),
            QuestionField::Options => Spot::Options(self.key),
            QuestionField::Option(place) => Spot::Option(self.key, options.get(usize::from(place))?.key),
            QuestionField::Reading => Spot::Reading(self.key),
            QuestionField::Limit => Spot::Limit(self.key),
            QuestionField::Points => Spot::Points(self.key),
            QuestionField::Explanation => Spot::Explanation(self.key),
            QuestionField::Topic => Spot::Topic(self.key),
        })
    }
}

impl OptionDraft {
    fn option(&self) -> AnswerOption {
        AnswerOption { text: self.text.get(), is_right: self.is_right.get() }
    }
}

/// Moves one entry; places beyond the end mean the last one.
fn shift<T>(entries: &mut Vec<T>, from: usize, to: usize) {
    if from < entries.len() {
        let entry = entries.remove(from);
        entries.insert(to.min(entries.len()), entry);
    }
}

fn todo(questions: &[QuestionDraft], problem: QuizProblem) -> Option<Todo> {
    match problem {
        QuizProblem::Whole(field, text) => {
            Some(Todo { spot: Spot::Whole(field), question_no: None, option: None, text })
        }
        QuizProblem::Question(place, problem) => {
            let question = questions.get(usize::try_from(place).ok()?)?;
            let spot = question.spot(&question.options.get(), problem.field)?;
            let option = match problem.field {
                QuestionField::Option(option) => Some(option),
                QuestionField::Prompt
                | QuestionField::Options
                | QuestionField::Reading
                | QuestionField::Limit
                | QuestionField::Points
                | QuestionField::Explanation
                | QuestionField::Topic => None,
            };
            Some(Todo { spot, question_no: Some(place + 1), option, text: problem.text })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiz(prompts: &[&str]) -> Quiz {
        let question = |prompt: &&str| {
            let mut question = Question::blank(QuestionKind::Single);
            question.prompt = (*prompt).to_owned();
            for (option, text) in question.options.iter_mut().zip(["a", "b", "c", "d"]) {
                option.text = text.to_owned();
            }
            question.options[0].is_right = true;
            question
        };
        let questions = prompts.iter().map(question).collect();
        Quiz { title: "Title".to_owned(), description: String::new(), language: "de".to_owned(), questions }
    }

    fn prompts(draft: &Draft) -> Vec<String> {
        draft.quiz.get_untracked().questions.into_iter().map(|question| question.prompt).collect()
    }

    fn option_texts(question: QuestionDraft) -> Vec<String> {
        question.question.get_untracked().options.into_iter().map(|option| option.text).collect()
    }

    /// Lays a quiz with these prompts on the desk and hands it over.
    fn check(given: &[&str], test: impl FnOnce(Draft)) {
        let owner = Owner::new();
        owner.with(|| test(Draft::of(&quiz(given))));
    }

    #[test]
    fn what_is_laid_out_is_what_is_saved() {
        check(&["one", "two"], |draft| assert_eq!(draft.quiz.get_untracked(), quiz(&["one", "two"])));
    }

    #[test]
    fn a_removed_question_comes_back_to_its_place_with_its_key() {
        check(&["one", "two", "three"], |draft| {
            let key = draft.questions.get_untracked()[1].key;
            let removed = draft.remove(key).expect("it is there");
            assert_eq!(prompts(&draft), ["one", "three"]);
            draft.put_back(removed);
            assert_eq!(prompts(&draft), ["one", "two", "three"]);
            assert_eq!(draft.place_of(key), Some(1));
        });
    }

    #[test]
    fn a_copy_stands_behind_its_original_and_is_its_own() {
        check(&["one", "two"], |draft| {
            let original = draft.questions.get_untracked()[0];
            let copy = draft.copy(original.key).expect("it is there");
            copy.prompt.set("one again".to_owned());
            assert_eq!(prompts(&draft), ["one", "one again", "two"]);
            assert_ne!(copy.key, original.key);
        });
    }

    #[test]
    fn questions_and_options_keep_their_keys_when_they_move() {
        check(&["one", "two", "three"], |draft| {
            let key = draft.questions.get_untracked()[0].key;
            draft.move_question(0, 2);
            assert_eq!(prompts(&draft), ["two", "three", "one"]);
            assert_eq!(draft.place_of(key), Some(2));
            draft.move_question(2, 9);
            draft.move_question(9, 0);
            assert_eq!(prompts(&draft), ["two", "three", "one"]);

            let question = draft.questions.get_untracked()[0];
            question.move_option(3, 0);
            assert_eq!(option_texts(question), ["d", "a", "b", "c"]);
            assert_eq!(
                question.question.get_untracked().key().places().collect::<Vec<_>>(),
                [1],
                "the key moves along"
            );
        });
    }

    #[test]
    fn a_change_of_kind_and_back_loses_nothing() {
        check(&["one"], |draft| {
            let question = draft.questions.get_untracked()[0];
            draft.set_kind(question, QuestionKind::TrueFalse);
            assert_eq!(option_texts(question), ["Wahr", "Falsch"]);
            draft.set_kind(question, QuestionKind::Multiple);
            assert_eq!(option_texts(question), ["a", "b", "c", "d"]);
            assert_eq!(draft.quiz.get_untracked().problems(), []);
        });
    }

    #[test]
    fn of_true_and_false_one_is_right() {
        check(&[], |draft| {
            let question = draft.add(QuestionKind::TrueFalse);
            let keys: Vec<Key> = question.options.get_untracked().iter().map(|option| option.key).collect();
            question.mark(keys[0], true);
            question.mark(keys[1], true);
            assert_eq!(question.question.get_untracked().key().places().collect::<Vec<_>>(), [1]);
            assert!(!question.has_room() && !question.can_spare());
        });
    }

    #[test]
    fn a_new_question_takes_times_and_points_from_the_last_one() {
        check(&["one"], |draft| {
            let last = draft.questions.get_untracked()[0];
            last.limit_ms.set(None);
            last.points.set(500);
            let question = draft.add(QuestionKind::Single).question.get_untracked();
            assert_eq!((question.limit_ms, question.points), (None, 500));
        });
    }

    #[test]
    fn a_problem_is_told_at_its_field_once_that_was_left() {
        check(&["one"], |draft| {
            let question = draft.questions.get_untracked()[0];
            let spot = Spot::Option(question.key, question.options.get_untracked()[2].key);
            let error = draft.error_at(question, spot);
            question.options.get_untracked()[2].text.set(String::new());
            assert_eq!(error.get_untracked(), None);
            assert_eq!(draft.todos.get_untracked()[0].spot, spot);
            draft.visit(spot);
            assert_eq!(error.get_untracked().as_deref(), Some("Write this answer or remove it."));
            question.move_option(2, 0);
            assert!(error.get_untracked().is_some(), "the problem moves along");
        });
    }

    #[test]
    fn removing_an_option_leads_to_its_neighbour() {
        check(&["one"], |draft| {
            let question = draft.questions.get_untracked()[0];
            let keys: Vec<Key> = question.options.get_untracked().iter().map(|option| option.key).collect();
            assert_eq!(question.remove_option(keys[1]), Some(keys[2]));
            assert_eq!(question.remove_option(keys[3]), Some(keys[2]));
            assert_eq!(option_texts(question), ["a", "c"]);
            assert!(!question.can_spare());
        });
    }
}
