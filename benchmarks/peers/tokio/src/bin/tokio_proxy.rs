// SPDX-License-Identifier: MIT
//! TCP proxy, see `benchmarks/peers/README.md`.

use std::io;
use std::net::Ipv4Addr;

use edo_tokio_peer::{raise_descriptor_limit, serve_until_signal, Options};
use tokio::net::{TcpListener, TcpStream};

const USAGE: &str =
    "usage: tokio_proxy --to PORT [--port P] [--flavor current_thread|multi] [--workers N]";

fn main() -> io::Result<()> {
    let options = Options::parse(USAGE);
    raise_descriptor_limit();
    let (port, to) = (options.port, options.to);
    options
        .build_runtime()?
        .block_on(serve_until_signal(async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            println!("listening on {}", listener.local_addr()?);
            loop {
                let (client, _) = listener.accept().await?;
                tokio::spawn(async move {
                    // A connection that breaks is the load generator's to report.
                    let _ = relay(client, to).await;
                });
            }
        }))
}

async fn relay(mut client: TcpStream, to: u16) -> io::Result<()> {
    let mut upstream = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await?;
    client.set_nodelay(true)?;
    upstream.set_nodelay(true)?;
    tokio::io::copy_bidirectional(&mut client, &mut upstream).await?;
    Ok(())
}
