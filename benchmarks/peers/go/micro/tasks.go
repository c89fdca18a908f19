package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	manyTasks     = 10_000 // of one round, for those that are spawned in large rounds
	yieldingTasks = 200
)

// A countdown counts goroutines down to zero and wakes the one that waits. Not a WaitGroup, so that
// it is what the other programs have: one counter, and one wake.
type countdown struct {
	remaining atomic.Int64
	done      chan struct{}
}

func newCountdown(count int) *countdown {
	c := &countdown{done: make(chan struct{})}
	c.remaining.Store(int64(count))
	return c
}

func (c *countdown) count() {
	if c.remaining.Add(-1) == 0 {
		close(c.done)
	}
}

func spawn(iterations int) int {
	c := newCountdown(iterations)
	for i := 0; i < iterations; i++ {
		go c.count()
	}
	<-c.done
	return iterations
}

func spawnManyLocal(iterations int) int {
	rounds := divideUp(iterations, manyTasks)
	for round := 0; round < rounds; round++ {
		spawn(manyTasks)
	}
	return rounds * manyTasks
}

func spawnJoin(iterations int) int {
	for i := 0; i < iterations; i++ {
		done := make(chan struct{})
		go close(done)
		<-done
	}
	return iterations
}

// A WaitGroup is what a Go programmer takes here.
func spawnManyJoin(iterations int) int {
	batches := divideUp(iterations, batch)
	for b := 0; b < batches; b++ {
		var group sync.WaitGroup
		group.Add(batch)
		for i := 0; i < batch; i++ {
			go group.Done()
		}
		group.Wait()
	}
	return batches * batch
}

func link(links int, done chan struct{}) {
	if links == 1 {
		close(done)
	} else {
		go link(links-1, done)
	}
}

func chainedSpawn(iterations int) int {
	chains := divideUp(iterations, batch)
	for chain := 0; chain < chains; chain++ {
		done := make(chan struct{})
		go link(batch, done)
		<-done
	}
	return chains * batch
}

func yieldOne(iterations int) int {
	for i := 0; i < iterations; i++ {
		runtime.Gosched()
	}
	return iterations
}

func yieldMany(iterations int) int {
	each := divideUp(iterations, yieldingTasks)
	c := newCountdown(yieldingTasks)
	for i := 0; i < yieldingTasks; i++ {
		go func() {
			for j := 0; j < each; j++ {
				runtime.Gosched()
			}
			c.count()
		}()
	}
	<-c.done
	return each * yieldingTasks
}

func pingPong(iterations int) int {
	rounds := divideUp(iterations, batch)
	for round := 0; round < rounds; round++ {
		c := newCountdown(batch)
		for i := 0; i < batch; i++ {
			go func() {
				ping, pong := make(chan struct{}, 1), make(chan struct{}, 1)
				go func() {
					<-ping
					pong <- struct{}{}
				}()
				ping <- struct{}{}
				<-pong
				c.count()
			}()
		}
		<-c.done
	}
	return rounds * batch
}

func timerArmCancel(iterations int) int {
	for i := 0; i < iterations; i++ {
		timer := time.NewTimer(time.Hour)
		check(timer.Stop(), "timer_arm_cancel: an hour passed")
	}
	return iterations
}
