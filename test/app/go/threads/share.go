// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// sieve: a chain of goroutines, one for each prime, each of which filters what the next one gets.
func sieve(count int) int {
	numbers := make(chan int)
	go func(to chan<- int) {
		for n := 2; ; n++ {
			to <- n
		}
	}(numbers)
	from, prime := numbers, 0
	for ; count > 0; count-- {
		prime = <-from
		next := make(chan int)
		go func(from <-chan int, to chan<- int, prime int) {
			for n := range from {
				if n%prime != 0 {
					to <- n
				}
			}
		}(from, next, prime)
		from = next
	}
	return prime
}

func channels() {
	claim("a chain of 100 goroutines sieves the 100th prime", sieve(100) == 541)

	ping, pong := make(chan int), make(chan int)
	go func() {
		for n := range ping {
			pong <- n + 1
		}
		close(pong)
	}()
	n := 0
	for i := 0; i < 5000; i++ {
		ping <- n
		n = <-pong
	}
	close(ping)
	_, open := <-pong
	claim("two goroutines hand a number over 10000 times", n == 5000 && !open)

	work, sums := make(chan int, 16), make(chan int)
	for i := 0; i < 8; i++ {
		go func() {
			sum := 0
			for n := range work {
				sum += n
			}
			sums <- sum
		}()
	}
	for i := 1; i <= 20000; i++ {
		work <- i
	}
	close(work)
	total := 0
	for i := 0; i < 8; i++ {
		total += <-sums
	}
	claim("8 workers add up what a queue of 16 brings", total == 20000*20001/2)

	var got, sent [4]int
	lines, stop := [4]chan int{}, make(chan bool)
	for i := range lines {
		lines[i] = make(chan int)
		go func(line chan<- int, sent *int) {
			for *sent = 0; *sent < 1000; *sent++ {
				line <- 1
			}
			stop <- true
		}(lines[i], &sent[i])
	}
	for ended := 0; ended < 4; {
		select {
		case n := <-lines[0]:
			got[0] += n
		case n := <-lines[1]:
			got[1] += n
		case n := <-lines[2]:
			got[2] += n
		case n := <-lines[3]:
			got[3] += n
		case <-stop:
			ended++
		}
	}
	claim("a select of five channels loses nothing", got == [4]int{1000, 1000, 1000, 1000})
}

func locks() {
	const routines, rounds = 100, 200
	var group sync.WaitGroup
	each := func(routine func(i int)) {
		group.Add(routines)
		for i := 0; i < routines; i++ {
			go func(i int) {
				defer group.Done()
				routine(i)
			}(i)
		}
		group.Wait()
	}

	var mutex sync.Mutex
	plain := 0
	each(func(int) {
		for i := 0; i < rounds; i++ {
			mutex.Lock()
			plain++
			if i%16 == 0 {
				runtime.Gosched()
			}
			mutex.Unlock()
		}
	})
	claim("100 goroutines count under a mutex", plain == routines*rounds)

	var count atomic.Int64
	each(func(int) {
		for i := 0; i < rounds; i++ {
			count.Add(1)
		}
	})
	claim("and with an atomic", count.Load() == routines*rounds)

	var rw sync.RWMutex
	pair, torn := [2]int{}, atomic.Int64{}
	each(func(i int) {
		for n := 0; n < rounds; n++ {
			if i%10 == 0 {
				rw.Lock()
				pair[0]++
				runtime.Gosched()
				pair[1]++
				rw.Unlock()
			} else {
				rw.RLock()
				if pair[0] != pair[1] {
					torn.Add(1)
				}
				rw.RUnlock()
			}
		}
	})
	claim("readers never see a writer's half", torn.Load() == 0 && pair[0] == routines/10*rounds)

	var once sync.Once
	calls := 0
	each(func(int) { once.Do(func() { calls++ }) })
	claim("a thing to be done once is", calls == 1)

	turn, cond := 0, sync.NewCond(&mutex)
	each(func(i int) {
		mutex.Lock()
		for turn != i {
			cond.Wait()
		}
		turn++
		cond.Broadcast()
		mutex.Unlock()
	})
	claim("a condition lets 100 goroutines take turns", turn == routines)

	var table sync.Map
	each(func(i int) {
		for n := 0; n < 20; n++ {
			table.Store(i*20+n, i)
		}
	})
	entries := 0
	table.Range(func(_, _ interface{}) bool { entries++; return true })
	claim("a shared map has every entry", entries == routines*20)
}

// preemption: a loop without calls only yields if its thread is sent a signal.
func preemption() {
	before := runtime.GOMAXPROCS(1)
	var stop atomic.Bool
	var counts [8]atomic.Uint64
	ended := make(chan bool)
	loop := func(count *atomic.Uint64) {
		for !stop.Load() {
			count.Add(1)
		}
		ended <- true
	}

	go loop(&counts[0])
	for counts[0].Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	stop.Store(true)
	claim("a loop on the only processor is preempted", <-ended)

	runtime.GOMAXPROCS(4)
	stop.Store(false)
	for i := range counts {
		counts[i].Store(0)
		go loop(&counts[i])
	}
	for i := 0; i < 5; i++ {
		time.Sleep(5 * time.Millisecond)
		runtime.GC() // stops them all
	}
	for i := range counts {
		for counts[i].Load() == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	stop.Store(true)
	for range counts {
		<-ended
	}
	claim("8 loops on 4 processors all ran, and stopped for 5 collections", true)
	runtime.GOMAXPROCS(before)
}
