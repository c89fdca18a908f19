// SPDX-License-Identifier: MIT

// TCP echo server, see benchmarks/peers/README.md.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

func echo(connection net.Conn, size int) {
	defer connection.Close()
	buffer := make([]byte, size) // Go has set TCP_NODELAY
	for {
		count, err := connection.Read(buffer)
		if err != nil {
			return // the end, or a broken connection: the load generator's to report
		}
		if _, err := connection.Write(buffer[:count]); err != nil {
			return
		}
	}
}

func serve(listener net.Listener, size int) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			fail(err)
		}
		go echo(connection, size)
	}
}

// compute keeps a processor busy, and lets others run after each `period`.
func compute(period time.Duration) {
	for {
		for start := time.Now(); time.Since(start) < period; {
		}
		runtime.Gosched()
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "go_echo:", err)
	os.Exit(1)
}

// Lets the process open as many descriptors as it is allowed to; before 1.19.1 Go did not.
func raiseDescriptorLimit() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
}

func main() {
	port := flag.Uint("port", 0, "port to listen on; 0 takes a free one")
	flavor := flag.String("flavor", "current_thread", "current_thread or multi")
	workers := flag.Int("workers", 1, "processors that run goroutines at once")
	size := flag.Int("buffer", 4096, "bytes of a connection's buffer")
	busy := flag.Int("compute", 0, "also run a goroutine that computes for so many ms at a time")
	flag.Parse()
	if flag.NArg() > 0 || (*flavor != "current_thread" && *flavor != "multi") {
		flag.Usage()
		os.Exit(2)
	}
	if *flavor == "current_thread" {
		*workers = 1
	}
	runtime.GOMAXPROCS(*workers)
	raiseDescriptorLimit()

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		fail(err)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	if *busy > 0 {
		go compute(time.Duration(*busy) * time.Millisecond)
	}
	go serve(listener, *size)
	<-stop
}
