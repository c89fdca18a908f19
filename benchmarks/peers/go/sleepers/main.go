// How much resident memory a goroutine costs that sleeps, see benchmarks/comparison/sleepers.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

// Spawned between two yields, so that the run queue stays small and is not what is measured.
const batch = 1000

func residentBytes() uint64 {
	statm, err := os.Open("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	defer statm.Close()
	var size, resident uint64
	if _, err := fmt.Fscan(statm, &size, &resident); err != nil {
		panic(err)
	}
	return resident * uint64(os.Getpagesize())
}

func spawnSleepers(count int) {
	var polled sync.WaitGroup
	polled.Add(count)
	for i := 0; i < count; i++ {
		go func() {
			polled.Done()
			time.Sleep(time.Hour)
		}()
		if i%batch == batch-1 {
			runtime.Gosched()
		}
	}
	polled.Wait()
}

func main() {
	// The scenario may stand in front of the options, as with the other programs.
	if len(os.Args) > 1 && os.Args[1] == "sleepers" {
		os.Args = append(os.Args[:1], os.Args[2:]...)
	}
	tasks := flag.Int("tasks", 1_000_000, "goroutines")
	flavor := flag.String("flavor", "current_thread", "current_thread or multi")
	workers := flag.Int("workers", 1, "GOMAXPROCS")
	flag.Parse()
	if *flavor == "current_thread" {
		*workers = 1
	}
	runtime.GOMAXPROCS(*workers)

	// One sleeper first: the timer and the allocator's arenas are then in place.
	spawnSleepers(1)
	before := residentBytes()
	start := time.Now()
	spawnSleepers(*tasks)
	seconds := time.Since(start).Seconds()
	after := residentBytes()
	bytes := 0.0
	if after > before {
		bytes = float64(after-before) / float64(*tasks)
	}
	fmt.Printf("{\"peer\":\"go\",\"scenario\":\"sleepers\",\"flavor\":\"%s\",\"workers\":%d,"+
		"\"tasks\":%d,\"seconds\":%.6f,\"rss_before\":%d,\"rss_after\":%d,\"bytes_per_task\":%.1f}\n",
		*flavor, *workers, *tasks, seconds, before, after, bytes)
}
