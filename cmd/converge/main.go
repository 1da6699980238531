// Command converge makes one Linux host match its manifest.
//
// This package holds the flags and the help of every command. internal/app implements the commands, internal/engine
// plans and makes the changes, and internal/view writes the output for people.
package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/process"
)

// The percentages by which the heap may grow between two collections: less for a large live heap, because that saves
// much memory and costs little time. With 200, a run of 10,000 resources takes no less time than with 100, and 15 MB
// more.
const (
	usualPercent = 100
	largePercent = 50 // from largeHeap on

	largeHeap = 128 << 20 // a lower value costs a run of 100,000 resources a twentieth more time, and saves 10 MB
)

// firstPercent delays the first collection until the heap has about 32 MiB: the runtime collects at 4 MiB times the
// percentage. A run over a thousand resources without changes then takes one collection instead of four.
const firstPercent = 800

// memoryGoal is the heap size in bytes above which memory is returned sooner, at the price of time. No run of a
// reasonable size reaches it.
const memoryGoal = 768 << 20

func main() {
	process.RunHelper()
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryGoal)
	}
	if os.Getenv("GOGC") == "" {
		postponeCollection()
	}
	os.Exit(run(os.Args[1:]))
}

// postponeCollection delays the first collection. After each collection, the size of the live heap determines how far it
// may grow until the next.
func postponeCollection() {
	debug.SetGCPercent(firstPercent)
	afterCollection(firstPercent)
}

// afterCollection sets the percentage after the next collection, and after each later one.
func afterCollection(percent int) {
	runtime.SetFinalizer(new([16]byte), func(*[16]byte) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		now := percentOf(live[0].Value.Uint64())
		if now != percent { // setting it stops all goroutines
			debug.SetGCPercent(now)
		}
		afterCollection(now)
	})
}

// percentOf returns the percentage by which a heap with that many live bytes may grow.
func percentOf(live uint64) int {
	if live < largeHeap {
		return usualPercent
	}
	return largePercent
}

// run is the whole program; it returns the exit status.
func run(args []string) int {
	env := environ.New(os.Stdin, os.Stdout, os.Stderr, args, func() string { return readBuild().Version })
	env.Harmless.Store(true) // until a command changes it: --help does not
	env.JSON = asksJSON(args)
	ctx, stop := env.WithSignals(context.Background())
	defer stop()
	args = commandArgs(args)
	root := newRootFor(env, args)
	root.SetArgs(args)
	if len(args) > 0 && args[0] == cobra.ShellCompRequestCmd {
		explainPlainly(root)
	}
	err := root.ExecuteContext(ctx)
	if err == nil && env.Harmless.Load() {
		err = ctx.Err() // an interrupted command never counts as complete
	}
	return env.End(ctx, err)
}

// commandArgs turns the flag with which package managers are asked to answer a requirement file (stow2-protocol(7)) into
// the command for that.
func commandArgs(args []string) []string {
	if len(args) == 0 {
		return args
	}
	if file, ok := strings.CutPrefix(args[0], "--wanted="); ok {
		return slices.Concat([]string{"wanted", file}, args[1:])
	}
	if args[0] == "--wanted" {
		return slices.Concat([]string{"wanted"}, args[1:])
	}
	return args
}

// asksJSON reports whether a command line has --json. It works before the flags are parsed: a mistake in them is
// reported in JSON too. stow2 parses its own command line.
func asksJSON(args []string) (asked bool) {
	for _, arg := range args {
		value, inline := strings.CutPrefix(arg, "--json=")
		switch {
		case arg == "--":
			return asked
		case arg == "--json":
			asked = true
		case inline:
			asked, _ = strconv.ParseBool(value) // an invalid value leads to an error anyway
		}
	}
	return asked
}

// changesNothing reports whether a command does not change the machine, and writes its output at once.
func changesNothing(cmd *cobra.Command) bool {
	if forget, err := cmd.Flags().GetBool("forget"); err == nil && forget {
		return false // they are runs in the history
	}
	switch cmd.Name() {
	case "plan", "check", "validate", "test", "fmt", "graph", "facts", "data", "output", "eval", "console", "explain", "schema", "lsp", "history", "show", "status", "version", "completion", "__complete-bash", "help":
		return cmd.HasParent() && !cmd.Parent().HasParent() // but not the subcommands of converge stow
	}
	return false
}
