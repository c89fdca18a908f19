//! What a timer costs, alone and in a select.

use std::future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task;
use tokio::time::{self, sleep, sleep_until};

use super::{Done, BATCH, COUNTDOWN};
use crate::Countdown;

const HOUR: Duration = Duration::from_secs(3600);

pub async fn select(iterations: usize) -> Done {
    for _ in 0..iterations {
        tokio::select! {
            biased;
            _ = task::yield_now() => {}
            _ = sleep(HOUR) => unreachable!(),
        }
    }
    iterations.into()
}

pub async fn timer_arm_cancel(iterations: usize) -> Done {
    for _ in 0..iterations {
        tokio::select! {
            biased;
            _ = sleep(HOUR) => unreachable!(),
            _ = future::ready(()) => {}
        }
    }
    iterations.into()
}

static PREPARED: AtomicBool = AtomicBool::new(false);

/// A million tasks asleep, at deadlines over an hour; they stay until the runtime ends.
async fn spawn_a_million() {
    const SLEEPERS: usize = 1_000_000;
    if PREPARED.swap(true, Ordering::Relaxed) {
        return;
    }
    COUNTDOWN.start(SLEEPERS);
    let first = time::Instant::now() + HOUR;
    for i in 0..SLEEPERS {
        let deadline = first + HOUR.mul_f64(i as f64 / SLEEPERS as f64);
        tokio::spawn(async move {
            COUNTDOWN.count();
            sleep_until(deadline).await;
        });
        if i % BATCH == BATCH - 1 {
            task::yield_now().await;
        }
    }
    COUNTDOWN.finished().await;
}

pub async fn timer_arm_cancel_among_million(iterations: usize) -> Done {
    let start = Instant::now();
    spawn_a_million().await;
    let not_counted = start.elapsed();
    let done = timer_arm_cancel(iterations).await;
    Done {
        not_counted,
        ..done
    }
}

static FIRED: Countdown = Countdown::new();

/// All timers have one deadline. Arming them counts, and what comes after the deadline; the time
/// between does not.
pub async fn timer_arm_fire(iterations: usize) -> Done {
    let wait = Duration::from_millis(100) + Duration::from_micros(2) * iterations as u32;
    let deadline = time::Instant::now() + wait;
    COUNTDOWN.start(iterations);
    FIRED.start(iterations);
    for _ in 0..iterations {
        tokio::spawn(async move {
            COUNTDOWN.count();
            sleep_until(deadline).await;
            FIRED.count();
        });
    }
    COUNTDOWN.finished().await;
    let not_counted = deadline
        .checked_duration_since(time::Instant::now())
        .expect("too slow: the deadline came before all timers were armed");
    FIRED.finished().await;
    Done {
        operations: iterations,
        not_counted,
    }
}
