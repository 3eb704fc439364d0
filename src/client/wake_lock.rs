//! Keeps the screen awake while a room is played.
//!
//! Browsers take the lock away whenever the page is hidden, so it is asked for again when the page is seen. Where there
//! is no such thing (plain http, older browsers, a low battery) the screen sleeps as always. The calls go by name,
//! because web-sys has this interface only behind a compiler flag.
//!
//! Source: W3C, Screen Wake Lock API.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::client::dom::window;

/// A wish that the screen stays awake; ends when it is given up or dropped.
#[derive(Default)]
pub struct WakeLock {
    held: Rc<RefCell<Held>>,
}

#[derive(Default)]
struct Held {
    sentinel: Option<JsValue>,
    is_over: bool,
}

impl WakeLock {
    /// Asks for the lock, in place of one that was lost. For the start and whenever the page is seen again.
    pub fn ask(&self) {
        if self.held.borrow().is_over {
            return;
        }
        let Some(promise) = request() else { return };
        let held = Rc::clone(&self.held);
        spawn_local(async move {
            // Refused, for example by a low battery: the screen sleeps as always.
            let Ok(sentinel) = JsFuture::from(promise).await else { return };
            let before = {
                let mut held = held.borrow_mut();
                if held.is_over { Some(sentinel) } else { held.sentinel.replace(sentinel) }
            };
            if let Some(before) = before {
                release(&before);
            }
        });
    }

    /// Asks for the lock also after it was given up.
    pub fn ask_again(&self) {
        self.held.borrow_mut().is_over = false;
        self.ask();
    }

    /// Lets the screen sleep again, until [`WakeLock::ask_again`].
    pub fn give_up(&self) {
        let mut held = self.held.borrow_mut();
        held.is_over = true;
        if let Some(sentinel) = held.sentinel.take() {
            release(&sentinel);
        }
    }
}

impl Drop for WakeLock {
    fn drop(&mut self) {
        self.give_up();
    }
}

fn request() -> Option<Promise> {
    let lock = Reflect::get(&window().navigator(), &"wakeLock".into()).ok()?;
    call(&lock, "request", &"screen".into())?.dyn_into().ok()
}

fn release(sentinel: &JsValue) {
    let _ = call(sentinel, "release", &JsValue::UNDEFINED);
}

/// Calls a method by its name; `None` if there is none or it throws.
fn call(object: &JsValue, method: &str, argument: &JsValue) -> Option<JsValue> {
    let method: Function = Reflect::get(object, &method.into()).ok()?.dyn_into().ok()?;
    method.call1(object, argument).ok()
}
