//! What it costs to start a task, and to wait for it.

use tokio::sync::oneshot;

use super::{Done, BATCH, COUNTDOWN};

/// Tasks of one round, for those that are spawned in large rounds.
const MANY_TASKS: usize = 10_000;

pub async fn spawn(iterations: usize) -> Done {
    COUNTDOWN.start(iterations);
    for _ in 0..iterations {
        tokio::spawn(async { COUNTDOWN.count() });
    }
    COUNTDOWN.finished().await;
    iterations.into()
}

/// As `spawn`, in rounds.
pub async fn spawn_many_local(iterations: usize) -> Done {
    let rounds = iterations.div_ceil(MANY_TASKS);
    for _ in 0..rounds {
        COUNTDOWN.start(MANY_TASKS);
        for _ in 0..MANY_TASKS {
            tokio::spawn(async { COUNTDOWN.count() });
        }
        COUNTDOWN.finished().await;
    }
    (rounds * MANY_TASKS).into()
}

pub async fn spawn_join(iterations: usize) -> Done {
    for _ in 0..iterations {
        tokio::spawn(async {}).await.unwrap();
    }
    iterations.into()
}

pub async fn spawn_many_join(iterations: usize) -> Done {
    let batches = iterations.div_ceil(BATCH);
    let mut handles = Vec::with_capacity(BATCH);
    for _ in 0..batches {
        handles.extend((0..BATCH).map(|_| tokio::spawn(async {})));
        for handle in handles.drain(..) {
            handle.await.unwrap();
        }
    }
    (batches * BATCH).into()
}

pub async fn chained_spawn(iterations: usize) -> Done {
    let chains = iterations.div_ceil(BATCH);
    for _ in 0..chains {
        let (sender, receiver) = oneshot::channel();
        spawn_link(BATCH, sender);
        receiver.await.unwrap();
    }
    (chains * BATCH).into()
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
