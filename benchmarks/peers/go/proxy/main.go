// SPDX-License-Identifier: MIT

// TCP proxy, see benchmarks/peers/README.md.
package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// copyHalf copies one direction; io.Copy splices between two TCP connections.
func copyHalf(to, from *net.TCPConn, done chan<- struct{}) {
	_, _ = io.Copy(to, from) // a connection that breaks is the load generator's to report
	_ = to.CloseWrite()
	done <- struct{}{}
}

func relay(client *net.TCPConn, to int) {
	defer client.Close()
	upstream, err := net.DialTCP("tcp4", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: to})
	if err != nil {
		return
	}
	defer upstream.Close()
	done := make(chan struct{}, 2)
	go copyHalf(upstream, client, done)
	copyHalf(client, upstream, done)
	<-done
	<-done
}

func serve(listener *net.TCPListener, to int) {
	for {
		client, err := listener.AcceptTCP()
		if err != nil {
			fail(err)
		}
		go relay(client, to)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "go_proxy:", err)
	os.Exit(1)
}

func main() {
	port := flag.Int("port", 0, "port to listen on; 0 takes a free one")
	to := flag.Int("to", 0, "port to connect to")
	flavor := flag.String("flavor", "current_thread", "current_thread or multi")
	workers := flag.Int("workers", 1, "processors that run goroutines at once")
	flag.Parse()
	if flag.NArg() > 0 || *to == 0 || (*flavor != "current_thread" && *flavor != "multi") {
		flag.Usage()
		os.Exit(2)
	}
	if *flavor == "current_thread" {
		*workers = 1
	}
	runtime.GOMAXPROCS(*workers)

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: *port})
	if err != nil {
		fail(err)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	go serve(listener, *to)
	<-stop
}
