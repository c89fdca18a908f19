//! Scheduler and timer scenarios, defined in `benchmarks/peers/README.md`.
//!
//! Each scenario runs inside a spawned task, the driver, so that on the multi-thread scheduler
//! it spawns and wakes from a worker; the clock is read inside the driver too.

use std::future;
use std::process;
use std::time::{Duration, Instant};

use edo_tokio_peer::{Countdown, Options};
use tokio::sync::oneshot;
use tokio::task;
use tokio::time::sleep;

const USAGE: &str = "usage: tokio_micro SCENARIO... [--flavor current_thread|multi] [--workers N]
                   [--iterations K] [--repeat R]
scenarios: spawn spawn_join spawn_many_join yield yield_many ping_pong chained_spawn select
           timer_arm_cancel timer_arm_cancel_behind, or all";

const SCENARIOS: [&str; 10] = [
    "spawn",
    "spawn_join",
    "spawn_many_join",
    "yield",
    "yield_many",
    "ping_pong",
    "chained_spawn",
    "select",
    "timer_arm_cancel",
    "timer_arm_cancel_behind",
];

/// Tasks alive at once in `spawn_many_join`, pings in flight in `ping_pong`, and the depth of a
/// chain in `chained_spawn`.
const BATCH: usize = 1000;
const YIELDING_TASKS: usize = 200;
const HOUR: Duration = Duration::from_secs(3600);

static COUNTDOWN: Countdown = Countdown::new();

fn main() -> std::io::Result<()> {
    let options = Options::parse(USAGE);
    let names = selected_scenarios(&options.names);
    let runtime = options.build_runtime()?;
    for name in names {
        for repeat in 0..options.repeat {
            let driver = runtime.spawn(measure(name, options.iterations));
            let (operations, elapsed) = runtime.block_on(driver).expect("the driver panicked");
            report(&options, name, repeat, operations, elapsed);
        }
    }
    Ok(())
}

fn selected_scenarios(names: &[String]) -> Vec<&'static str> {
    if names.len() == 1 && names[0] == "all" {
        return SCENARIOS.to_vec();
    }
    let known: Option<Vec<_>> = names
        .iter()
        .map(|name| SCENARIOS.iter().copied().find(|known| known == name))
        .collect();
    match known {
        Some(known) if !known.is_empty() => known,
        _ => {
            eprintln!("{USAGE}");
            process::exit(2);
        }
    }
}

fn report(options: &Options, name: &str, repeat: usize, operations: usize, elapsed: Duration) {
    let seconds = elapsed.as_secs_f64();
    println!(
        "{{\"peer\":\"tokio\",\"scenario\":\"{name}\",\"flavor\":\"{}\",\"workers\":{},\
         \"iterations\":{operations},\"repeat\":{repeat},\"seconds\":{seconds:.9},\
         \"ns_per_op\":{:.2}}}",
        options.flavor.name(),
        options.workers,
        seconds * 1e9 / operations as f64,
    );
}

/// Runs one repeat and returns how many operations it really did, and in what time.
async fn measure(name: &str, iterations: usize) -> (usize, Duration) {
    // An earlier timer that the driver has parked on, so that later ones need not wake it.
    let earlier = (name == "timer_arm_cancel_behind").then(|| tokio::spawn(sleep(HOUR / 2)));
    if earlier.is_some() {
        sleep(Duration::from_millis(5)).await;
    }
    let start = Instant::now();
    let operations = match name {
        "spawn" => spawn(iterations).await,
        "spawn_join" => spawn_join(iterations).await,
        "spawn_many_join" => spawn_many_join(iterations).await,
        "yield" => yield_one(iterations).await,
        "yield_many" => yield_many(iterations).await,
        "ping_pong" => ping_pong(iterations).await,
        "chained_spawn" => chained_spawn(iterations).await,
        "select" => select(iterations).await,
        _ => timer_arm_cancel(iterations).await,
    };
    let elapsed = start.elapsed();
    if let Some(earlier) = earlier {
        earlier.abort();
    }
    (operations, elapsed)
}

async fn spawn(iterations: usize) -> usize {
    COUNTDOWN.start(iterations);
    for _ in 0..iterations {
        tokio::spawn(async { COUNTDOWN.count() });
    }
    COUNTDOWN.finished().await;
    iterations
}

async fn spawn_join(iterations: usize) -> usize {
    for _ in 0..iterations {
        tokio::spawn(async {}).await.unwrap();
    }
    iterations
}

async fn spawn_many_join(iterations: usize) -> usize {
    let batches = iterations.div_ceil(BATCH);
    let mut handles = Vec::with_capacity(BATCH);
    for _ in 0..batches {
        handles.extend((0..BATCH).map(|_| tokio::spawn(async {})));
        for handle in handles.drain(..) {
            handle.await.unwrap();
        }
    }
    batches * BATCH
}

async fn yield_one(iterations: usize) -> usize {
    for _ in 0..iterations {
        task::yield_now().await;
    }
    iterations
}

async fn yield_many(iterations: usize) -> usize {
    let each = iterations.div_ceil(YIELDING_TASKS);
    COUNTDOWN.start(YIELDING_TASKS);
    for _ in 0..YIELDING_TASKS {
        tokio::spawn(async move {
            for _ in 0..each {
                task::yield_now().await;
            }
            COUNTDOWN.count();
        });
    }
    COUNTDOWN.finished().await;
    each * YIELDING_TASKS
}

async fn ping_pong(iterations: usize) -> usize {
    let rounds = iterations.div_ceil(BATCH);
    for _ in 0..rounds {
        COUNTDOWN.start(BATCH);
        for _ in 0..BATCH {
            tokio::spawn(async {
                let (ping, pinged) = oneshot::channel();
                let (pong, ponged) = oneshot::channel();
                tokio::spawn(async move {
                    pinged.await.unwrap();
                    pong.send(()).unwrap();
                });
                ping.send(()).unwrap();
                ponged.await.unwrap();
                COUNTDOWN.count();
            });
        }
        COUNTDOWN.finished().await;
    }
    rounds * BATCH
}

async fn chained_spawn(iterations: usize) -> usize {
    let chains = iterations.div_ceil(BATCH);
    for _ in 0..chains {
        let (sender, receiver) = oneshot::channel();
        spawn_link(BATCH, sender);
        receiver.await.unwrap();
    }
    chains * BATCH
}

/// Spawns the task that has `links - 1` more to spawn; the last one sends.
fn spawn_link(links: usize, done: oneshot::Sender<()>) {
    tokio::spawn(async move {
        match links {
            1 => done.send(()).unwrap(),
            _ => spawn_link(links - 1, done),
        }
    });
}

async fn select(iterations: usize) -> usize {
    for _ in 0..iterations {
        tokio::select! {
            biased;
            _ = task::yield_now() => {}
            _ = sleep(HOUR) => unreachable!(),
        }
    }
    iterations
}

async fn timer_arm_cancel(iterations: usize) -> usize {
    for _ in 0..iterations {
        tokio::select! {
            biased;
            _ = sleep(HOUR) => unreachable!(),
            _ = future::ready(()) => {}
        }
    }
    iterations
}
