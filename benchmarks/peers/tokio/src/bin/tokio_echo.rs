//! TCP echo server, see `benchmarks/peers/README.md`.

use std::io;
use std::net::Ipv4Addr;

use edo_tokio_peer::Options;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{signal, SignalKind};

const USAGE: &str =
    "usage: tokio_echo [--port P] [--flavor current_thread|multi] [--workers N] [--buffer BYTES]";

fn main() -> io::Result<()> {
    let options = Options::parse(USAGE);
    raise_descriptor_limit();
    let runtime = options.build_runtime()?;
    let (port, buffer) = (options.port, options.buffer);
    runtime.block_on(async move {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        println!("listening on {}", listener.local_addr()?);
        // Spawned, so that on the multi-thread scheduler a worker accepts, not this thread.
        let server = tokio::spawn(serve(listener, buffer));
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
            ended = server => ended.unwrap_or_else(|error| Err(io::Error::other(error))),
        }
    })
}

async fn serve(listener: TcpListener, buffer: usize) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            // A connection that breaks is the load generator's to report.
            let _ = echo(stream, buffer).await;
        });
    }
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

/// Lets the process open as many descriptors as it is allowed to.
fn raise_descriptor_limit() {
    unsafe {
        let mut limit = std::mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        }
    }
}
