//! What it costs to tell other tasks, one or a hundred, that something has happened.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch, Notify};
use tokio::task;

use super::Done;

const WAITERS: usize = 100;
const AT_ONCE: usize = 50; // single notifications between two turns of the driver

/// How often the waiters have been told something.
static TOLD: AtomicUsize = AtomicUsize::new(0);

pub async fn notify_alone(iterations: usize) -> Done {
    let notify = Notify::new();
    for _ in 0..iterations {
        notify.notify_one();
        notify.notified().await;
    }
    iterations.into()
}

pub async fn notify_ping_pong(iterations: usize) -> Done {
    let both = Arc::new((Notify::new(), Notify::new()));
    let other = both.clone();
    tokio::spawn(async move {
        let (ping, pong) = &*other;
        for _ in 0..iterations {
            ping.notified().await;
            pong.notify_one();
        }
    });
    let (ping, pong) = &*both;
    for _ in 0..iterations {
        ping.notify_one();
        pong.notified().await;
    }
    iterations.into()
}

/// Calls `tell` and yields, again and again, until the waiters have been told often enough.
async fn tell_waiters(iterations: usize, tell: impl Fn(&Notify)) -> Done {
    let notify = Arc::new(Notify::new());
    let waiters: Vec<_> = (0..WAITERS)
        .map(|_| {
            let notify = notify.clone();
            tokio::spawn(async move {
                loop {
                    notify.notified().await;
                    TOLD.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    task::yield_now().await;
    TOLD.store(0, Ordering::Relaxed);
    while TOLD.load(Ordering::Relaxed) < iterations {
        tell(&notify);
        task::yield_now().await;
    }
    let told = TOLD.load(Ordering::Relaxed);
    for waiter in &waiters {
        waiter.abort();
    }
    for waiter in waiters {
        assert!(waiter.await.is_err());
    }
    told.into()
}

pub async fn notify_one_of_100(iterations: usize) -> Done {
    tell_waiters(iterations, |notify| {
        for _ in 0..AT_ONCE {
            notify.notify_one();
        }
    })
    .await
}

pub async fn notify_all_100(iterations: usize) -> Done {
    tell_waiters(iterations, Notify::notify_waiters).await
}

pub async fn watch_alone(iterations: usize) -> Done {
    let (sender, mut receiver) = watch::channel(0);
    for i in 1..=iterations {
        sender.send(i).unwrap();
        receiver.changed().await.unwrap();
        assert_eq!(*receiver.borrow(), i);
    }
    iterations.into()
}

pub async fn watch_to_100(iterations: usize) -> Done {
    let (sender, _) = watch::channel(0);
    let listeners: Vec<_> = (0..WAITERS)
        .map(|_| {
            let mut receiver = sender.subscribe();
            tokio::spawn(async move {
                while receiver.changed().await.is_ok() {
                    TOLD.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    task::yield_now().await;
    TOLD.store(0, Ordering::Relaxed);
    let mut value = 0;
    while TOLD.load(Ordering::Relaxed) < iterations {
        sender.send(value).unwrap();
        value += 1;
        task::yield_now().await;
    }
    drop(sender);
    for listener in listeners {
        listener.await.unwrap();
    }
    TOLD.load(Ordering::Relaxed).into()
}

pub async fn broadcast_alone(iterations: usize) -> Done {
    let (sender, mut receiver) = broadcast::channel(16);
    for i in 0..iterations {
        sender.send(i).unwrap();
        assert_eq!(receiver.recv().await, Ok(i));
    }
    iterations.into()
}

pub async fn broadcast_to_100(iterations: usize) -> Done {
    let (sender, _) = broadcast::channel(16);
    let listeners: Vec<_> = (0..WAITERS)
        .map(|_| {
            let mut receiver = sender.subscribe();
            tokio::spawn(async move {
                loop {
                    match receiver.recv().await {
                        Ok(_) => TOLD.fetch_add(1, Ordering::Relaxed),
                        Err(RecvError::Lagged(_)) => continue,
                        Err(RecvError::Closed) => break,
                    };
                }
            })
        })
        .collect();
    task::yield_now().await;
    TOLD.store(0, Ordering::Relaxed);
    let mut value = 0;
    while TOLD.load(Ordering::Relaxed) < iterations {
        sender.send(value).unwrap();
        value += 1;
        task::yield_now().await;
    }
    drop(sender);
    for listener in listeners {
        listener.await.unwrap();
    }
    TOLD.load(Ordering::Relaxed).into()
}
