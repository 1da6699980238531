// Command breakable is stow2, which the test that runs it stops at its system calls. Tests build it because they run it
// thousands of times, and it starts in half the time of a test binary.
package main

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"converge/internal/breakpoint"
	"converge/internal/stow/cli"
)

func main() {
	breakpoint.Enable()
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
