// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"time"
)

// deadlock: the runtime notices that nobody can go on.
func deadlock() {
	go func() { select {} }()
	<-make(chan int)
}

// panicked: a panic in another goroutine ends the program.
func panicked() {
	go func() { panic("nobody recovers") }()
	time.Sleep(time.Hour)
}

// exit ends the program while other goroutines run.
func exit() {
	for i := 0; i < 8; i++ {
		go func() {
			for {
			}
		}()
	}
	time.Sleep(10 * time.Millisecond)
	os.Exit(7)
}
