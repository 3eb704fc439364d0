//! Asks a running server whether it is ready, for containers and service managers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than any answer of a server that works.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which server to ask.
#[derive(Args, Debug)]
pub struct Healthcheck {
    /// Address and port on which the server listens
    #[arg(long, env = "PODIUM_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
}

impl Healthcheck {
    /// Asks, and says that all is well.
    ///
    /// # Errors
    /// One line: the server does not answer, or is not ready.
    pub async fn run(self) -> anyhow::Result<()> {
        let address = reachable(self.listen);
        let answer = timeout(PATIENCE, ask(address)).await;
        let answer = answer.with_context(|| format!("the server on {address} did not answer within 5 s"))?;
        let answer = answer.with_context(|| format!("no server answers on {address}"))?;
        let status = answer.split_whitespace().nth(1).unwrap_or("nothing");
        if status != "200" {
            bail!("the server on {address} is not ready (status {status})");
        }
        println!("ready");
        Ok(())
    }
}

async fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(4_096).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A server that listens everywhere is asked on this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
