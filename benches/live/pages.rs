//! Rendered pages: how many a second, and what one costs, next to a program that answers with the same bytes.
//!
//! Each connection asks for the player's page of a seat, waits for the whole answer and asks again.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::Pace;
use crate::figures::{Figure, Series, us};
use crate::floor::Floor;
use crate::http::Browser;
use crate::process::cpu;
use crate::server::Server;

/// Connections at once.
const CONNECTIONS: [usize; 2] = [1, 2];

/// Measures the page at an address, for who has the cookie.
pub fn measure(server: &Server, floor: &mut Floor, path: &str, cookie: &str, pace: Pace) -> Result<Vec<Figure>> {
    let request = request(server.address, path, cookie);
    let page = Browser::open(server.address)?.ask(request.as_bytes())?;
    ensure!(page.status == 200, "{path} was answered with {}", page.status);
    let mut bytes = page.head.into_bytes();
    // The floor answers with a length, however the server did.
    bytes.truncate(bytes.len() - 2);
    let mut head: String = String::from_utf8(bytes)?
        .split_inclusive("\r\n")
        .filter(|line| !line.to_ascii_lowercase().starts_with("transfer-encoding:"))
        .filter(|line| !line.to_ascii_lowercase().starts_with("content-length:"))
        .collect();
    head.push_str(&format!("content-length: {}\r\n\r\n", page.body.len()));
    floor.page(&[head.as_bytes(), &page.body].concat())?;

    let mut figures = Vec::new();
    for connections in CONNECTIONS {
        let (mut rate, mut bare, mut ratio, mut cost) = <(Series, Series, Series, Series)>::default();
        for round in 0..pace.page_rounds + 1 {
            let before = cpu(server.pid())?;
            let pages = ask(server.address, &request, connections, pace.page_block)?;
            let spent = us(cpu(server.pid())?.since(&before));
            let floor_pages = ask(floor.pages, &request, connections, pace.page_block)?;
            // The first round only warms up.
            if round > 0 {
                let seconds = pace.page_block.as_secs_f64();
                rate.push(pages as f64 / seconds);
                bare.push(floor_pages as f64 / seconds);
                ratio.push(pages as f64 / floor_pages as f64);
                cost.push(spent / pages as f64);
            }
        }
        let what = format!("Rendered player pages per second, {connections} connection{}", ["", "s"][connections - 1]);
        figures.push(
            Figure::plain(what, format!("{} /s", rate.spread(0))).above(format!("{} /s", bare.spread(0)), &ratio),
        );
        let what = format!("The same: server CPU per page of {} bytes", page.body.len());
        figures.push(Figure::plain(what, format!("{} µs", cost.spread(0))));
    }
    Ok(figures)
}

fn request(address: SocketAddr, path: &str, cookie: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept-Encoding: br\r\nCookie: {cookie}\r\n\r\n")
}

/// Asks over and over on so many connections; how many answers came in the time.
fn ask(address: SocketAddr, request: &str, connections: usize, length: Duration) -> Result<usize> {
    let one = || -> Result<usize> {
        let mut browser = Browser::open(address)?;
        let end = Instant::now() + length;
        let mut pages = 0;
        while Instant::now() < end {
            let answer = browser.ask(request.as_bytes())?;
            ensure!(answer.status == 200, "a page was answered with {}", answer.status);
            pages += 1;
        }
        Ok(pages)
    };
    thread::scope(|scope| {
        let askers: Vec<_> = (0..connections).map(|_| scope.spawn(one)).collect();
        askers.into_iter().map(|asker| asker.join().expect("an asker does not panic")).sum()
    })
}
