//! TCP echo server, see `benchmarks/peers/README.md`.

use std::io;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use edo_tokio_peer::{raise_descriptor_limit, serve_until_signal, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const USAGE: &str = "usage: tokio_echo [--port P] [--flavor current_thread|multi] [--workers N] \
    [--buffer BYTES] [--compute MS]";

fn main() -> io::Result<()> {
    let options = Options::parse(USAGE);
    raise_descriptor_limit();
    let (port, buffer, busy) = (options.port, options.buffer, options.compute);
    options
        .build_runtime()?
        .block_on(serve_until_signal(async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            println!("listening on {}", listener.local_addr()?);
            if busy > 0 {
                tokio::spawn(compute(Duration::from_millis(busy)));
            }
            loop {
                let (stream, _) = listener.accept().await?;
                tokio::spawn(async move {
                    // A connection that breaks is the load generator's to report.
                    let _ = echo(stream, buffer).await;
                });
            }
        }))
}

async fn echo(mut stream: TcpStream, buffer: usize) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut bytes = vec![0; buffer];
    loop {
        let count = stream.read(&mut bytes).await?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&bytes[..count]).await?;
    }
}

/// Keeps a worker busy, and lets others run after each `period`.
async fn compute(period: Duration) {
    loop {
        let start = Instant::now();
        while start.elapsed() < period {}
        tokio::task::yield_now().await;
    }
}
