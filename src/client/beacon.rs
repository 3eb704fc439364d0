//! Telling the own server something that nobody waits for.
//!
//! The page's document names the address; without one the operator wants to hear nothing. No other server is ever asked.

use crate::client::dom::window;
use crate::protocol::telemetry::Report;

/// The document's attribute with the address.
const ATTRIBUTE: &str = "data-telemetry";

/// Sends a report; what becomes of it changes nothing here.
pub fn send(report: &Report) {
    let window = window();
    let root = window.document().and_then(|document| document.document_element());
    if let Some(address) = root.and_then(|root| root.get_attribute(ATTRIBUTE)) {
        // False means that the browser has too much to send already.
        let _ = window.navigator().send_beacon_with_opt_str(&address, Some(&report.text()));
    }
}
