// Command launch runs a command and prints its cost on its last line of output:
// nanoseconds on the clock, nanoseconds of the processors, the most bytes held.
//
// It is a program of its own because the kernel counts among the memory of a
// process what its parent held when it was started: a small parent makes for
// true figures.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

func main() {
	cmd := exec.Command(os.Args[1], os.Args[2:]...) //nolint:noctx // whoever kills this wants the figures no more
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	started := time.Now()
	err := cmd.Run()
	took := time.Since(started)
	if err != nil {
		fmt.Fprintln(os.Stderr, "launch:", err)
		os.Exit(1)
	}
	state := cmd.ProcessState
	cpu := state.UserTime() + state.SystemTime()
	fmt.Println(took.Nanoseconds(), cpu.Nanoseconds(), state.SysUsage().(*syscall.Rusage).Maxrss*1024)
}
