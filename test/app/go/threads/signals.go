// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

func signals() {
	got := make(chan os.Signal, 10)
	signal.Notify(got, syscall.SIGUSR1, syscall.SIGHUP)
	me := os.Getpid()
	must(syscall.Kill(me, syscall.SIGUSR1))
	claim("a signal to itself comes", <-got == syscall.SIGUSR1)
	must(syscall.Kill(me, syscall.SIGHUP))
	claim("one that would end it, too", <-got == syscall.SIGHUP)

	seen := 0
	for i := 0; i < 100; i++ {
		must(syscall.Kill(me, syscall.SIGUSR1))
		<-got
		seen++
	}
	claim("100 one after the other come", seen == 100)

	signal.Ignore(syscall.SIGUSR2)
	must(syscall.Kill(me, syscall.SIGUSR2))
	claim("an ignored one does nothing", signal.Ignored(syscall.SIGUSR2))

	signal.Reset(syscall.SIGUSR1)
	signal.Stop(got)
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	process, err := os.FindProcess(me)
	must(err)
	must(process.Signal(os.Interrupt))
	select {
	case s := <-interrupts:
		claim("an interrupt comes where it is asked for", s == os.Interrupt && len(got) == 0)
	case <-time.After(5 * time.Second):
		claim("an interrupt comes", false)
	}

	var group sync.WaitGroup
	many := make(chan os.Signal, 1000)
	signal.Notify(many, syscall.SIGURG)
	for i := 0; i < 4; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := 0; n < 50; n++ {
				_ = syscall.Kill(me, syscall.SIGURG)
				runtime.Gosched()
			}
		}()
	}
	group.Wait()
	<-many
	claim("the signal that preempts may come from outside", true)
}

// fault recovers from what touch does, and tells the runtime's error.
func fault(touch func()) (text string) {
	defer func() {
		if r := recover(); r != nil {
			var e runtime.Error
			if err, ok := r.(error); ok && errors.As(err, &e) {
				text = e.Error()
			}
		}
	}()
	touch()
	return "none"
}

func faults() {
	var nothing *tree
	const message = "runtime error: invalid memory address or nil pointer dereference"
	claim("reading through nil is an error that is recovered from",
		fault(func() { nothing.value++ }) == message)

	wrong := make(chan int)
	for i := 0; i < 16; i++ {
		go func() {
			bad := 0
			for n := 0; n < 20; n++ {
				if fault(func() { nothing.left = nil }) != message {
					bad++
				}
			}
			wrong <- bad
		}()
	}
	bad := 0
	for i := 0; i < 16; i++ {
		bad += <-wrong
	}
	claim("320 times in 16 goroutines", bad == 0)

	page, err := syscall.Mmap(-1, 0, 2*os.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	must(err)
	page[5] = 7
	must(syscall.Mprotect(page, syscall.PROT_READ))
	debug.SetPanicOnFault(true)
	told := fault(func() { page[5] = 8 })
	claim("a write to what is read-only is one", told != "none" && page[5] == 7)
	must(syscall.Mprotect(page, syscall.PROT_READ|syscall.PROT_WRITE))
	claim("and none when it is not any more", fault(func() { page[5] = 9 }) == "none" && page[5] == 9)
	must(syscall.Munmap(page))

	zero := 0
	claim("a division by zero is one",
		fault(func() { zero = 1 / zero }) == "runtime error: integer divide by zero")
	claim("so is an index out of range",
		fault(func() { page[zero-1] = 1 }) == "runtime error: index out of range [-1]")
}
