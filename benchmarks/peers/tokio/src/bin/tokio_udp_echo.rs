// SPDX-License-Identifier: MIT
//! UDP echo server, see `benchmarks/peers/README.md`.

use std::io;
use std::net::Ipv4Addr;
use std::os::unix::io::AsRawFd;

use edo_tokio_peer::{serve_until_signal, Options};
use tokio::net::UdpSocket;

const USAGE: &str = "usage: tokio_udp_echo [--port P] [--flavor current_thread|multi] \
    [--workers N] [--buffer BYTES]";
const SYSTEM_BUFFER: libc::c_int = 1 << 20;

fn main() -> io::Result<()> {
    let options = Options::parse(USAGE);
    let (port, buffer) = (options.port, options.buffer);
    options
        .build_runtime()?
        .block_on(serve_until_signal(async move {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).await?;
            set_receive_buffer(&socket)?;
            println!("listening on {}", socket.local_addr()?);
            echo(socket, buffer).await
        }))
}

async fn echo(socket: UdpSocket, buffer: usize) -> io::Result<()> {
    let mut bytes = vec![0; buffer];
    loop {
        let (count, from) = socket.recv_from(&mut bytes).await?;
        socket.send_to(&bytes[..count], from).await?;
    }
}

/// Tokio has no function for it.
fn set_receive_buffer(socket: &UdpSocket) -> io::Result<()> {
    let size = std::mem::size_of_val(&SYSTEM_BUFFER) as libc::socklen_t;
    let value = &SYSTEM_BUFFER as *const libc::c_int as *const libc::c_void;
    let fd = socket.as_raw_fd();
    match unsafe { libc::setsockopt(fd, libc::SOL_SOCKET, libc::SO_RCVBUF, value, size) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
