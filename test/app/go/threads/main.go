// SPDX-License-Identifier: Apache-2.0

// Command threads does what programs in Go do with goroutines, and checks that the outcome is right:
//
//	threads PART...
//
// Each part prints a line for each claim. Go's runtime starts a thread for each goroutine that blocks in
// a system call, preempts goroutines by a signal to their threads, and waits with futexes and epoll.
package main

import (
	"fmt"
	"os"
)

// parts are the names that may be given, and the files they are in.
var parts = map[string]func(){
	"channels":   channels,   // share.go
	"locks":      locks,      //
	"preemption": preemption, //
	"timers":     timers,     // timers.go
	"collector":  collector,  // memory.go
	"stacks":     stacks,     //
	"signals":    signals,    // signals.go
	"faults":     faults,     //
	"threads":    threads,    // system.go
	"files":      files,      //
	"pipes":      pipes,      //
	"sockets":    sockets,    //
	"deadlock":   deadlock,   // ends.go
	"panic":      panicked,   //
	"exit":       exit,       //
}

func claim(name string, good bool) {
	if good {
		fmt.Println("yes:", name)
	} else {
		fmt.Println("NO: ", name)
	}
}

// must ends the program where there is no going on.
func must(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func main() {
	for _, name := range os.Args[1:] {
		part := parts[name]
		if part == nil {
			fmt.Println("no such part:", name)
			os.Exit(2)
		}
		fmt.Println("#", name)
		part()
	}
}
