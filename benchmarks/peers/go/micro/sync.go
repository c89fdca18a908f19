package main

import (
	"runtime"
	"sync"
)

const (
	room  = 1000
	tasks = 8
)

func mpscAlone(iterations int) int {
	rounds := divideUp(iterations, room)
	channel := make(chan int, room)
	for round := 0; round < rounds; round++ {
		for i := 0; i < room; i++ {
			channel <- i
		}
		for i := 0; i < room; i++ {
			check(<-channel == i, "mpsc_alone: a wrong value")
		}
	}
	return rounds * room
}

func mpsc(room, producers, iterations int) int {
	each := divideUp(iterations, producers)
	channel := make(chan int, room)
	c := newCountdown(producers)
	for p := 0; p < producers; p++ {
		go func() {
			for i := 0; i < each; i++ {
				channel <- i
			}
			c.count()
		}()
	}
	go func() {
		<-c.done
		close(channel)
	}()
	received := 0
	for range channel {
		received++
	}
	return received
}

// inTasks runs `work(count)` in eight goroutines and waits for them.
func inTasks(iterations int, work func(count int)) int {
	each := divideUp(iterations, tasks)
	var group sync.WaitGroup
	group.Add(tasks)
	for i := 0; i < tasks; i++ {
		go func() {
			work(each)
			group.Done()
		}()
	}
	group.Wait()
	return each * tasks
}

func mutexAlone(iterations int) int {
	var mutex sync.Mutex
	value := 0
	for i := 0; i < iterations; i++ {
		mutex.Lock()
		value++
		mutex.Unlock()
	}
	check(value == iterations, "mutex_alone: a lost addition")
	return iterations
}

func mutexContended(iterations int) int {
	var mutex sync.Mutex
	value := 0
	done := inTasks(iterations, func(count int) {
		for i := 0; i < count; i++ {
			mutex.Lock()
			value++
			mutex.Unlock()
		}
	})
	check(value == done, "mutex_contended: a lost addition")
	return done
}

// Holds the lock while it yields, so that the others queue up.
func mutexHandedOver(iterations int) int {
	var mutex sync.Mutex
	value := 0
	done := inTasks(iterations, func(count int) {
		for i := 0; i < count; i++ {
			mutex.Lock()
			runtime.Gosched()
			value++
			mutex.Unlock()
		}
	})
	check(value == done, "mutex_handed_over: a lost addition")
	return done
}

func rwlockReadAlone(iterations int) int {
	var lock sync.RWMutex
	value, sum := 1, 0
	for i := 0; i < iterations; i++ {
		lock.RLock()
		sum += value
		lock.RUnlock()
	}
	check(sum == iterations, "rwlock_read_alone: a wrong value")
	return iterations
}

func rwlockWriteAlone(iterations int) int {
	var lock sync.RWMutex
	value := 0
	for i := 0; i < iterations; i++ {
		lock.Lock()
		value++
		lock.Unlock()
	}
	check(value == iterations, "rwlock_write_alone: a lost addition")
	return iterations
}

func rwlockReadShared(iterations int) int {
	var lock sync.RWMutex
	value := 1
	return inTasks(iterations, func(count int) {
		sum := 0
		for i := 0; i < count; i++ {
			lock.RLock()
			sum += value
			lock.RUnlock()
		}
		check(sum == count, "rwlock_read_shared: a wrong value")
	})
}

// One time in eight it writes. Holds the lock while it yields.
func rwlockMixed(iterations int) int {
	var lock sync.RWMutex
	value := 1
	return inTasks(iterations, func(count int) {
		sum := 0
		for i := 0; i < count; i++ {
			if i%8 == 7 {
				lock.Lock()
				runtime.Gosched()
				value++
				lock.Unlock()
			} else {
				lock.RLock()
				runtime.Gosched()
				sum += value
				lock.RUnlock()
			}
		}
		check(sum >= count/2, "rwlock_mixed: a wrong value")
	})
}
