// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"sync"
	"time"
)

func timers() {
	start := time.Now()
	time.Sleep(20 * time.Millisecond)
	claim("a sleep is not too short", time.Since(start) >= 20*time.Millisecond)

	var mutex sync.Mutex
	var group sync.WaitGroup
	early := 0
	for n := 1; n <= 5; n++ {
		group.Add(1)
		go func(wait time.Duration) {
			defer group.Done()
			begin := time.Now()
			time.Sleep(wait)
			if time.Since(begin) < wait {
				mutex.Lock()
				early++
				mutex.Unlock()
			}
		}(time.Duration(n) * 20 * time.Millisecond)
	}
	group.Wait()
	claim("nor is that of five at a time", early == 0 && time.Since(start) >= 120*time.Millisecond)

	all := make(chan time.Duration, 500)
	for i := 0; i < cap(all); i++ {
		wait := time.Duration(i%50) * time.Millisecond
		begin := time.Now()
		time.AfterFunc(wait, func() { all <- time.Since(begin) - wait })
	}
	for i := 0; i < cap(all); i++ {
		if <-all < 0 {
			early++
		}
	}
	claim("500 timers go off, none of them early", early == 0)

	ticker, ticks := time.NewTicker(2*time.Millisecond), 0
	start = time.Now()
	for range ticker.C {
		if ticks++; ticks == 10 {
			ticker.Stop()
			break
		}
	}
	claim("a ticker ticks", time.Since(start) >= 15*time.Millisecond)

	timer := time.NewTimer(time.Hour)
	stopped := timer.Stop()
	timer.Reset(time.Millisecond)
	<-timer.C
	claim("a timer is stopped and set anew", stopped && !timer.Stop())

	select {
	case <-time.After(10 * time.Millisecond):
		claim("what never comes is waited for no longer than said", true)
	case <-make(chan int):
	}

	within, cancel := context.WithTimeout(context.Background(), 15*time.Millisecond)
	defer cancel()
	below, cancelBelow := context.WithCancel(within)
	defer cancelBelow()
	<-below.Done()
	claim("a context ends at its time, with those below it",
		errors.Is(below.Err(), context.DeadlineExceeded))
}
