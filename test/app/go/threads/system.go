// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// held starts goroutines that have a thread each, all at the same time: how many different ones.
func held(count int) int {
	var mutex sync.Mutex
	var started, ended sync.WaitGroup
	ids, gate := map[int]bool{}, make(chan bool)
	started.Add(count)
	ended.Add(count)
	for i := 0; i < count; i++ {
		go func() {
			defer ended.Done()
			runtime.LockOSThread() // and its thread ends with it
			mutex.Lock()
			ids[syscall.Gettid()] = true
			mutex.Unlock()
			started.Done()
			<-gate
		}()
	}
	started.Wait()
	close(gate)
	ended.Wait()
	return len(ids)
}

func threads() {
	claim("100 threads at a time", held(100) == 100)
	claim("1000 threads at a time", held(1000) == 1000)
	ended := 0
	for i := 0; i < 20; i++ {
		ended += held(10)
	}
	claim("10 threads 20 times over", ended == 200)
}

func files() {
	folder, err := os.MkdirTemp("", "go")
	must(err)
	errs := make(chan error)
	for i := 0; i < 16; i++ {
		go func(i int) { errs <- writeAndRead(filepath.Join(folder, fmt.Sprint("file", i)), i) }(i)
	}
	for i := 0; i < 16; i++ {
		if err := <-errs; err != nil {
			claim(err.Error(), false)
		}
	}
	entries, err := os.ReadDir(folder)
	must(err)
	claim("16 goroutines write files and read them", len(entries) == 16)
	must(os.RemoveAll(folder))
	_, err = os.Stat(folder)
	claim("they are gone when removed", errors.Is(err, os.ErrNotExist))
	_, err = os.ReadFile("/no/such/file")
	claim("a file that is not there is an error", errors.Is(err, os.ErrNotExist))
}

func writeAndRead(path string, seed int) error {
	block := bytes.Repeat([]byte{byte(seed)}, 4096)
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	for i := 0; i < 8; i++ {
		if _, err := f.WriteAt(block, int64(7-i)*4096); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	content, err := os.ReadFile(path)
	if err == nil && !bytes.Equal(content, bytes.Repeat(block, 8)) {
		err = fmt.Errorf("%s has other bytes", path)
	}
	return err
}

func pipes() {
	r, w, err := os.Pipe()
	must(err)
	go func() {
		out := bufio.NewWriter(w)
		for i := 0; i < 20000; i++ {
			fmt.Fprintln(out, i)
		}
		out.Flush()
		w.Close()
	}()
	lines, scanner := 0, bufio.NewScanner(r)
	for scanner.Scan() {
		lines++
	}
	claim("20000 lines go through a pipe", lines == 20000 && scanner.Err() == nil)
	r.Close()

	r, w, err = os.Pipe()
	must(err)
	must(r.SetReadDeadline(time.Now().Add(20 * time.Millisecond)))
	_, err = r.Read(make([]byte, 1))
	claim("a reader waits until its time", errors.Is(err, os.ErrDeadlineExceeded))
	must(r.SetReadDeadline(time.Time{}))
	failed := make(chan error)
	go func() {
		_, err := r.Read(make([]byte, 1))
		failed <- err
	}()
	time.Sleep(5 * time.Millisecond)
	r.Close()
	claim("closing it wakes who reads", errors.Is(<-failed, os.ErrClosed))
	_, err = w.Write([]byte("x"))
	claim("a pipe that nobody reads is broken", errors.Is(err, syscall.EPIPE))
	w.Close()
}

// serve answers each line with its length, until the line is empty.
func serve(c net.Conn) {
	defer c.Close()
	for lines := bufio.NewScanner(c); lines.Scan() && lines.Text() != ""; {
		fmt.Fprintln(c, len(lines.Text()))
	}
}

func ask(address string, count int) error {
	c, err := net.Dial("unix", address)
	if err != nil {
		return err
	}
	defer c.Close()
	answers := bufio.NewReader(c)
	for i := 1; i <= count; i++ {
		fmt.Fprintf(c, "%s\n", bytes.Repeat([]byte("a"), i))
		var length int
		if _, err := fmt.Fscanln(answers, &length); err != nil || length != i {
			return fmt.Errorf("%d instead of %d: %v", length, i, err)
		}
	}
	fmt.Fprintln(c)
	if _, err := answers.ReadByte(); err != io.EOF {
		return fmt.Errorf("after the end: %v", err)
	}
	return nil
}

func sockets() {
	const clients = 30
	address := filepath.Join(os.TempDir(), "go.socket")
	l, err := net.Listen("unix", address)
	must(err)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	errs := make(chan error)
	for i := 0; i < clients; i++ {
		go func() { errs <- ask(address, 20) }()
	}
	for i := 0; i < clients; i++ {
		if err := <-errs; err != nil {
			claim(err.Error(), false)
		}
	}
	claim("30 clients talk with a server", true)
	l.Close()
	_, err = net.Dial("unix", address)
	claim("none is there when it has ended", err != nil)
}
