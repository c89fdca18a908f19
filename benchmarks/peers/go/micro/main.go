// Scheduler scenarios with goroutines and channels, defined in benchmarks/comparison/*.md.
//
// Go has one scheduler: `current_thread` and 1 worker are the same, GOMAXPROCS=1. Each scenario runs
// in the main goroutine, and the clock is read there.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

// Tasks of a batch, depth of a chain, and the like.
const batch = 1000

// A scenario runs one repeat of about `iterations` operations and returns how many it really did.
type scenario struct {
	name string
	run  func(iterations int) int
}

func divideUp(a, b int) int {
	return (a + b - 1) / b
}

func check(asItShouldBe bool, what string) {
	if !asItShouldBe {
		panic(what)
	}
}

type options struct {
	flavor                      string
	workers, iterations, repeat int
}

// parse takes options and names in any order, which package flag does not.
func parse() (options, []string) {
	var o options
	set := flag.NewFlagSet("go_micro", flag.ContinueOnError)
	set.StringVar(&o.flavor, "flavor", "current_thread", "current_thread or multi")
	set.IntVar(&o.workers, "workers", 1, "GOMAXPROCS")
	set.IntVar(&o.iterations, "iterations", 100_000, "operations of a repeat")
	set.IntVar(&o.repeat, "repeat", 5, "repeats")
	var names []string
	arguments := os.Args[1:]
	for len(arguments) > 0 {
		if err := set.Parse(arguments); err != nil {
			os.Exit(2)
		}
		arguments = set.Args()
		if len(arguments) > 0 {
			names, arguments = append(names, arguments[0]), arguments[1:]
		}
	}
	valid := o.flavor == "current_thread" || o.flavor == "multi"
	if !valid || o.workers < 1 || o.iterations < 1 || o.repeat < 1 {
		usage()
	}
	if o.flavor == "current_thread" {
		o.workers = 1
	}
	return o, names
}

func usage() {
	fmt.Fprint(os.Stderr, "usage: go_micro SCENARIO... [--flavor current_thread|multi] [--workers N]"+
		" [--iterations K] [--repeat R]\nscenarios, or all:")
	for _, s := range scenarios {
		fmt.Fprint(os.Stderr, " ", s.name)
	}
	fmt.Fprintln(os.Stderr)
	os.Exit(2)
}

func selected(names []string) []scenario {
	if len(names) == 1 && names[0] == "all" {
		return scenarios
	}
	var chosen []scenario
	for _, name := range names {
		before := len(chosen)
		for _, s := range scenarios {
			if s.name == name {
				chosen = append(chosen, s)
			}
		}
		if len(chosen) == before {
			usage()
		}
	}
	if len(chosen) == 0 {
		usage()
	}
	return chosen
}

func main() {
	o, names := parse()
	chosen := selected(names)
	runtime.GOMAXPROCS(o.workers)
	for _, s := range chosen {
		for repeat := 0; repeat < o.repeat; repeat++ {
			start := time.Now()
			operations := s.run(o.iterations)
			seconds := time.Since(start).Seconds()
			fmt.Printf("{\"peer\":\"go\",\"scenario\":\"%s\",\"flavor\":\"%s\",\"workers\":%d,"+
				"\"iterations\":%d,\"repeat\":%d,\"seconds\":%.9f,\"ns_per_op\":%.2f}\n",
				s.name, o.flavor, o.workers, operations, repeat, seconds,
				seconds*1e9/float64(operations))
		}
	}
	removeFiles()
}

var scenarios = []scenario{
	{"spawn", spawn},
	{"spawn_many_local", spawnManyLocal},
	{"spawn_join", spawnJoin},
	{"spawn_many_join", spawnManyJoin},
	{"chained_spawn", chainedSpawn},
	{"yield", yieldOne},
	{"yield_many", yieldMany},
	{"ping_pong", pingPong},
	{"timer_arm_cancel", timerArmCancel},
	{"mpsc_alone", mpscAlone},
	{"mpsc_1p1c", func(n int) int { return mpsc(1000, 1, n) }},
	{"mpsc_8p1c", func(n int) int { return mpsc(1000, 8, n) }},
	{"mpsc_8p1c_full", func(n int) int { return mpsc(10, 8, n) }},
	{"mpsc_rendezvous", func(n int) int { return mpsc(1, 1, n) }},
	{"mutex_alone", mutexAlone},
	{"mutex_contended", mutexContended},
	{"mutex_handed_over", mutexHandedOver},
	{"rwlock_read_alone", rwlockReadAlone},
	{"rwlock_write_alone", rwlockWriteAlone},
	{"rwlock_read_shared", rwlockReadShared},
	{"rwlock_mixed", rwlockMixed},
	{"fib", fibTree},
	{"skynet", skynetTree},
	{"nqueens", nqueensTree},
	{"fs_whole_4k", func(n int) int { return readWhole(smallFile(), block, n) }},
	{"fs_whole_1m", func(n int) int { return readWhole(largeFile(), large, n) }},
	{"fs_open_read_close", openReadClose},
	{"fs_read", readBlocks},
}
