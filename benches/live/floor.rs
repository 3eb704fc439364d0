//! The floor: a child process that does nothing but the unavoidable, on the core where the server also runs.
//!
//! It writes ready-made bytes to sockets, inserts ready-made rows, and answers requests with a ready-made page. It is told
//! what to do by lines on its standard input, and ends with it. First the parent's side, then the child's.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::links::server_text;
use crate::process;
use crate::rows::Rows;
use crate::server::{end, fresh_folder};

/// The argument that makes this program the floor.
pub const ARGUMENT: &str = "floor";

/// The running floor, as the parent has it.
pub struct Floor {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Where it takes sockets to write to.
    pub sockets: SocketAddr,
    /// Where it answers with a page.
    pub pages: SocketAddr,
}

impl Floor {
    /// Starts it.
    pub fn start() -> Result<Self> {
        let own = std::env::current_exe()?;
        let mut child = process::on_subject_core(own.to_str().context("a plain path")?)
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the floor does not start")?;
        let orders = child.stdin.take().context("its input is a pipe")?;
        let mut answers = BufReader::new(child.stdout.take().context("its output is a pipe")?);
        let mut line = String::new();
        answers.read_line(&mut line)?;
        let mut addresses = line.split_whitespace().map(str::parse);
        let (Some(Ok(sockets)), Some(Ok(pages))) = (addresses.next(), addresses.next()) else {
            end(&mut child);
            bail!("the floor said {line:?}");
        };
        Ok(Self { child, orders, answers, sockets, pages })
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Opens a group of sockets.
    pub fn open(&mut self, count: usize) -> Result<Vec<TcpStream>> {
        self.order(&format!("accept {count}"))?;
        let streams: io::Result<Vec<TcpStream>> = (0..count).map(|_| TcpStream::connect(self.sockets)).collect();
        self.answer()?;
        Ok(streams?)
    }

    /// Says with which bytes it greets from now on, the answer to the upgrade first.
    pub fn hail(&mut self, bytes: &[u8]) -> Result<()> {
        self.order(&format!("hail {}", bytes.len()))?;
        self.orders.write_all(bytes)?;
        self.answer().map(drop)
    }

    /// Has it greet so many connections, which become a group. They go to [`Floor::sockets`]; [`Floor::greeted`] waits.
    pub fn greet(&mut self, count: usize) -> Result<()> {
        self.order(&format!("greet {count}"))
    }

    /// Waits until all are greeted.
    pub fn greeted(&mut self) -> Result<()> {
        self.answer().map(drop)
    }

    /// Has a ping written once to each socket of a group.
    pub fn ping(&mut self, group: usize) -> Result<()> {
        self.order(&format!("ping {group}"))
    }

    /// Has the pongs of a group read, which have to be there already.
    pub fn take_pongs(&mut self, group: usize) -> Result<()> {
        self.order(&format!("pongs {group}"))?;
        self.answer().map(drop)
    }

    /// Ends the sockets of a group.
    pub fn drop_group(&mut self, group: usize) -> Result<()> {
        self.order(&format!("drop {group}"))?;
        self.answer().map(drop)
    }

    /// Says which text it writes from now on.
    pub fn say(&mut self, text: &[u8]) -> Result<()> {
        let text = std::str::from_utf8(text)?;
        ensure!(!text.contains('\n'), "a text of one line");
        self.order(&format!("say {text}"))?;
        self.answer().map(drop)
    }

    /// Has the text written once to each socket of a group, counted from 0.
    pub fn write(&mut self, group: usize) -> Result<()> {
        self.order(&format!("write {group}"))
    }

    /// Has rows inserted in batches; how long that took.
    pub fn insert(&mut self, batches: &[usize]) -> Result<Duration> {
        let sizes: Vec<String> = batches.iter().map(usize::to_string).collect();
        self.order(&format!("insert {}", sizes.join(",")))?;
        Ok(Duration::from_nanos(self.answer()?.parse()?))
    }

    /// Says with which bytes it answers requests from now on.
    pub fn page(&mut self, bytes: &[u8]) -> Result<()> {
        self.order(&format!("page {}", bytes.len()))?;
        self.orders.write_all(bytes)?;
        self.answer().map(drop)
    }

    fn order(&mut self, line: &str) -> Result<()> {
        writeln!(self.orders, "{line}").context("the floor has ended")
    }

    fn answer(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.answers.read_line(&mut line)? > 0, "the floor has ended");
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// A ping with as many bytes as the server's have.
const PING: [u8; 10] = [0x89, 8, 0, 0, 0, 0, 0, 0, 0, 0];
/// A pong that answers it: head, mask, bytes.
const PONG_LENGTH: usize = 2 + 4 + 8;

/// Seats in the floor's database; no room of the bench has more that answer.
const SEATS: usize = 2_000;

/// Runs as the floor until the input ends.
pub fn run() -> Result<()> {
    let sockets = TcpListener::bind("127.0.0.1:0")?;
    let pages = TcpListener::bind("127.0.0.1:0")?;
    println!("{} {}", sockets.local_addr()?, pages.local_addr()?);
    let page = Arc::new(Mutex::new(Arc::<[u8]>::from([])));
    thread::spawn({
        let page = Arc::clone(&page);
        move || serve_pages(&pages, &page)
    });

    let mut orders = io::stdin().lock();
    let mut groups: Vec<Vec<TcpStream>> = Vec::new();
    let (mut frame, mut hail) = (Vec::new(), Vec::new());
    let mut rows = None;
    let mut line = String::new();
    loop {
        line.clear();
        if orders.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let (order, rest) = line.trim_end().split_once(' ').context("an order and its object")?;
        match order {
            "accept" => {
                groups.push(accept(&sockets, rest.parse()?)?);
                println!("done");
            }
            "say" => {
                frame = server_text(rest.as_bytes());
                println!("done");
            }
            "write" => {
                for mut socket in groups.get(rest.parse::<usize>()?).context("a group")? {
                    socket.write_all(&frame)?;
                }
            }
            "hail" => {
                hail.resize(rest.parse()?, 0);
                orders.read_exact(&mut hail)?;
                println!("done");
            }
            "greet" => {
                groups.push(greet(&sockets, rest.parse()?, &hail)?);
                println!("done");
            }
            "ping" => {
                for mut socket in groups.get(rest.parse::<usize>()?).context("a group")? {
                    socket.write_all(&PING)?;
                }
            }
            "pongs" => {
                let mut pong = [0; PONG_LENGTH];
                for mut socket in groups.get(rest.parse::<usize>()?).context("a group")? {
                    socket.read_exact(&mut pong)?;
                }
                println!("done");
            }
            "drop" => {
                groups.get_mut(rest.parse::<usize>()?).context("a group")?.clear();
                println!("done");
            }
            "insert" => {
                let sizes: Result<Vec<usize>, _> = rest.split(',').map(str::parse).collect();
                if rows.is_none() {
                    let folder = fresh_folder()?;
                    rows = Some((Rows::make(folder.path(), SEATS)?, folder));
                }
                let (rows, _) = rows.as_mut().context("made above")?;
                println!("{}", rows.insert(&sizes?)?.as_nanos());
            }
            "page" => {
                let mut bytes = vec![0; rest.parse()?];
                orders.read_exact(&mut bytes)?;
                *page.lock().expect("nobody panics with the page") = bytes.into();
                println!("done");
            }
            other => bail!("no order: {other}"),
        }
    }
}

fn accept(listener: &TcpListener, count: usize) -> io::Result<Vec<TcpStream>> {
    let accept = |_| {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    (0..count).map(accept).collect()
}

/// Takes connections one after the other: reads a request's head and answers with the bytes.
fn greet(listener: &TcpListener, count: usize, hail: &[u8]) -> io::Result<Vec<TcpStream>> {
    let mut buffer = [0; 4_096];
    let greet = |_| {
        let (mut stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        let mut filled = 0;
        while !buffer[..filled].ends_with(b"\r\n\r\n") {
            filled += stream.read(&mut buffer[filled..])?;
        }
        stream.write_all(hail)?;
        Ok(stream)
    };
    (0..count).map(greet).collect()
}

fn serve_pages(listener: &TcpListener, page: &Arc<Mutex<Arc<[u8]>>>) {
    for stream in listener.incoming().map_while(io::Result::ok) {
        let page = Arc::clone(page);
        // Whoever asked has gone when this fails.
        thread::spawn(move || drop(serve_page(&stream, &page)));
    }
}

fn serve_page(mut stream: &TcpStream, page: &Mutex<Arc<[u8]>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = [0; 8_192];
    let mut filled = 0;
    loop {
        let length = stream.read(&mut buffer[filled..])?;
        if length == 0 {
            return Ok(());
        }
        filled += length;
        if buffer[..filled].ends_with(b"\r\n\r\n") {
            filled = 0;
            let page = Arc::clone(&page.lock().expect("nobody panics with the page"));
            stream.write_all(&page)?;
        }
    }
}
