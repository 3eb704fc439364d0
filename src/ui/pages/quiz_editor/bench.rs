//! What is in front in the editor: which question is open, and going to a place by name.
//!
//! On wide screens the list and the open question stand side by side; on phones one of them is in front. Only this
//! file knows that, and where the focus goes.

use leptos::prelude::*;

use crate::domain::question::QuestionKind;
use crate::ui::focus::focus_on;
use crate::ui::pages::quiz_editor::draft::{Draft, Key, Removed};
use crate::ui::pages::quiz_editor::spot::Spot;

/// The id of the heading of the open question.
pub const QUESTION_HEADING: &str = "question-heading";

/// The desk, and what of it is in front.
#[derive(Clone, Copy)]
pub struct Bench {
    /// What lies on the desk.
    pub draft: Draft,
    /// The open question; none only when there is no question.
    pub open: Memo<Option<Key>>,
    /// Whether the open question is in front of the list, where only one of them has room.
    pub is_inside: RwSignal<bool>,
    /// What was deleted last, the newest at the end.
    pub removed: RwSignal<Vec<Removed>>,
    chosen: RwSignal<Option<Key>>,
}

impl Bench {
    /// Opens the first question, with the list in front.
    pub fn new(draft: Draft) -> Self {
        let chosen = RwSignal::new(None);
        let open = Memo::new(move |_| {
            draft.questions.with(|questions| {
                let is_there = |key: &Key| questions.iter().any(|question| question.key == *key);
                chosen.get().filter(is_there).or_else(|| questions.first().map(|question| question.key))
            })
        });
        Self { draft, open, is_inside: RwSignal::new(false), removed: RwSignal::default(), chosen }
    }

    /// Opens a question and reads its heading.
    ///
    /// Who goes on to another question does not want the deleted one back.
    pub fn open(&self, key: Key) {
        self.removed.set(Vec::new());
        self.show(key);
        focus_on(QUESTION_HEADING.to_owned());
    }

    /// Goes back to the list, to where the open question is in it.
    pub fn close(&self) {
        self.is_inside.set(false);
        if let Some(key) = self.open.get_untracked() {
            focus_on(outline_id(key));
        }
    }

    /// Opens what a spot is in and gives the spot the focus.
    pub fn go_to(&self, spot: Spot) {
        match spot.question() {
            Some(key) => self.show(key),
            None => self.is_inside.set(false),
        }
        self.draft.visit(spot);
        focus_on(spot.id());
    }

    /// Adds a question and begins with its prompt.
    pub fn add(&self) {
        if untrack(|| self.draft.has_room()) {
            let question = self.draft.add(QuestionKind::Single);
            self.removed.set(Vec::new());
            self.show(question.key);
            focus_on(Spot::Prompt(question.key).id());
        }
    }

    /// Copies a question and opens the copy.
    pub fn copy(&self, key: Key) {
        if untrack(|| self.draft.has_room())
            && let Some(copy) = self.draft.copy(key)
        {
            self.open(copy.key);
        }
    }

    /// Deletes a question and opens its neighbour; [`Self::undo`] brings it back.
    pub fn remove(&self, key: Key) {
        let Some(removed) = self.draft.remove(key) else { return };
        self.removed.update(|all| all.push(removed));
        let neighbour = self
            .draft
            .questions
            .with_untracked(|questions| questions.get(removed.place).or(questions.last()).map(|question| question.key));
        match neighbour {
            Some(key) => self.chosen.set(Some(key)),
            None => self.is_inside.set(false),
        }
        focus_on(UNDO.to_owned());
    }

    /// Brings back what was deleted last, and opens it.
    pub fn undo(&self) {
        if let Some(removed) = self.removed.try_update(Vec::pop).flatten() {
            self.draft.put_back(removed);
            self.show(removed.question.key);
            focus_on(QUESTION_HEADING.to_owned());
        }
    }

    /// Moves a question by one place; `focus` keeps the focus.
    pub fn step(&self, key: Key, step: Step, focus: String) {
        let Some(place) = untrack(|| self.draft.place_of(key)) else { return };
        let count = self.draft.questions.with_untracked(Vec::len);
        if let Some(to) = step.from(place, count) {
            self.draft.move_question(place, to);
        }
        focus_on(focus);
    }

    fn show(&self, key: Key) {
        self.chosen.set(Some(key));
        self.is_inside.set(true);
    }
}

/// The id of the button that brings back what was deleted.
pub const UNDO: &str = "undo";

/// The id of a question's row in the list.
pub fn outline_id(key: Key) -> String {
    format!("outline-{}", key.0)
}

/// A move by one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Towards the start.
    Up,
    /// Towards the end.
    Down,
}

impl Step {
    /// Where it leads from a place in a list of so many; nowhere beyond its ends.
    pub fn from(self, place: usize, count: usize) -> Option<usize> {
        match self {
            Self::Up => place.checked_sub(1),
            Self::Down => Some(place + 1).filter(|to| *to < count),
        }
    }

    /// The step that Alt with an arrow key asks for.
    pub fn of_key(event: &leptos::ev::KeyboardEvent) -> Option<Self> {
        match event.key().as_str() {
            "ArrowUp" if event.alt_key() => Some(Self::Up),
            "ArrowDown" if event.alt_key() => Some(Self::Down),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::quiz::Quiz;

    /// Lays two questions on the bench.
    fn check(test: impl FnOnce(Bench, Vec<Key>)) {
        let owner = Owner::new();
        owner.with(|| {
            let quiz =
                Quiz { title: String::new(), description: String::new(), language: "en".to_owned(), questions: vec![] };
            let draft = Draft::of(&quiz);
            let keys = (0..2).map(|_| draft.add(QuestionKind::Single).key).collect();
            test(Bench::new(draft), keys);
        });
    }

    #[test]
    fn some_question_is_open_as_long_as_there_is_one() {
        check(|bench, keys| {
            assert_eq!(bench.open.get_untracked(), Some(keys[0]));
            bench.show(keys[1]);
            bench.draft.remove(keys[1]);
            assert_eq!(bench.open.get_untracked(), Some(keys[0]));
            bench.draft.remove(keys[0]);
            assert_eq!(bench.open.get_untracked(), None);
        });
    }

    #[test]
    fn a_step_stays_in_the_list() {
        assert_eq!(Step::Up.from(0, 3), None);
        assert_eq!(Step::Up.from(2, 3), Some(1));
        assert_eq!(Step::Down.from(1, 3), Some(2));
        assert_eq!(Step::Down.from(2, 3), None);
    }
}
