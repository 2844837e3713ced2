// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

type tree struct {
	left, right *tree
	value       int
}

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{value: 1}
	}
	return &tree{grow(depth - 1), grow(depth - 1), 1}
}

func (t *tree) sum() int {
	if t == nil {
		return 0
	}
	return t.value + t.left.sum() + t.right.sum()
}

func collections() uint32 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.NumGC
}

// finalized counts the objects whose finalizers ran, of 100 that nobody refers to.
func finalized() int64 {
	var count atomic.Int64
	for i := 0; i < 100; i++ {
		runtime.SetFinalizer(&tree{value: i, left: new(tree)}, func(*tree) { count.Add(1) })
	}
	for i := 0; i < 200 && count.Load() < 100; i++ {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	return count.Load()
}

func collector() {
	debug.SetGCPercent(50)
	kept, before := grow(12), collections()
	var group sync.WaitGroup
	var wrong atomic.Int64
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := 0; n < 60; n++ {
				if grow(9).sum() != 1<<10-1 {
					wrong.Add(1)
				}
			}
		}()
	}
	group.Wait()
	claim("8 goroutines grow trees, and none loses a leaf", wrong.Load() == 0)
	claim("garbage was collected meanwhile", collections() > before)
	claim("what was kept is whole", kept.sum() == 1<<13-1)

	claim("objects that nobody refers to are finalized", finalized() >= 99)

	large := make([][]byte, 4)
	for round := 0; round < 20; round++ {
		for i := range large {
			large[i] = make([]byte, 1<<20)
			large[i][round] = byte(round)
		}
	}
	zero := true
	for _, block := range large {
		for i, b := range block {
			zero = zero && (b == 0 || i == 19)
		}
	}
	claim("memory used again is zero", zero)
	large = nil
	debug.FreeOSMemory()
	again := make([]byte, 4<<20)
	for _, b := range again {
		zero = zero && b == 0
	}
	claim("so is memory that was given back", zero)
}

func deep(n int) int {
	var frame [64]int
	frame[n%64] = n
	if n == 0 {
		return 0
	}
	return deep(n-1) + frame[n%64] - n + 1
}

func stacks() {
	claim("a stack grows to 12 MB", deep(20000) == 20000)
	results := make(chan int)
	for i := 1; i <= 100; i++ {
		go func(i int) { results <- deep(i * 10) }(i)
	}
	sum := 0
	for i := 0; i < 100; i++ {
		sum += <-results
	}
	claim("100 stacks grow side by side", sum == 10*100*101/2)

	var group sync.WaitGroup
	var count atomic.Int64
	gate := make(chan bool)
	for i := 0; i < 10000; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			<-gate
			count.Add(1)
		}()
	}
	claim("10000 goroutines wait", runtime.NumGoroutine() >= 10000)
	close(gate)
	group.Wait()
	claim("and go on", count.Load() == 10000)
}
