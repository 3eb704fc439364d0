//! A result by topic: how much of each was right.

use leptos::prelude::*;

use crate::protocol::timed::TopicResult;
use crate::ui::words::grouped;

/// The table; nothing where no question has a topic.
#[component]
pub fn TopicResults(
    /// The topics, in the order of the quiz.
    topics: Vec<TopicResult>,
    /// The language of their names, as a BCP 47 tag.
    language: String,
) -> impl IntoView {
    let row = |TopicResult { topic, score, score_max, right, total }: TopicResult| {
        let name = match topic.is_empty() {
            true => view! { <span>"Other questions"</span> }.into_any(),
            false => view! { <bdi lang=language.clone()>{topic}</bdi> }.into_any(),
        };
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td class="number">{grouped(right)}" of "{grouped(total)}</td>
                <td class="number">{grouped(score)}" of "{grouped(score_max)}</td>
                <td class="share"><meter max=score_max.max(1).to_string() value=score.to_string() aria-hidden="true"></meter></td>
            </tr>
        }
    };
    (!topics.is_empty()).then(|| {
        view! {
            <table class="topic-results">
                <caption>"By topic"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Topic"</th>
                        <th scope="col">"Right"</th>
                        <th scope="col">"Points"</th>
                        <td></td>
                    </tr>
                </thead>
                <tbody>{topics.into_iter().map(row).collect_view()}</tbody>
            </table>
        }
        .into_any()
    })
}
