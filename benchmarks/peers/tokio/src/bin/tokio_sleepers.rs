//! How much resident memory a task costs that sleeps, see `benchmarks/peers/README.md`.

use std::fs;
use std::io::{self, Write};
use std::process;
use std::time::{Duration, Instant};

use edo_tokio_peer::{Countdown, Options};
use tokio::task;
use tokio::time::sleep;

const USAGE: &str =
    "usage: tokio_sleepers [--tasks N] [--flavor current_thread|multi] [--workers N]";

/// Spawned between two yields, so that the run queue stays small and is not what is measured.
const BATCH: usize = 1000;
const HOUR: Duration = Duration::from_secs(3600);

static POLLED: Countdown = Countdown::new();

fn main() -> io::Result<()> {
    let options = Options::parse(USAGE);
    let runtime = options.build_runtime()?;

    // One sleeper first: the timer, the queues, and the allocator's arenas are then in place.
    let prepared = runtime.spawn(spawn_sleepers(1));
    runtime.block_on(prepared).expect("the driver panicked");

    let before = resident_bytes()?;
    let start = Instant::now();
    let driver = runtime.spawn(spawn_sleepers(options.tasks));
    runtime.block_on(driver).expect("the driver panicked");
    let seconds = start.elapsed().as_secs_f64();
    let after = resident_bytes()?;

    println!(
        "{{\"peer\":\"tokio\",\"scenario\":\"sleepers\",\"flavor\":\"{}\",\"workers\":{},\
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

async fn spawn_sleepers(count: usize) {
    POLLED.start(count);
    for index in 0..count {
        tokio::spawn(async {
            POLLED.count();
            sleep(HOUR).await;
        });
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
