//! What it costs to send a value to another task, or to oneself.

use tokio::sync::{mpsc, oneshot};

use super::Done;

const ROOM: usize = 1000;

pub async fn mpsc_alone(iterations: usize) -> Done {
    let rounds = iterations.div_ceil(ROOM);
    let (sender, mut receiver) = mpsc::channel::<usize>(ROOM);
    for _ in 0..rounds {
        for i in 0..ROOM {
            sender.send(i).await.unwrap();
        }
        for i in 0..ROOM {
            assert_eq!(receiver.recv().await, Some(i));
        }
    }
    (rounds * ROOM).into()
}

pub async fn mpsc(room: usize, producers: usize, iterations: usize) -> Done {
    let (sender, mut receiver) = mpsc::channel::<usize>(room);
    let each = iterations.div_ceil(producers);
    for _ in 0..producers {
        let sender = sender.clone();
        tokio::spawn(async move {
            for i in 0..each {
                sender.send(i).await.unwrap();
            }
        });
    }
    drop(sender);
    let mut received = 0;
    while receiver.recv().await.is_some() {
        received += 1;
    }
    received.into()
}

struct Request {
    value: usize,
    reply: oneshot::Sender<usize>,
}

pub async fn request_reply(iterations: usize) -> Done {
    let (requests, mut served) = mpsc::channel::<Request>(10);
    tokio::spawn(async move {
        while let Some(request) = served.recv().await {
            request.reply.send(request.value + 1).unwrap();
        }
    });
    for i in 0..iterations {
        let (reply, replied) = oneshot::channel();
        let request = Request { value: i, reply };
        assert!(requests.send(request).await.is_ok());
        assert_eq!(replied.await, Ok(i + 1));
    }
    iterations.into()
}

pub async fn unbounded_alone(iterations: usize) -> Done {
    let rounds = iterations.div_ceil(ROOM);
    let (sender, mut receiver) = mpsc::unbounded_channel::<usize>();
    for _ in 0..rounds {
        for i in 0..ROOM {
            sender.send(i).unwrap();
        }
        for i in 0..ROOM {
            assert_eq!(receiver.recv().await, Some(i));
        }
    }
    (rounds * ROOM).into()
}

pub async fn unbounded(producers: usize, iterations: usize) -> Done {
    let (sender, mut receiver) = mpsc::unbounded_channel::<usize>();
    let each = iterations.div_ceil(producers);
    for _ in 0..producers {
        let sender = sender.clone();
        tokio::spawn(async move {
            for i in 0..each {
                sender.send(i).unwrap();
            }
        });
    }
    drop(sender);
    let mut received = 0;
    while receiver.recv().await.is_some() {
        received += 1;
    }
    received.into()
}

pub async fn oneshot_alone(iterations: usize) -> Done {
    for i in 0..iterations {
        let (sender, receiver) = oneshot::channel();
        sender.send(i).unwrap();
        assert_eq!(receiver.await, Ok(i));
    }
    iterations.into()
}

pub async fn oneshot_task(iterations: usize) -> Done {
    for i in 0..iterations {
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(async move { sender.send(i).unwrap() });
        assert_eq!(receiver.await, Ok(i));
    }
    iterations.into()
}
