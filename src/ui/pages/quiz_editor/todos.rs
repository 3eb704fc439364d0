//! What is left to do before a room can be opened, as a list that leads to each place.

use leptos::html;
use leptos::prelude::*;

use crate::ui::components::answer_mark::letter;
use crate::ui::pages::quiz_editor::bench::Bench;
use crate::ui::pages::quiz_editor::spot::Todo;
use crate::ui::words::counted;

/// The id of the line that opens the list.
pub const TODOS: &str = "todos";

/// How many things are left, and on request which.
#[component]
pub fn Todos(
    /// The desk.
    bench: Bench,
    /// The list, for the button that opens it.
    list: NodeRef<html::Details>,
) -> impl IntoView {
    let todos = bench.draft.todos;
    let count = Memo::new(move |_| u32::try_from(todos.with(Vec::len)).unwrap_or(u32::MAX));
    let item = move |todo: Todo| {
        let spot = todo.spot;
        view! {
            <li>
                <a
                    href=format!("#{}", spot.id())
                    rel="external"
                    on:click=move |event| {
                        event.prevent_default();
                        bench.go_to(spot);
                    }
                >
                    {words(&todo)}
                </a>
            </li>
        }
    };
    view! {
        <Show when=move || { count.get() > 0 }>
            <details class="todos" node_ref=list>
                <summary id=TODOS>{move || format!("{} to finish before a room can open", counted(count.get(), "thing"))}</summary>
                <ul class="items">
                    <For each=move || todos.get() key=Todo::clone children=item/>
                </ul>
            </details>
        </Show>
    }
    .into_any()
}

/// A thing to do, with its place in front.
fn words(todo: &Todo) -> String {
    match (todo.question_no, todo.option) {
        (Some(number), Some(option)) => {
            format!("Question {number}, answer {}: {}", letter(usize::from(option)), todo.text)
        }
        (Some(number), None) => format!("Question {number}: {}", todo.text),
        (None, _) => todo.text.clone(),
    }
}
