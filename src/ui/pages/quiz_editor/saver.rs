//! Saves the quiz on the desk as it changes: watches it, waits, sends, and answers for what came of it.
//!
//! What is to be done when is decided in `saving`; here are only the timer, the server functions and the state between
//! them. It outlives its page until everything that was typed is saved.

use leptos::ev;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::ApiError;
use crate::api::quiz::{EditedQuiz, quiz_to_edit, save_quiz};
use crate::domain::ids::QuizId;
use crate::domain::quiz::Quiz;
use crate::ui::pages::quiz_editor::saving::{Attempt, Failure, Next, is_same};

/// Keeps one quiz saved.
#[derive(Clone)]
pub struct Saver {
    id: QuizId,
    /// What the server has, as far as we know.
    saved: ArcRwSignal<EditedQuiz>,
    attempt: ArcRwSignal<Attempt>,
    quiz: Memo<Quiz>,
    work: ArcStoredValue<Work>,
}

/// What is going on between the page, the timer and the server. No signals: it goes on when the page is gone.
struct Work {
    /// What is to be saved.
    latest: Quiz,
    timer: Option<TimeoutHandle>,
    changes: u32,
    failures: u32,
    /// What waits for everything to be saved.
    then: Option<Callback<()>>,
    /// What was sent since the last answer without getting one; any of it may have arrived. The newest last.
    unanswered: Vec<Quiz>,
}

/// How many unanswered saves are remembered; with the longest waits between them they are some ten minutes.
const UNANSWERED_MAX: usize = 20;

impl Work {
    fn remember(&mut self, sent: Quiz) {
        if self.unanswered.last() != Some(&sent) {
            self.unanswered.push(sent);
        }
        if self.unanswered.len() > UNANSWERED_MAX {
            self.unanswered.remove(0);
        }
    }
}

impl Saver {
    /// Begins to save what changes in `quiz`, starting from what the server has.
    pub fn start(saved: EditedQuiz, quiz: Memo<Quiz>) -> Self {
        let work = Work {
            latest: saved.quiz.clone(),
            timer: None,
            changes: 0,
            failures: 0,
            then: None,
            unanswered: Vec::new(),
        };
        let saver = Self {
            id: saved.id,
            saved: ArcRwSignal::new(saved),
            attempt: ArcRwSignal::new(Attempt::Done),
            quiz,
            work: ArcStoredValue::new(work),
        };
        let watching = saver.clone();
        Effect::watch(move || quiz.get(), move |quiz, _, _| watching.note(quiz), false);
        let leaving = saver.clone();
        on_cleanup(move || leaving.send_now());
        saver.listen();
        saver
    }

    /// What came of the last attempt.
    pub fn attempt(&self) -> Signal<Attempt> {
        self.attempt.clone().into()
    }

    /// Whether something is not saved yet.
    pub fn is_dirty(&self) -> Memo<bool> {
        let (saved, quiz) = (self.saved.clone(), self.quiz);
        Memo::new(move |_| quiz.with(|quiz| saved.with(|saved| saved.quiz != *quiz)))
    }

    /// Saves what is not saved without waiting for a rest.
    pub fn send_now(&self) {
        let may_send = self.attempt.with_untracked(|attempt| match attempt {
            Attempt::Done | Attempt::Failed(..) | Attempt::Refused(_) => true,
            Attempt::UnderWay | Attempt::Overtaken | Attempt::Gone => false,
        });
        if may_send && self.has_work() {
            self.send();
        }
    }

    /// Saves what is not saved and then does something, unless saving fails.
    pub fn send_and_then(&self, then: impl Fn() + Send + Sync + 'static) {
        self.work.update_value(|work| work.then = Some(Callback::new(move |()| then())));
        self.send_now();
    }

    /// Gives up what is not saved, so that the page can be left without a question.
    pub fn give_up(&self) {
        self.stop_timer();
        let latest = self.work.with_value(|work| work.latest.clone());
        self.saved.update(|saved| saved.quiz = latest);
    }

    /// Whether something is not saved, asked from outside the page.
    fn has_work(&self) -> bool {
        self.work.with_value(|work| self.saved.with_untracked(|saved| saved.quiz != work.latest))
    }

    fn note(&self, quiz: &Quiz) {
        let changes = self.work.try_update_value(|work| {
            work.latest.clone_from(quiz);
            work.changes += 1;
            work.changes
        });
        if self.has_work() {
            self.follow(self.attempt.with_untracked(|attempt| attempt.on_change(changes.unwrap_or(1))));
        }
    }

    fn follow(&self, next: Next) {
        match next {
            Next::Rest => self.stop_timer(),
            Next::AsPlanned => {}
            Next::SendAfter(wait) => {
                self.stop_timer();
                let saver = self.clone();
                let timer = set_timeout_with_handle(move || saver.send_now(), wait).ok();
                self.work.update_value(|work| work.timer = timer);
            }
        }
    }

    fn stop_timer(&self) {
        if let Some(timer) = self.work.try_update_value(|work| work.timer.take()).flatten() {
            timer.clear();
        }
    }

    fn send(&self) {
        self.stop_timer();
        self.attempt.set(Attempt::UnderWay);
        let version = self.saved.with_untracked(|saved| saved.version);
        let sent = self.work.try_update_value(|work| {
            work.changes = 0;
            work.latest.clone()
        });
        let (saver, Some(sent)) = (self.clone(), sent) else { return };
        spawn_local(async move {
            let answer = save_quiz(saver.id, version, sent.clone()).await;
            saver.take(sent, answer).await;
        });
    }

    async fn take(&self, sent: Quiz, answer: Result<u32, ApiError>) {
        let outcome = match answer {
            Ok(version) => Ok((version, sent.clone())),
            Err(ApiError::Changed) => self.recognise_our_own().await,
            Err(error) => Err(error),
        };
        let attempt = match outcome {
            Ok((version, quiz)) => {
                self.saved.update(|saved| (saved.version, saved.quiz) = (version, quiz));
                Attempt::Done
            }
            Err(error) => Attempt::failed(error, self.work.with_value(|work| work.failures)),
        };
        self.work.update_value(|work| {
            work.failures = attempt.failures();
            match attempt {
                Attempt::Failed(Failure::NoConnection, _) => work.remember(sent),
                Attempt::Done => work.unanswered.clear(),
                Attempt::Failed(..) | Attempt::UnderWay | Attempt::Refused(_) | Attempt::Overtaken | Attempt::Gone => {}
            }
        });
        let next = attempt.on_answer(self.has_work());
        let is_done = attempt == Attempt::Done && !self.has_work();
        let then = if is_done || attempt.is_trouble() {
            self.work.try_update_value(|work| work.then.take()).flatten()
        } else {
            None
        };
        self.attempt.set(attempt);
        self.follow(next);
        if let (true, Some(then)) = (is_done, then) {
            then.run(());
        }
    }

    /// A save whose answer was lost makes the next one look as if somebody else had changed the quiz: find out.
    async fn recognise_our_own(&self) -> Result<(u32, Quiz), ApiError> {
        let unanswered = self.work.with_value(|work| work.unanswered.clone());
        if unanswered.is_empty() {
            return Err(ApiError::Changed);
        }
        let theirs = quiz_to_edit(self.id).await?;
        let ours = unanswered.into_iter().find(|ours| is_same(ours, &theirs.quiz));
        ours.map(|ours| (theirs.version, ours)).ok_or(ApiError::Changed)
    }

    /// Asks before the page is closed over unsaved work, and tries again as soon as the network is back.
    fn listen(&self) {
        let saver = self.clone();
        Effect::new(move |_| {
            let (closing, back) = (saver.clone(), saver.clone());
            let guard = window_event_listener(ev::beforeunload, move |event| {
                if closing.has_work() {
                    event.prevent_default();
                    closing.send_now();
                }
            });
            let online = window_event_listener(ev::online, move |_| back.send_now());
            on_cleanup(move || {
                guard.remove();
                online.remove();
            });
        });
    }
}
