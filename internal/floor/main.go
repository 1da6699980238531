// Command floor is the program that the benchmarks compare converge with: the
// least that any Go program has to do for the same end. It handles no error but
// by giving up, remembers nothing and promises nothing.
//
//	floor parse MANIFEST           parse, and nothing else
//	floor noop ROOT MANIFEST       parse, evaluate, open, read and compare every file
//	floor sources ROOT MANIFEST    parse, and read all that resources of many kinds are about
//	floor packages ROOT MANIFEST   parse, and read dpkg's status file once
//	floor write ROOT N             N files, each by a temporary file and a rename
//	floor durable ROOT N           the same, each synced before its rename
//	floor links VERB PKG TARGET UP link, unlink or check every file of PKG in TARGET,
//	                               from which UP leads to PKG
//
// It uses all processors for parallel work. Noop prints the nanoseconds that all
// of it but the parse took.
//
// Start with cmd/converge/bench_test.go, which builds and runs it.
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
	case "sources":
		return sources(args[1], args[2])
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
