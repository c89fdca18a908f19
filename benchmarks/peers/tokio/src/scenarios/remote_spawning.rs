//! What it costs to start tasks from a thread outside the runtime, while its workers have nothing
//! to do and while they are busy. After Tokio's own benchmark `rt_multi_threaded`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task;

use super::Done;

const TASKS: usize = 10_000; // of a round
const FEW_TASKS: usize = 200; // of a round, while the workers are busy
const STALL: Duration = Duration::from_micros(10); // which a busy task takes between two turns

static BUSY: AtomicBool = AtomicBool::new(false);

pub fn run(runtime: &Runtime, workers: usize, name: &str, iterations: usize) -> Done {
    match name {
        "spawn_remote_idle" => spawn_from_here(runtime, iterations, TASKS),
        "spawn_remote_busy_yield" => {
            BUSY.store(true, Ordering::Relaxed);
            for _ in 0..2 * workers {
                runtime.spawn(stall_and_yield());
            }
            end_busy(spawn_from_here(runtime, iterations, FEW_TASKS))
        }
        _ => {
            BUSY.store(true, Ordering::Relaxed);
            for _ in 0..workers {
                runtime.spawn(async { stall_and_spawn() });
            }
            end_busy(spawn_from_here(runtime, iterations, FEW_TASKS))
        }
    }
}

/// The work behind it ends by itself soon after.
fn end_busy(done: Done) -> Done {
    BUSY.store(false, Ordering::Relaxed);
    done
}

fn spawn_from_here(runtime: &Runtime, iterations: usize, tasks: usize) -> Done {
    let rounds = iterations.div_ceil(tasks);
    let handle = runtime.handle();
    let mut handles = Vec::with_capacity(tasks);
    for _ in 0..rounds {
        for _ in 0..tasks {
            handles.push(handle.spawn(async {}));
        }
        runtime.block_on(async {
            for handle in handles.drain(..) {
                handle.await.unwrap();
            }
        });
    }
    (rounds * tasks).into()
}

fn stall() {
    let start = Instant::now();
    while start.elapsed() < STALL {
        thread::yield_now();
    }
}

async fn stall_and_yield() {
    while BUSY.load(Ordering::Relaxed) {
        task::yield_now().await;
        stall();
    }
}

fn stall_and_spawn() {
    tokio::spawn(async {
        if BUSY.load(Ordering::Relaxed) {
            stall();
            stall_and_spawn();
        }
    });
}
