//! Listeners, intervals and frames that end when they are dropped, so that a page that is left leaves nothing behind.
//!
//! Knows nothing of what they are for.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventTarget, Window};

/// The browser's window.
///
/// # Panics
/// In a worker; the program only runs in pages.
pub fn window() -> Window {
    web_sys::window().expect("the program runs in a page")
}

/// A text in small letters, by the browser's own tables.
pub fn lower_case(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// A listener to one kind of event of one target.
pub struct Listener {
    target: EventTarget,
    kind: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Listens until it is dropped.
    pub fn new<E: JsCast>(target: &EventTarget, kind: &'static str, mut heard: impl FnMut(E) + 'static) -> Self {
        let closure = Closure::new(move |event: Event| heard(event.unchecked_into()));
        // Fails only for a target that is no target.
        let _ = target.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref());
        Self { target: target.clone(), kind, closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.kind, self.closure.as_ref().unchecked_ref());
    }
}

/// Something that is done again and again.
pub struct Interval {
    handle: Option<i32>,
    _closure: Closure<dyn FnMut()>,
}

impl Interval {
    /// Does it every so many milliseconds until it is dropped.
    pub fn new(every_ms: i32, run: impl FnMut() + 'static) -> Self {
        let closure = Closure::new(run);
        let handle = window()
            .set_interval_with_callback_and_timeout_and_arguments_0(closure.as_ref().unchecked_ref(), every_ms)
            .ok();
        Self { handle, _closure: closure }
    }
}

impl Drop for Interval {
    fn drop(&mut self) {
        if let Some(handle) = self.handle {
            window().clear_interval_with_handle(handle);
        }
    }
}

/// Something that is done before the browser paints next.
pub struct BeforePaint {
    closure: Closure<dyn FnMut()>,
    asked: Option<i32>,
}

impl BeforePaint {
    /// Does nothing until it is asked to.
    pub fn new(run: impl FnMut() + 'static) -> Self {
        Self { closure: Closure::new(run), asked: None }
    }

    /// Asks for it, in place of what was asked before. A hidden page does not paint.
    pub fn ask(&mut self) {
        self.cancel();
        self.asked = window().request_animation_frame(self.closure.as_ref().unchecked_ref()).ok();
    }

    fn cancel(&mut self) {
        if let Some(asked) = self.asked.take() {
            // Fails only where there are no frames, and then nothing was asked.
            let _ = window().cancel_animation_frame(asked);
        }
    }
}

impl Drop for BeforePaint {
    fn drop(&mut self) {
        self.cancel();
    }
}
