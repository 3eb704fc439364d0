//! The one thing a player should know besides the game: the connection is lost or back, an answer did not count, the
//! host is away.
//!
//! It lies over the top line, so that no tile moves under a thumb.

use leptos::prelude::*;

use crate::domain::ids::TurnNo;
use crate::protocol::view::Scene;
use crate::ui::live::{AskState, AskedAnswer, Connection};

/// What is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How it stands out.
    kind: Kind,
    /// The sentence.
    words: String,
    /// Whether the person can do something about it.
    can_reconnect: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Lost,
    Back,
    Told,
}

impl Notice {
    /// The most important thing, if there is any.
    pub fn of(
        connection: Connection,
        is_back: bool,
        scene: &Scene,
        asked: Option<&AskedAnswer>,
        is_host_here: bool,
    ) -> Option<Self> {
        let notice =
            |kind, words: &str| Some(Self { kind, words: words.to_owned(), can_reconnect: kind == Kind::Lost });
        match connection {
            Connection::Ended(_) => return None,
            Connection::Offline => return notice(Kind::Lost, "Offline. Your seat and your points are safe."),
            Connection::Reconnecting => return notice(Kind::Lost, "Reconnecting… Your seat is safe."),
            Connection::Connecting | Connection::Connected { .. } => {}
        }
        if is_back {
            return notice(Kind::Back, "You are back, nothing was lost.");
        }
        if let Some(why) = missed(scene.turn(), asked) {
            return notice(Kind::Told, why);
        }
        match scene {
            Scene::Reading(_) | Scene::Answering(_) | Scene::Reveal(_) | Scene::Standings { .. } if !is_host_here => {
                notice(Kind::Told, "The host is away, the game waits.")
            }
            Scene::Lobby
            | Scene::Reading(_)
            | Scene::Answering(_)
            | Scene::Reveal(_)
            | Scene::Standings { .. }
            | Scene::Podium
            | Scene::Closed => None,
        }
    }
}

/// Why the answer to the question before did not count. Its own question says so by itself.
fn missed(turn: Option<TurnNo>, asked: Option<&AskedAnswer>) -> Option<&str> {
    let AskedAnswer { answer, state: AskState::Refused(why) } = asked? else { return None };
    (turn?.0 == answer.turn.0 + 1).then_some(why)
}

/// The notice, while there is one.
#[component]
pub fn PlayNotice(
    /// What is to be said.
    #[prop(into)]
    notice: Signal<Option<Notice>>,
    /// Tries to connect now.
    on_reconnect: Callback<()>,
) -> impl IntoView {
    let shown = move |notice: Notice| {
        let kind = match notice.kind {
            Kind::Lost => "lost",
            Kind::Back => "back",
            Kind::Told => "told",
        };
        view! {
            <div class="box" data-kind=kind>
                <p>{notice.words}</p>
                {notice.can_reconnect.then(|| view! {
                    <button type="button" class="button" on:click=move |_| on_reconnect.run(())>"Reconnect"</button>
                })}
            </div>
        }
    };
    view! { <div class="play-notice" role="status">{move || notice.get().map(shown)}</div> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::question::Choice;
    use crate::protocol::close::Close;
    use crate::protocol::command::Answer;

    const CONNECTED: Connection = Connection::Connected { round_trip: None };

    fn words(connection: Connection, is_back: bool, asked: Option<&AskedAnswer>, is_host_here: bool) -> Option<String> {
        let scene = Scene::Standings { turn: TurnNo(3) };
        Notice::of(connection, is_back, &scene, asked, is_host_here).map(|notice| notice.words)
    }

    #[test]
    fn the_connection_comes_first_and_quiet_is_the_rule() {
        assert_eq!(words(CONNECTED, false, None, true), None);
        assert_eq!(words(Connection::Connecting, false, None, true), None);
        assert_eq!(words(Connection::Ended(Close::Over), false, None, false), None);
        assert!(words(Connection::Offline, false, None, false).is_some_and(|words| words.starts_with("Offline")));
        assert!(words(CONNECTED, true, None, false).is_some_and(|words| words.starts_with("You are back")));
        assert!(words(CONNECTED, false, None, false).is_some_and(|words| words.contains("host is away")));
    }

    #[test]
    fn an_answer_that_came_too_late_is_told_at_the_question_after_it() {
        let refused = |turn| AskedAnswer {
            answer: Answer { turn: TurnNo(turn), choice: Choice::default() },
            state: AskState::Refused("Too late.".to_owned()),
        };
        assert_eq!(words(CONNECTED, false, Some(&refused(2)), true).as_deref(), Some("Too late."));
        assert_eq!(words(CONNECTED, false, Some(&refused(3)), true), None);
        assert_eq!(words(CONNECTED, false, Some(&refused(1)), true), None);
    }

    #[test]
    fn nobody_waits_for_the_host_in_the_lobby() {
        assert_eq!(Notice::of(CONNECTED, false, &Scene::Lobby, None, false), None);
    }
}
