//! Runs scenarios, defined in `benchmarks/comparison/*.md`, and prints a line of JSON for each
//! repeat.
//!
//! Most scenarios run inside a spawned task, the driver, so that on the multi-thread scheduler it
//! spawns and wakes from a worker; the clock is read inside the driver too.

use std::process;
use std::time::Duration;

use edo_tokio_peer::{scenarios, Options};

const USAGE: &str = "usage: tokio_micro SCENARIO... [--flavor current_thread|multi] [--workers N]
                   [--iterations K] [--repeat R]";

fn main() -> std::io::Result<()> {
    let options = Options::parse(USAGE);
    let names = selected_scenarios(&options.names);
    let runtime = options.build_runtime()?;
    for name in names {
        for repeat in 0..options.repeat {
            let (operations, elapsed) =
                scenarios::measure(&runtime, options.workers, name, options.iterations);
            report(&options, name, repeat, operations, elapsed);
        }
    }
    drop(runtime);
    scenarios::clean_up();
    Ok(())
}

fn selected_scenarios(names: &[String]) -> Vec<&'static str> {
    if names.len() == 1 && names[0] == "all" {
        return scenarios::NAMES.to_vec();
    }
    let known: Option<Vec<_>> = names
        .iter()
        .map(|name| scenarios::NAMES.iter().copied().find(|known| known == name))
        .collect();
    match known {
        Some(known) if !known.is_empty() => known,
        _ => {
            eprintln!("{USAGE}\nscenarios, or all: {}", scenarios::NAMES.join(" "));
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
