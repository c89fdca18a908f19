// SPDX-License-Identifier: MIT
//! Creates a runtime, runs an empty task, destroys the runtime; again and again. See
//! `benchmarks/peers/README.md`.

use std::io;
use std::time::Instant;

use edo_tokio_peer::Options;

const USAGE: &str = "usage: tokio_startup [--flavor current_thread|multi] [--workers N] \
    [--iterations K] [--repeat R]";

fn main() -> io::Result<()> {
    let options = Options::parse(USAGE);
    for repeat in 0..options.repeat {
        let start = Instant::now();
        for _ in 0..options.iterations {
            let runtime = options.build_runtime()?;
            runtime.block_on(async { tokio::spawn(async {}).await })?;
        }
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{{\"peer\":\"tokio\",\"scenario\":\"startup\",\"flavor\":\"{}\",\"workers\":{},\
             \"iterations\":{},\"repeat\":{},\"seconds\":{:.9},\"us_per_runtime\":{:.3}}}",
            options.flavor.name(),
            options.workers,
            options.iterations,
            repeat,
            seconds,
            seconds * 1e6 / options.iterations as f64
        );
    }
    Ok(())
}
