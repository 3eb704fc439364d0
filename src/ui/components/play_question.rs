//! A question on a player's page: first its prompt, then the tiles, thumb-sized and in the order of the stage.
//!
//! It shows what became of the own answer and asks for it to be sent; it knows neither the link nor what is right.
//! Reading order: [`Reply`] (how the own answer stands), the component, and what is spoken.

use leptos::ev;
use leptos::prelude::*;

use crate::domain::ids::TurnNo;
use crate::domain::question::{Choice, QuestionKind};
use crate::domain::text;
use crate::domain::time::{Millis, Timestamp};
use crate::protocol::state::TakenAnswer;
use crate::protocol::view::QuestionFace;
use crate::ui::components::answer_mark::letter;
use crate::ui::components::answer_tile::{AnswerTile, TileLook};
use crate::ui::components::countdown::CountdownBar;
use crate::ui::live::{AskState, AskedAnswer};

/// Characters of a prompt from which on it is set smaller, so that the tiles keep their room.
const LONG_PROMPT: usize = 110;

/// So many tiles fill a phone's screen in one column.
const FEW_OPTIONS: usize = 5;
/// Characters that half the width of a small phone takes in two lines.
const SHORT_OPTION: usize = 14;
/// Characters that a small phone takes in two lines.
const LINE: usize = 40;

/// How the own answer to a question stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reply {
    /// There is none yet.
    #[default]
    Open,
    /// It is on its way.
    Sent(Choice),
    /// The server has it for good.
    Taken(Choice),
    /// It was refused, for this reason; another may be tried while there is time.
    Refused(String),
}

impl Reply {
    /// From what the server knows and what this page asked for last.
    pub fn of(turn: TurnNo, taken: Option<&TakenAnswer>, asked: Option<&AskedAnswer>) -> Self {
        if let Some(taken) = taken.filter(|taken| taken.turn == turn) {
            return Self::Taken(taken.choice);
        }
        match asked.filter(|asked| asked.answer.turn == turn) {
            Some(AskedAnswer { answer, state: AskState::Sent }) => Self::Sent(answer.choice),
            Some(AskedAnswer { answer, state: AskState::Done }) => Self::Taken(answer.choice),
            Some(AskedAnswer { state: AskState::Refused(why), .. }) => Self::Refused(why.clone()),
            Some(AskedAnswer { state: AskState::Idle, .. }) | None => Self::Open,
        }
    }

    /// What was chosen, if it stands.
    pub fn choice(&self) -> Option<Choice> {
        match self {
            Self::Sent(choice) | Self::Taken(choice) => Some(*choice),
            Self::Open | Self::Refused(_) => None,
        }
    }

    /// Why it does not count, if it was refused.
    pub fn refusal(&self) -> Option<&str> {
        match self {
            Self::Refused(why) => Some(why),
            Self::Open | Self::Sent(_) | Self::Taken(_) => None,
        }
    }
}

/// Where a question stands, for the person who answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// The prompt stands alone.
    Reading,
    /// The tiles are open.
    Answering,
    /// The time is up by the clock; the server says the same in a moment.
    Over,
}

impl Stretch {
    /// By the clock, which opens the tiles at the same moment for everybody, whatever the way of the message.
    pub fn at(now: Timestamp, answers_at: Timestamp, until: Option<Timestamp>, told_open: bool) -> Self {
        if until.is_some_and(|until| now >= until) {
            Self::Over
        } else if told_open || now >= answers_at {
            Self::Answering
        } else {
            Self::Reading
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Answering => "answering",
            Self::Over => "over",
        }
    }
}

/// One question, from its prompt to the end of its time.
#[component]
pub fn PlayQuestion(
    /// The question.
    question: QuestionFace,
    /// The language of its texts, as a BCP 47 tag.
    language: String,
    /// The time.
    now: Signal<Timestamp>,
    /// When the time is up, if it ever is.
    #[prop(into)]
    until: Signal<Option<Timestamp>>,
    /// Where it stands.
    #[prop(into)]
    stretch: Signal<Stretch>,
    /// How the own answer stands.
    #[prop(into)]
    reply: Signal<Reply>,
    /// Whether the server can be heard.
    #[prop(into)]
    is_connected: Signal<bool>,
    /// What a choice asks.
    on_answer: Callback<Choice>,
) -> impl IntoView {
    let QuestionFace { kind, prompt, options, opened_at, answers_at, .. } = question;
    let takes_many = kind == QuestionKind::Multiple;
    let count = options.len();
    let crowd = crowd(&options);
    let is_long = text::length(&prompt) > LONG_PROMPT;
    // What is put together before it is sent; only where several can be taken.
    let draft = RwSignal::new(Choice::default());
    let can_choose =
        Memo::new(move |_| stretch.get() == Stretch::Answering && reply.with(|reply| reply.choice().is_none()));
    let send = move |choice: Choice| {
        if can_choose.get_untracked() && choice.count() > 0 {
            on_answer.run(choice);
        }
    };
    let press = Callback::new(move |place: usize| {
        if !can_choose.get_untracked() {
            return;
        }
        if takes_many {
            draft.update(|draft| *draft = draft.toggled(place));
        } else {
            send(Choice::default().toggled(place));
        }
    });
    answer_by_keys(count, press, move || {
        if takes_many {
            send(draft.get_untracked())
        }
    });

    let tiles = move || {
        let tile = |(place, text): (usize, &String)| {
            let chosen =
                move || reply.with(Reply::choice).unwrap_or(if takes_many { draft.get() } else { Choice::default() });
            let look = move || match (stretch.get(), reply.with(Reply::choice)) {
                (_, Some(choice)) if choice.has(place) => TileLook::Open,
                (_, Some(_)) | (Stretch::Over, None) => TileLook::Back,
                (Stretch::Reading | Stretch::Answering, None) => TileLook::Open,
            };
            let note = move || {
                let word = reply.with(|reply| match reply {
                    Reply::Sent(choice) if choice.has(place) && !is_connected.get() => "kept",
                    Reply::Sent(choice) if choice.has(place) => "sent",
                    Reply::Taken(choice) if choice.has(place) => "taken",
                    Reply::Open | Reply::Sent(_) | Reply::Taken(_) | Reply::Refused(_) => "",
                });
                word.to_owned()
            };
            view! {
                <AnswerTile
                    place
                    text=text.clone()
                    look=Signal::derive(look)
                    chosen=Signal::derive(move || chosen().has(place))
                    note=Signal::derive(note)
                    disabled=Signal::derive(move || !can_choose.get())
                    on_press=press
                />
            }
        };
        view! { <div class="tiles" role="group" aria-labelledby="question" data-count=count data-crowd=crowd>{options.iter().enumerate().map(tile).collect_view()}</div> }
    };
    let words = Memo::new(move |_| reply.with(|reply| words(reply, stretch.get(), is_connected.get(), takes_many)));
    let is_reading = Memo::new(move |_| stretch.get() == Stretch::Reading);
    let can_send = move || can_choose.get() && draft.get().count() > 0;
    view! {
        <section class="play-question" data-stretch=move || stretch.get().name() lang=language>
            <div class="time" lang="en">
                {move || match (is_reading.get(), until.get()) {
                    (true, _) => view! {
                        <CountdownBar now from=opened_at until=Some(answers_at) words="until the answers open"/>
                    }
                    .into_any(),
                    (false, Some(_)) => view! { <CountdownBar now from=answers_at until/> }.into_any(),
                    (false, None) => view! { <p class="no-limit">"No time limit"</p> }.into_any(),
                }}
            </div>
            <h1 id="question" tabindex="-1" dir="auto" data-long=is_long.then_some("")>{prompt}</h1>
            {move || if is_reading.get() {
                view! { <p class="soon" lang="en">"The answers come in a moment."</p> }.into_any()
            } else {
                tiles().into_any()
            }}
            <div class="below" lang="en">
                <p class="words">{words}</p>
                {takes_many.then(|| view! {
                    <button
                        type="button"
                        class="button primary"
                        aria-disabled=move || (!can_send()).then_some("true")
                        on:click=move |_| send(draft.get_untracked())
                    >
                        "Send"
                    </button>
                })}
            </div>
        </section>
    }
}

/// How options are laid out that do not fill the screen evenly: `short` where two fit into a row, `long` where one
/// needs more lines than others; `None` for a few that are alike.
fn crowd(options: &[String]) -> Option<&'static str> {
    let longest = options.iter().map(|option| text::length(option)).max().unwrap_or_default();
    match (options.len() > FEW_OPTIONS, longest) {
        (true, ..=SHORT_OPTION) => Some("short"),
        (false, ..=LINE) => None,
        (true | false, _) => Some("long"),
    }
}

/// Letters and digits choose, Enter sends what was put together, wherever the focus is.
fn answer_by_keys(count: usize, press: Callback<usize>, send: impl Fn() + Copy + 'static) {
    Effect::new(move || {
        let listener = window_event_listener(ev::keydown, move |event| {
            let is_command = event.ctrl_key() || event.alt_key() || event.meta_key() || event.repeat();
            if is_command || event.default_prevented() || is_busy_elsewhere() {
                return;
            }
            if let Some(place) = place_of_key(&event.key()).filter(|place| *place < count) {
                event.prevent_default();
                press.run(place);
            } else if event.key() == "Enter" && !is_on_a_button() {
                send();
            }
        });
        on_cleanup(move || listener.remove());
    });
}

/// The option that a key means: `a` or `1` is the first, `j` or `0` the tenth.
fn place_of_key(key: &str) -> Option<usize> {
    let &[byte] = key.as_bytes() else { return None };
    match byte {
        b'1'..=b'9' => Some(usize::from(byte - b'1')),
        b'0' => Some(9),
        b'a'..=b'j' => Some(usize::from(byte - b'a')),
        b'A'..=b'J' => Some(usize::from(byte - b'A')),
        _ => None,
    }
}

/// Whether keys belong to something else on the page: a sheet that is open, or a field that is written in.
fn is_busy_elsewhere() -> bool {
    document().query_selector("dialog[open], input:focus, textarea:focus").ok().flatten().is_some()
}

/// Whether the focus is on something that Enter presses anyway.
fn is_on_a_button() -> bool {
    document().active_element().is_some_and(|element| matches!(element.tag_name().as_str(), "BUTTON" | "A"))
}

/// The line below the tiles.
fn words(reply: &Reply, stretch: Stretch, is_connected: bool, takes_many: bool) -> String {
    let words = match (reply, stretch) {
        (Reply::Taken(_), _) => "Taken. Now look at the stage.",
        (Reply::Sent(_), _) if is_connected => "Sent, on its way…",
        (Reply::Sent(_), _) => "Kept. It goes out when you are back.",
        (Reply::Refused(why), _) => why,
        (Reply::Open, Stretch::Over) => "Time is up.",
        (Reply::Open, Stretch::Answering) if takes_many => "Choose all that are right.",
        (Reply::Open, Stretch::Reading | Stretch::Answering) => "",
    };
    words.to_owned()
}

/// The moments at which the time that is left is spoken, in seconds.
const SPOKEN_SECONDS: [u32; 3] = [5, 10, 30];

/// What a screen reader is told of a question: that it can be answered, a few moments, and what became of the answer.
pub fn spoken(question: &QuestionFace, now: Timestamp, stretch: Stretch, reply: &Reply) -> String {
    match (reply, stretch) {
        (Reply::Taken(choice), _) => format!("Your answer {} is taken.", letters(*choice)),
        (Reply::Sent(choice), _) => format!("Your answer {} is sent.", letters(*choice)),
        (Reply::Refused(why), _) => why.clone(),
        (Reply::Open, Stretch::Reading) => String::new(),
        (Reply::Open, Stretch::Over) => "Time is up.".to_owned(),
        (Reply::Open, Stretch::Answering) => {
            let whole = question.limit().map_or(0, Millis::whole_seconds_up);
            let left = question.deadline.map(|deadline| (deadline - now).whole_seconds_up());
            let moment =
                SPOKEN_SECONDS.into_iter().find(|moment| *moment < whole && left.is_some_and(|left| left <= *moment));
            moment.map_or_else(|| choices(question), |seconds| format!("{seconds} seconds left."))
        }
    }
}

/// The options with their letters, as one would read them out.
fn choices(question: &QuestionFace) -> String {
    let options = question.options.iter().enumerate().map(|(place, text)| format!("{}: {text}", letter(place)));
    let how = match question.kind {
        QuestionKind::Single | QuestionKind::TrueFalse => "Choose one",
        QuestionKind::Multiple => "Choose all that are right",
    };
    format!("{how}. {}.", options.collect::<Vec<_>>().join(", "))
}

fn letters(choice: Choice) -> String {
    choice.places().map(letter).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command::Answer;

    fn choice(places: &[u8]) -> Choice {
        Choice::of(places).expect("possible places")
    }

    fn question() -> QuestionFace {
        QuestionFace {
            turn: TurnNo(3),
            kind: QuestionKind::Single,
            prompt: "Which planet has the shortest day?".to_owned(),
            options: ["Mercury", "Jupiter"].map(str::to_owned).to_vec(),
            points: 1_000,
            opened_at: Timestamp(0),
            answers_at: Timestamp(3_000),
            deadline: Some(Timestamp(23_000)),
        }
    }

    #[test]
    fn a_reply_belongs_to_its_turn_and_the_server_knows_best() {
        let asked = |turn, state| AskedAnswer { answer: Answer { turn: TurnNo(turn), choice: choice(&[1]) }, state };
        let taken = TakenAnswer {
            turn: TurnNo(3),
            choice: choice(&[0]),
            received_at: Timestamp(0),
            elapsed: Millis(0),
            credited: Millis(0),
        };
        let check = |taken: Option<&TakenAnswer>, asked: Option<AskedAnswer>, reply| {
            assert_eq!(Reply::of(TurnNo(3), taken, asked.as_ref()), reply);
        };
        check(None, None, Reply::Open);
        check(None, Some(asked(3, AskState::Sent)), Reply::Sent(choice(&[1])));
        check(None, Some(asked(2, AskState::Sent)), Reply::Open);
        check(None, Some(asked(3, AskState::Done)), Reply::Taken(choice(&[1])));
        check(None, Some(asked(3, AskState::Refused("No.".to_owned()))), Reply::Refused("No.".to_owned()));
        check(Some(&taken), Some(asked(3, AskState::Sent)), Reply::Taken(choice(&[0])));
        check(Some(&TakenAnswer { turn: TurnNo(2), ..taken }), None, Reply::Open);
    }

    #[test]
    fn tiles_open_by_the_clock_or_when_told_and_close_by_the_clock() {
        let check = |now, told, stretch| {
            assert_eq!(
                Stretch::at(Timestamp(now), Timestamp(3_000), Some(Timestamp(23_000)), told),
                stretch,
                "at {now}"
            );
        };
        check(2_999, false, Stretch::Reading);
        check(2_999, true, Stretch::Answering);
        check(3_000, false, Stretch::Answering);
        check(22_999, true, Stretch::Answering);
        check(23_000, true, Stretch::Over);
        assert_eq!(Stretch::at(Timestamp(i64::MAX), Timestamp(0), None, true), Stretch::Answering);
    }

    #[test]
    fn keys_name_places() {
        for (key, place) in [("a", 0), ("J", 9), ("1", 0), ("9", 8), ("0", 9)] {
            assert_eq!(place_of_key(key), Some(place), "{key}");
        }
        for key in ["k", "Enter", " ", "ä", "F1", ""] {
            assert_eq!(place_of_key(key), None, "{key}");
        }
    }

    #[test]
    fn few_moments_are_spoken() {
        let question = question();
        let check = |now, text: &str| {
            let told = spoken(&question, Timestamp(now), Stretch::Answering, &Reply::Open);
            assert_eq!(told, text, "at {now}");
        };
        check(3_000, "Choose one. A: Mercury, B: Jupiter.");
        check(12_999, "Choose one. A: Mercury, B: Jupiter.");
        check(13_000, "10 seconds left.");
        check(17_500, "10 seconds left.");
        check(18_000, "5 seconds left.");
        check(22_900, "5 seconds left.");
        let sent = spoken(&question, Timestamp(18_000), Stretch::Answering, &Reply::Sent(choice(&[1])));
        assert_eq!(sent, "Your answer B is sent.");
    }
}
