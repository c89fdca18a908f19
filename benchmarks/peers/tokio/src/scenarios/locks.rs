//! What locks and permits cost: to one task alone, and to eight that want the same.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{Mutex, RwLock, Semaphore};
use tokio::task;

use super::Done;

const TASKS: usize = 8;

/// Runs `work(shared, count)` in eight tasks, which share one object, and waits for them.
async fn in_tasks<S, W, F>(shared: Arc<S>, iterations: usize, work: W) -> Done
where
    W: Fn(Arc<S>, usize) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let each = iterations.div_ceil(TASKS);
    let handles: Vec<_> = (0..TASKS)
        .map(|_| tokio::spawn(work(shared.clone(), each)))
        .collect();
    for handle in handles {
        handle.await.unwrap();
    }
    (each * TASKS).into()
}

pub async fn mutex_alone(iterations: usize) -> Done {
    let mut mutex = Mutex::new(0);
    for _ in 0..iterations {
        *mutex.lock().await += 1;
    }
    assert_eq!(*mutex.get_mut(), iterations);
    iterations.into()
}

pub async fn mutex_contended(iterations: usize) -> Done {
    let mutex = Arc::new(Mutex::new(0));
    let done = in_tasks(mutex.clone(), iterations, |mutex, count| async move {
        for _ in 0..count {
            *mutex.lock().await += 1;
        }
    })
    .await;
    assert_eq!(*mutex.lock().await, done.operations);
    done
}

/// Holds the lock while it yields, so that the others queue up.
pub async fn mutex_handed_over(iterations: usize) -> Done {
    let mutex = Arc::new(Mutex::new(0));
    let done = in_tasks(mutex.clone(), iterations, |mutex, count| async move {
        for _ in 0..count {
            let mut guard = mutex.lock().await;
            task::yield_now().await;
            *guard += 1;
        }
    })
    .await;
    assert_eq!(*mutex.lock().await, done.operations);
    done
}

pub async fn rwlock_read_alone(iterations: usize) -> Done {
    let lock = RwLock::new(1);
    let mut sum = 0;
    for _ in 0..iterations {
        sum += *lock.read().await;
    }
    assert_eq!(sum, iterations);
    iterations.into()
}

pub async fn rwlock_write_alone(iterations: usize) -> Done {
    let mut lock = RwLock::new(0);
    for _ in 0..iterations {
        *lock.write().await += 1;
    }
    assert_eq!(*lock.get_mut(), iterations);
    iterations.into()
}

pub async fn rwlock_read_shared(iterations: usize) -> Done {
    in_tasks(Arc::new(RwLock::new(1)), iterations, |lock, count| async move {
        let mut sum = 0;
        for _ in 0..count {
            sum += *lock.read().await;
        }
        assert_eq!(sum, count);
    })
    .await
}

/// One time in eight it writes. Holds the lock while it yields.
pub async fn rwlock_mixed(iterations: usize) -> Done {
    in_tasks(Arc::new(RwLock::new(1)), iterations, |lock, count| async move {
        let mut sum = 0;
        for i in 0..count {
            if i % 8 == 7 {
                let mut guard = lock.write().await;
                task::yield_now().await;
                *guard += 1;
            } else {
                let guard = lock.read().await;
                task::yield_now().await;
                sum += *guard;
            }
        }
        assert!(sum >= count / 2);
    })
    .await
}

pub async fn semaphore_alone(iterations: usize) -> Done {
    let semaphore = Semaphore::new(10);
    for _ in 0..iterations {
        let _permit = semaphore.acquire().await.unwrap();
    }
    iterations.into()
}

pub async fn semaphore(permits: usize, iterations: usize) -> Done {
    let semaphore = Arc::new(Semaphore::new(permits));
    in_tasks(semaphore, iterations, |semaphore, count| async move {
        for _ in 0..count {
            let _permit = semaphore.acquire().await.unwrap();
            task::yield_now().await;
        }
    })
    .await
}
