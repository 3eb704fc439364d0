//! How long the house waits for slow visitors: for a head, for a body, for an answer to be taken.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::tests::house::{House, PATIENCE, folder, on_runtime};

/// A head that goes on, but not to its end.
pub const HALF_A_HEAD: &str = "GET / HTTP/1.1\r\nHost: podium.example\r\n";
/// The head of a form that is longer than what follows.
pub const UPLOAD: &str = "POST /join HTTP/1.1\r\nHost: podium.example\r\n\
     Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000\r\n\r\n";

/// Sends a text, and whatever comes until the house ends the connection.
pub async fn exchange(address: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(text.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the house ends it").expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends byte after byte until the house ends the connection; what it said, and how long that took.
async fn dribble(address: SocketAddr, start: &str) -> (String, Duration) {
    let since = Instant::now();
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(start.as_bytes()).await.expect("sent");
    let (mut reader, mut writer) = stream.split();
    let mut answer = Vec::new();
    let dribbling = async {
        let mut rhythm = tokio::time::interval(Duration::from_millis(20));
        while writer.write_all(b"a").await.is_ok() {
            rhythm.tick().await;
        }
    };
    let reading = async {
        // A connection that is cut while bytes are on their way ends with an error; that is an end too.
        let _ = reader.read_to_end(&mut answer).await;
    };
    timeout(PATIENCE, async { tokio::join!(dribbling, reading) }).await.expect("the house ends it");
    (String::from_utf8_lossy(&answer).into_owned(), since.elapsed())
}

#[test]
fn heads_and_bodies_that_dribble_in_are_not_waited_for() {
    let folder = folder();
    on_runtime(async {
        let turn = |limits: &mut crate::domain::limits::Limits| (limits.head_ms, limits.body_ms) = (300, 600);
        let house = House::open_with(folder.path(), turn).await;
        let address = house.running.address;
        let (_, took) = dribble(address, HALF_A_HEAD).await;
        assert!((Duration::from_millis(290)..Duration::from_secs(5)).contains(&took), "a head: {took:?}");
        let (answer, took) = dribble(address, UPLOAD).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!((Duration::from_millis(590)..Duration::from_secs(5)).contains(&took), "a body: {took:?}");
        assert_eq!(house.visitor().get("/healthz").await.expect("the house answers").status(), 200);
    });
}

/// A visitor who asks and asks and reads nothing, until the house ends it.
pub async fn read_nothing(address: SocketAddr) -> std::io::Result<()> {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut stream = socket.connect(address).await.expect("a connection");
    loop {
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: podium.example\r\n\r\n").await?;
    }
}

#[test]
fn an_answer_that_nobody_takes_is_not_kept_for_ever() {
    let folder = folder();
    on_runtime(async {
        let flags = ["--metrics-networks", "127.0.0.1", "--reply-ms", "500"];
        let house = House::open_as(folder.path(), &flags).await;
        let since = Instant::now();
        let ended = timeout(PATIENCE, read_nothing(house.running.address)).await.expect("the house ends it");
        assert!(ended.is_err() && since.elapsed() >= Duration::from_millis(490), "{:?}", since.elapsed());
        // Who takes it in time gets all of it, however long the connection lives.
        let mut stream = TcpStream::connect(house.running.address).await.expect("a connection");
        let mut answer = vec![0; 4_096];
        for _ in 0..4 {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: podium.example\r\n\r\n").await.expect("sent");
            let count = stream.read(&mut answer).await.expect("an answer");
            assert!(answer[..count].starts_with(b"HTTP/1.1 200 "), "{:?}", String::from_utf8_lossy(&answer[..count]));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
}
