//! The scenarios of `tokio_micro`, defined in `benchmarks/comparison/*.md`.

mod blocking_and_copying;
mod channels;
mod files;
mod fork_join;
mod locks;
mod notifications;
mod remote_spawning;
mod spawning;
mod switching;
mod timers;

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::time::sleep;

use crate::Countdown;

/// Tasks of a batch, depth of a chain, and the like.
const BATCH: usize = 1000;

/// One scenario runs at a time.
static COUNTDOWN: Countdown = Countdown::new();

/// What a repeat has done.
pub struct Done {
    pub operations: usize,
    /// Time that was spent on something else than operations.
    pub not_counted: Duration,
}

impl From<usize> for Done {
    fn from(operations: usize) -> Done {
        Done {
            operations,
            not_counted: Duration::ZERO,
        }
    }
}

pub const NAMES: [&str; 56] = [
    "spawn",
    "spawn_many_local",
    "spawn_join",
    "spawn_many_join",
    "chained_spawn",
    "spawn_remote_idle",
    "spawn_remote_busy_yield",
    "spawn_remote_busy_spawn",
    "yield",
    "yield_many",
    "ping_pong",
    "select",
    "timer_arm_cancel",
    "timer_arm_cancel_behind",
    "timer_arm_cancel_among_million",
    "timer_arm_fire",
    "spawn_blocking",
    "spawn_blocking_burst",
    "copy_memory",
    "copy_pipe",
    "mpsc_alone",
    "mpsc_1p1c",
    "mpsc_8p1c",
    "mpsc_8p1c_full",
    "mpsc_rendezvous",
    "mpsc_request_reply",
    "unbounded_alone",
    "unbounded_1p1c",
    "unbounded_8p1c",
    "oneshot_alone",
    "oneshot_task",
    "mutex_alone",
    "mutex_contended",
    "mutex_handed_over",
    "rwlock_read_alone",
    "rwlock_write_alone",
    "rwlock_read_shared",
    "rwlock_mixed",
    "semaphore_alone",
    "semaphore_shared",
    "semaphore_contended",
    "notify_alone",
    "notify_ping_pong",
    "notify_one_of_100",
    "notify_all_100",
    "watch_alone",
    "watch_to_100",
    "broadcast_alone",
    "broadcast_to_100",
    "fib",
    "skynet",
    "nqueens",
    "fs_whole_4k",
    "fs_whole_1m",
    "fs_open_read_close",
    "fs_read",
];

/// Runs one repeat and returns how many operations it really did, and in what time.
pub fn measure(
    runtime: &Runtime,
    workers: usize,
    name: &'static str,
    iterations: usize,
) -> (usize, Duration) {
    if name.starts_with("spawn_remote") {
        let start = Instant::now();
        let done = remote_spawning::run(runtime, workers, name, iterations);
        return (done.operations, start.elapsed() - done.not_counted);
    }
    let driver = runtime.spawn(drive(name, iterations));
    runtime.block_on(driver).expect("the driver panicked")
}

async fn drive(name: &'static str, iterations: usize) -> (usize, Duration) {
    // An earlier timer that the driver has parked on, so that later ones need not wake it.
    let earlier = (name == "timer_arm_cancel_behind")
        .then(|| tokio::spawn(sleep(Duration::from_secs(1800))));
    if earlier.is_some() {
        sleep(Duration::from_millis(5)).await;
    }
    let start = Instant::now();
    let done = run(name, iterations).await;
    let elapsed = start.elapsed() - done.not_counted;
    if let Some(earlier) = earlier {
        earlier.abort();
    }
    (done.operations, elapsed)
}

async fn run(name: &'static str, iterations: usize) -> Done {
    match name {
        "spawn" => spawning::spawn(iterations).await,
        "spawn_many_local" => spawning::spawn_many_local(iterations).await,
        "spawn_join" => spawning::spawn_join(iterations).await,
        "spawn_many_join" => spawning::spawn_many_join(iterations).await,
        "chained_spawn" => spawning::chained_spawn(iterations).await,
        "yield" => switching::yield_one(iterations).await,
        "yield_many" => switching::yield_many(iterations).await,
        "ping_pong" => switching::ping_pong(iterations).await,
        "select" => timers::select(iterations).await,
        "timer_arm_cancel" => timers::timer_arm_cancel(iterations).await,
        "timer_arm_cancel_behind" => timers::timer_arm_cancel(iterations).await,
        "timer_arm_cancel_among_million" => {
            timers::timer_arm_cancel_among_million(iterations).await
        }
        "timer_arm_fire" => timers::timer_arm_fire(iterations).await,
        "spawn_blocking" => blocking_and_copying::spawn_blocking(iterations).await,
        "spawn_blocking_burst" => blocking_and_copying::spawn_blocking_burst(iterations).await,
        "copy_memory" => blocking_and_copying::copy_memory(iterations).await,
        "copy_pipe" => blocking_and_copying::copy_pipe(iterations).await,
        "mpsc_alone" => channels::mpsc_alone(iterations).await,
        "mpsc_1p1c" => channels::mpsc(1000, 1, iterations).await,
        "mpsc_8p1c" => channels::mpsc(1000, 8, iterations).await,
        "mpsc_8p1c_full" => channels::mpsc(10, 8, iterations).await,
        "mpsc_rendezvous" => channels::mpsc(1, 1, iterations).await,
        "mpsc_request_reply" => channels::request_reply(iterations).await,
        "unbounded_alone" => channels::unbounded_alone(iterations).await,
        "unbounded_1p1c" => channels::unbounded(1, iterations).await,
        "unbounded_8p1c" => channels::unbounded(8, iterations).await,
        "oneshot_alone" => channels::oneshot_alone(iterations).await,
        "oneshot_task" => channels::oneshot_task(iterations).await,
        "mutex_alone" => locks::mutex_alone(iterations).await,
        "mutex_contended" => locks::mutex_contended(iterations).await,
        "mutex_handed_over" => locks::mutex_handed_over(iterations).await,
        "rwlock_read_alone" => locks::rwlock_read_alone(iterations).await,
        "rwlock_write_alone" => locks::rwlock_write_alone(iterations).await,
        "rwlock_read_shared" => locks::rwlock_read_shared(iterations).await,
        "rwlock_mixed" => locks::rwlock_mixed(iterations).await,
        "semaphore_alone" => locks::semaphore_alone(iterations).await,
        "semaphore_shared" => locks::semaphore(8, iterations).await,
        "semaphore_contended" => locks::semaphore(2, iterations).await,
        "notify_alone" => notifications::notify_alone(iterations).await,
        "notify_ping_pong" => notifications::notify_ping_pong(iterations).await,
        "notify_one_of_100" => notifications::notify_one_of_100(iterations).await,
        "notify_all_100" => notifications::notify_all_100(iterations).await,
        "watch_alone" => notifications::watch_alone(iterations).await,
        "watch_to_100" => notifications::watch_to_100(iterations).await,
        "broadcast_alone" => notifications::broadcast_alone(iterations).await,
        "broadcast_to_100" => notifications::broadcast_to_100(iterations).await,
        "fib" => fork_join::fib_tree().await,
        "skynet" => fork_join::skynet_tree().await,
        "nqueens" => fork_join::nqueens_tree().await,
        "fs_whole_4k" => files::whole_small(iterations).await,
        "fs_whole_1m" => files::whole_large(iterations).await,
        "fs_open_read_close" => files::open_read_close(iterations).await,
        "fs_read" => files::read_blocks(iterations).await,
        _ => unreachable!("{name} is in NAMES"),
    }
}

/// To be called at the end of the program.
pub fn clean_up() {
    files::remove_files();
}
