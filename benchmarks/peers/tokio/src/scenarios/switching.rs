//! What it costs to go from one task to another.

use tokio::sync::oneshot;
use tokio::task;

use super::{Done, BATCH, COUNTDOWN};

const YIELDING_TASKS: usize = 200;

pub async fn yield_one(iterations: usize) -> Done {
    for _ in 0..iterations {
        task::yield_now().await;
    }
    iterations.into()
}

pub async fn yield_many(iterations: usize) -> Done {
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
    (each * YIELDING_TASKS).into()
}

pub async fn ping_pong(iterations: usize) -> Done {
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
    (rounds * BATCH).into()
}
