//! Changing the order of a list by pointer or finger: a handle to drag, rows that step aside, a callback at the end.
//!
//! It knows the list's element and places in it, not what the rows are. Keyboards have their own way (buttons and
//! Alt with the arrow keys), which the list offers itself; the handle is nothing to a screen reader.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement};

/// So near to the upper or lower edge of the window a dragged row makes the list scroll, in CSS pixels.
const EDGE: f64 = 72.0;
/// The fastest scrolling, in CSS pixels per frame.
const SCROLL_MAX: f64 = 14.0;

/// Where a row lies in its list, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    top: f64,
    height: f64,
}

/// A row on its way.
#[derive(Clone, Debug, PartialEq)]
struct Drag {
    from: usize,
    to: usize,
    rows: Vec<Row>,
    /// Pointer minus row at the start, scrolling included.
    start: f64,
    /// How far the row has come.
    moved: f64,
    /// Where the pointer is in the window.
    pointer: f64,
}

/// A list whose rows can be dragged.
#[derive(Clone, Copy)]
pub struct Reorder {
    list: NodeRef<html::Ol>,
    drag: RwSignal<Option<Drag>>,
    on_move: Callback<(usize, usize)>,
}

impl Reorder {
    /// Rows are the children of `list`; `on_move` hears from which place to which, from 0.
    pub fn new(list: NodeRef<html::Ol>, on_move: impl Fn(usize, usize) + Send + Sync + 'static) -> Self {
        let drag = RwSignal::new(None);
        Effect::new(move |_| {
            let listener = window_event_listener(ev::keydown, move |event| {
                if event.key() == "Escape" && drag.with_untracked(Option::is_some) {
                    drag.set(None);
                }
            });
            on_cleanup(move || listener.remove());
        });
        Self { list, drag, on_move: Callback::new(move |(from, to)| on_move(from, to)) }
    }

    /// How far the row at this place is from where it lies, as a CSS transform; nothing when all is still.
    pub fn transform(&self, place: usize) -> Option<String> {
        self.drag.with(|drag| drag.as_ref().map(|drag| format!("translateY({}px)", drag.offset(place))))
    }

    /// Whether the row at this place is the one on its way.
    pub fn is_dragged(&self, place: usize) -> bool {
        self.drag.with(|drag| drag.as_ref().is_some_and(|drag| drag.from == place))
    }

    /// Whether any row is on its way.
    pub fn is_dragging(&self) -> bool {
        self.drag.with(Option::is_some)
    }

    fn begin(&self, from: usize, pointer: f64) {
        let Some(list) = self.list.get_untracked() else { return };
        let children = list.children();
        let row = |index| children.item(index).and_then(|child| child.dyn_into::<HtmlElement>().ok());
        let rows: Vec<Row> = (0..children.length())
            .filter_map(row)
            .map(|row| Row { top: f64::from(row.offset_top()), height: f64::from(row.offset_height()) })
            .collect();
        if from < rows.len() {
            let start = pointer + scrolled(&list);
            self.drag.set(Some(Drag { from, to: from, rows, start, moved: 0.0, pointer }));
            self.scroll_on();
        }
    }

    fn follow(&self, pointer: f64) {
        let Some(list) = self.list.get_untracked() else { return };
        let at = pointer + scrolled(&list);
        self.drag.update(|drag| {
            if let Some(drag) = drag {
                drag.pointer = pointer;
                drag.moved = within(&drag.rows, drag.from, at - drag.start);
                drag.to = landing(&drag.rows, drag.from, drag.moved);
            }
        });
    }

    fn drop_here(&self) {
        let Some(drag) = self.drag.try_update(Option::take).flatten() else { return };
        if drag.from != drag.to {
            self.on_move.run((drag.from, drag.to));
        }
    }

    /// Scrolls frame by frame while the row is held near an edge.
    fn scroll_on(&self) {
        let reorder = *self;
        request_animation_frame(move || {
            let Some(Some(pointer)) = reorder.drag.try_with_untracked(|drag| drag.as_ref().map(|drag| drag.pointer))
            else {
                return;
            };
            let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
            let speed = scroll_speed(pointer, height);
            if speed != 0.0
                && let Some(list) = reorder.list.get_untracked()
            {
                scroll_by(&list, speed);
                reorder.follow(pointer);
            }
            reorder.scroll_on();
        });
    }
}

impl Drag {
    fn offset(&self, place: usize) -> f64 {
        if place == self.from { self.moved } else { step_aside(&self.rows, self.from, self.to, place) }
    }
}

/// The handle of one row.
#[component]
pub fn DragHandle(
    /// The list.
    reorder: Reorder,
    /// The row's place, from 0.
    #[prop(into)]
    place: Signal<usize>,
) -> impl IntoView {
    let begin = move |event: ev::PointerEvent| {
        if event.button() != 0 || !event.is_primary() {
            return;
        }
        // Keeps the focus where it is and text unselected.
        event.prevent_default();
        if let Some(handle) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
            let _ = handle.set_pointer_capture(event.pointer_id());
        }
        reorder.begin(place.get_untracked(), f64::from(event.client_y()));
    };
    view! {
        <span
            class="drag-handle"
            aria-hidden="true"
            on:pointerdown=begin
            on:pointermove=move |event| if reorder.drag.with_untracked(Option::is_some) {
                reorder.follow(f64::from(event.client_y()));
            }
            on:pointerup=move |_| reorder.drop_here()
            on:pointercancel=move |_| reorder.drag.set(None)
            on:lostpointercapture=move |_| reorder.drag.set(None)
        >
            <svg viewBox="0 0 12 20" aria-hidden="true">
                <circle cx="3" cy="4" r="1.6"/><circle cx="9" cy="4" r="1.6"/>
                <circle cx="3" cy="10" r="1.6"/><circle cx="9" cy="10" r="1.6"/>
                <circle cx="3" cy="16" r="1.6"/><circle cx="9" cy="16" r="1.6"/>
            </svg>
        </span>
    }
}

/// The way a row goes, without leaving its list: outside it would be cut off, or make the list longer than it is.
fn within(rows: &[Row], from: usize, moved: f64) -> f64 {
    let bottom = |row: &Row| row.top + row.height;
    let (first, last) = (&rows[0], &rows[rows.len() - 1]);
    moved.clamp(first.top - rows[from].top, bottom(last) - bottom(&rows[from]))
}

/// The place at which a row lands that was moved so far: beyond every row whose middle its front edge has passed.
fn landing(rows: &[Row], from: usize, moved: f64) -> usize {
    let middle = |row: &Row| row.top + row.height / 2.0;
    let (top, bottom) = (rows[from].top + moved, rows[from].top + rows[from].height + moved);
    let passed_up = rows[..from].iter().filter(|row| middle(row) > top).count();
    let passed_down = rows[from + 1..].iter().filter(|row| middle(row) < bottom).count();
    from - passed_up + passed_down
}

/// How far a row steps aside for the one that goes `from` one place `to` another.
fn step_aside(rows: &[Row], from: usize, to: usize, place: usize) -> f64 {
    let gap = match rows {
        [first, second, ..] => second.top - first.top - first.height,
        [_] | [] => 0.0,
    };
    let space = rows[from].height + gap;
    if (from + 1..=to).contains(&place) {
        -space
    } else if (to..from).contains(&place) {
        space
    } else {
        0.0
    }
}

/// How fast a list scrolls for a pointer at this height of the window: the nearer to an edge the faster.
fn scroll_speed(pointer: f64, height: f64) -> f64 {
    let part = |inside: f64| ((EDGE - inside) / EDGE).clamp(0.0, 1.0);
    (part(height - pointer) - part(pointer)) * SCROLL_MAX
}

/// The part around the list that scrolls by itself; none when the whole page does.
fn scroller(list: &Element) -> Option<Element> {
    list.closest("[data-scrolls]").ok().flatten().filter(|around| around.scroll_height() > around.client_height())
}

fn scrolled(list: &Element) -> f64 {
    match scroller(list) {
        Some(scroller) => f64::from(scroller.scroll_top()),
        None => window().scroll_y().unwrap_or_default(),
    }
}

fn scroll_by(list: &Element, distance: f64) {
    match scroller(list) {
        Some(scroller) => scroller.scroll_by_with_x_and_y(0.0, distance),
        None => window().scroll_by_with_x_and_y(0.0, distance),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four rows of 40 with gaps of 10.
    fn rows() -> Vec<Row> {
        [0.0, 50.0, 100.0, 150.0].map(|top| Row { top, height: 40.0 }).to_vec()
    }

    fn check(from: usize, moved: f64, to: usize) {
        assert_eq!(landing(&rows(), from, moved), to, "from {from} by {moved}");
    }

    #[test]
    fn a_row_lands_beyond_those_whose_middle_it_has_passed() {
        check(0, 0.0, 0);
        check(0, 29.0, 0);
        check(0, 31.0, 1);
        check(0, 150.0, 3);
        check(3, -29.0, 3);
        check(3, -31.0, 2);
        check(3, -150.0, 0);
        check(1, 81.0, 3);
    }

    #[test]
    fn a_row_stays_in_its_list_and_reaches_both_ends() {
        let uneven: Vec<Row> =
            [(0.0, 90.0), (100.0, 40.0), (150.0, 20.0)].map(|(top, height)| Row { top, height }).to_vec();
        for (from, moved, way, place) in [(0, 1_000.0, 80.0, 2), (2, -1_000.0, -150.0, 0), (1, -5.0, -5.0, 1)] {
            assert!((within(&uneven, from, moved) - way).abs() < 1e-9, "{from} by {moved}");
            assert_eq!(landing(&uneven, from, way), place, "{from} by {way}");
        }
    }

    #[test]
    fn the_others_make_room_and_close_the_gap() {
        let aside = |from, to| (0..4).map(|place| step_aside(&rows(), from, to, place)).collect::<Vec<_>>();
        assert_eq!(aside(0, 2), [0.0, -50.0, -50.0, 0.0]);
        assert_eq!(aside(3, 1), [0.0, 50.0, 50.0, 0.0]);
        assert_eq!(aside(2, 2), [0.0; 4]);
    }

    #[test]
    fn the_list_scrolls_only_near_the_edges() {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(close(scroll_speed(400.0, 800.0), 0.0));
        assert!(close(scroll_speed(800.0, 800.0), SCROLL_MAX));
        assert!(close(scroll_speed(-20.0, 800.0), -SCROLL_MAX));
        assert!(close(scroll_speed(EDGE / 2.0, 800.0), -SCROLL_MAX / 2.0));
    }
}
