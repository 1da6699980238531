// Command onethread is stow2 with all its system calls in its first thread, where
// tests count them. Tests that kill it thousands of times build it, for it starts
// in half the time of a test binary.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"converge/internal/stow/cli"
)

func init() { runtime.LockOSThread() } // main goes on in the first thread then

func main() {
	dir, err := unix.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(cli.Main(context.Background(), cli.Env{
		Name: os.Args[0], Manager: "stow2", Args: os.Args[1:], Version: "under-test", Dir: dir, Lookup: os.LookupEnv,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}
