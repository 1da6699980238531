// maxFile bounds the bytes read of any one file.
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
