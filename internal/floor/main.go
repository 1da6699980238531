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
	"strconv"
)

func main() {
	args := os.Args[1:]
	if err := run(args); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 2 && args[0] == "parse" {
		_, err := parse(args[1])
		return err
	}
	if len(args) == 5 && args[0] == "links" {
		return links(args[1], args[2], args[3], args[4])
	}
	if len(args) != 3 {
		return fmt.Errorf("cannot understand %q", args)
	}
	switch args[0] {
	case "noop":
		return noop(args[1], args[2])
	case "packages":
		return packages(args[1], args[2])
	case "write", "durable":
		n, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		return write(args[1], n, args[0] == "durable")
	}
	return fmt.Errorf("cannot understand %q", args)
}
