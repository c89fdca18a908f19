//! How much resident memory a task costs that waits, see `benchmarks/comparison/sleepers.md`.

use std::fs;
use std::io::{self, Write};
use std::process;
use std::time::{Duration, Instant};

use edo_tokio_peer::{Countdown, Options};
use tokio::net::UnixDatagram;
use tokio::task;
use tokio::time::sleep;

const USAGE: &str =
    "usage: tokio_sleepers [sleepers|sockets] [--tasks N] [--flavor current_thread|multi] [--workers N]";

/// Spawned between two yields, so that the run queue stays small and is not what is measured.
const BATCH: usize = 1000;
const HOUR: Duration = Duration::from_secs(3600);

static POLLED: Countdown = Countdown::new();

fn main() -> io::Result<()> {
    let options = Options::parse(USAGE);
    let scenario = options.names.first().map_or("sleepers", String::as_str);
    if options.names.len() > 1 || !["sleepers", "sockets"].contains(&scenario) {
        eprintln!("{USAGE}");
        process::exit(2);
    }
    let on_sockets = scenario == "sockets";
    let runtime = options.build_runtime()?;

    // One sleeper first: the timer, the queues, and the allocator's arenas are then in place.
    let prepared = runtime.spawn(spawn_sleepers(1, on_sockets));
    runtime.block_on(prepared).expect("the driver panicked");

    let before = resident_bytes()?;
    let start = Instant::now();
    let driver = runtime.spawn(spawn_sleepers(options.tasks, on_sockets));
    runtime.block_on(driver).expect("the driver panicked");
    let seconds = start.elapsed().as_secs_f64();
    let after = resident_bytes()?;

    println!(
        "{{\"peer\":\"tokio\",\"scenario\":\"{scenario}\",\"flavor\":\"{}\",\"workers\":{},\
         \"tasks\":{},\"seconds\":{seconds:.6},\"rss_before\":{before},\"rss_after\":{after},\
         \"bytes_per_task\":{:.1}}}",
        options.flavor.name(),
        options.workers,
        options.tasks,
        after.saturating_sub(before) as f64 / options.tasks as f64,
    );
    io::stdout().flush()?;
    process::exit(0) // leaves a million sleepers where they are
}

async fn sleep_long() {
    POLLED.count();
    sleep(HOUR).await;
}

/// Waits for a datagram that nobody sends, in a socket of its own.
async fn receive_long() {
    let socket = UnixDatagram::unbound().unwrap();
    POLLED.count();
    let mut buffer = [0; 1];
    let received = socket.recv(&mut buffer).await;
    panic!("{received:?}");
}

async fn spawn_sleepers(count: usize, on_sockets: bool) {
    POLLED.start(count);
    for index in 0..count {
        if on_sockets {
            tokio::spawn(receive_long());
        } else {
            tokio::spawn(sleep_long());
        }
        if index % BATCH == BATCH - 1 {
            task::yield_now().await;
        }
    }
    POLLED.finished().await;
}

fn resident_bytes() -> io::Result<u64> {
    let statm = fs::read_to_string("/proc/self/statm")?;
    let pages = statm.split(' ').nth(1).and_then(|field| field.parse().ok());
    let page_size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
    pages
        .map(|pages: u64| pages * page_size)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "unreadable statm"))
}
