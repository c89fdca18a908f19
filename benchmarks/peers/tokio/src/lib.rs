//! What the three programs share: command line, runtime construction, and a countdown.

pub mod scenarios;

use std::future::Future;
use std::io;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::Notify;

/// Which of Tokio's two schedulers to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    CurrentThread,
    Multi,
}

impl Flavor {
    pub fn name(self) -> &'static str {
        match self {
            Flavor::CurrentThread => "current_thread",
            Flavor::Multi => "multi",
        }
    }
}

/// Every option any of the programs takes. A program ignores those it has no use for.
pub struct Options {
    pub flavor: Flavor,
    pub workers: usize,
    pub iterations: usize,
    pub repeat: usize,
    pub tasks: usize,
    pub port: u16,
    /// The port that a proxy connects to.
    pub to: u16,
    pub buffer: usize,
    /// Milliseconds of a task that computes beside the echo; 0: there is none.
    pub compute: u64,
    /// Arguments that are not options, in order.
    pub names: Vec<String>,
}

impl Options {
    /// Reads the command line; on a mistake prints `usage` and ends the process with status 2.
    pub fn parse(usage: &str) -> Options {
        let mut options = Options {
            flavor: Flavor::CurrentThread,
            workers: 1,
            iterations: 100_000,
            repeat: 5,
            tasks: 1_000_000,
            port: 0,
            to: 0,
            buffer: 4096,
            compute: 0,
            names: Vec::new(),
        };
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            if !name.starts_with("--") {
                options.names.push(name);
                continue;
            }
            let value = args.next().unwrap_or_default();
            if options.set(&name, &value).is_none() {
                eprintln!("bad option: {name} {value}\n{usage}");
                process::exit(2);
            }
        }
        if options.flavor == Flavor::CurrentThread {
            options.workers = 1;
        }
        options
    }

    fn set(&mut self, name: &str, value: &str) -> Option<()> {
        let positive = || value.parse().ok().filter(|n: &usize| *n > 0);
        match name {
            "--flavor" => {
                self.flavor = match value {
                    "current_thread" => Flavor::CurrentThread,
                    "multi" => Flavor::Multi,
                    _ => return None,
                }
            }
            "--workers" => self.workers = positive()?,
            "--iterations" => self.iterations = positive()?,
            "--repeat" => self.repeat = positive()?,
            "--tasks" => self.tasks = positive()?,
            "--port" => self.port = value.parse().ok()?,
            "--to" => self.to = value.parse().ok()?,
            "--compute" => self.compute = positive()? as u64,
            "--buffer" => self.buffer = positive()?,
            _ => return None,
        }
        Some(())
    }

    pub fn build_runtime(&self) -> io::Result<Runtime> {
        match self.flavor {
            Flavor::CurrentThread => Builder::new_current_thread().enable_all().build(),
            Flavor::Multi => Builder::new_multi_thread()
                .worker_threads(self.workers)
                .enable_all()
                .build(),
        }
    }
}

/// Runs a server as a task until it fails, or SIGTERM or SIGINT comes.
pub async fn serve_until_signal<F>(server: F) -> io::Result<()>
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // Spawned, so that on the multi-thread scheduler a worker accepts, not this thread.
    let server = tokio::spawn(server);
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        ended = server => ended.unwrap_or_else(|error| Err(io::Error::other(error))),
    }
}

/// Lets the process open as many descriptors as it is allowed to.
pub fn raise_descriptor_limit() {
    unsafe {
        let mut limit = std::mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        }
    }
}

/// Counts tasks down to zero and wakes the one task that waits for it.
///
/// Kept in a `static`, so that a counted task needs no state of its own to reach it.
pub struct Countdown {
    remaining: AtomicUsize,
    done: Notify,
}

impl Countdown {
    pub const fn new() -> Countdown {
        Countdown {
            remaining: AtomicUsize::new(0),
            done: Notify::const_new(),
        }
    }

    /// Arms the countdown. Call before the first task that counts is spawned.
    pub fn start(&self, count: usize) {
        self.remaining.store(count, Ordering::Release);
    }

    pub fn count(&self) {
        if self.remaining.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.done.notify_one();
        }
    }

    pub async fn finished(&self) {
        self.done.notified().await;
    }
}

impl Default for Countdown {
    fn default() -> Countdown {
        Countdown::new()
    }
}
