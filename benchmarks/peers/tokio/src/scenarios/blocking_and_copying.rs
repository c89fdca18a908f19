//! Jobs for threads of their own, and bytes from a reader to a writer.

use tokio::io::{self, AsyncReadExt};
use tokio::task;

use super::{Done, BATCH};

pub async fn spawn_blocking(iterations: usize) -> Done {
    for _ in 0..iterations {
        task::spawn_blocking(|| {}).await.unwrap();
    }
    iterations.into()
}

pub async fn spawn_blocking_burst(iterations: usize) -> Done {
    let bursts = iterations.div_ceil(BATCH);
    let mut handles = Vec::with_capacity(BATCH);
    for _ in 0..bursts {
        handles.extend((0..BATCH).map(|_| task::spawn_blocking(|| {})));
        for handle in handles.drain(..) {
            handle.await.unwrap();
        }
    }
    (bursts * BATCH).into()
}

const PIECE: u64 = 64 << 10; // bytes, of an operation
const PIPE: usize = 16 << 10; // bytes that the pipe holds

pub async fn copy_memory(iterations: usize) -> Done {
    for _ in 0..iterations {
        let mut reader = io::repeat(1).take(PIECE);
        let copied = io::copy(&mut reader, &mut io::sink()).await.unwrap();
        assert_eq!(copied, PIECE);
    }
    iterations.into()
}

pub async fn copy_pipe(iterations: usize) -> Done {
    let bytes = iterations as u64 * PIECE;
    let (mut near_end, mut far_end) = io::duplex(PIPE);
    tokio::spawn(async move {
        let mut reader = io::repeat(1).take(bytes);
        let copied = io::copy(&mut reader, &mut far_end).await.unwrap();
        assert_eq!(copied, bytes);
    });
    let copied = io::copy(&mut near_end, &mut io::sink()).await.unwrap();
    assert_eq!(copied, bytes);
    iterations.into()
}
