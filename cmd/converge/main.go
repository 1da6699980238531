// Command converge makes one Linux host match its manifest.
//
// This package holds the flags and the help of every command. internal/app holds
// what a command does, internal/engine decides what happens to the host, and
// internal/view writes what a person sees.
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

// The heap may grow between two collections by so many percent of what is alive: by less where much
// is alive, because that is much memory, and little time. By 200 a run of 10,000 resources takes no
// less time than by 100, and 15 MB more.
const (
	usualPercent = 100
	largePercent = 50 // from largeHeap on

	largeHeap = 128 << 20 // below that, a run of 100,000 resources takes a twentieth more time, and 10 MB less
)

// firstPercent holds back the first collection until the heap has about 32 MiB: the
// runtime collects at 4 MiB times the percentage, and a run over a thousand resources
// that find nothing to do ends with one collection in place of four.
const firstPercent = 800

// memoryGoal is the heap size in bytes above which memory is given back sooner,
// at the price of time. No run of a sane size comes near.
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

// postponeCollection holds back the first collection. After each one it has the live heap decide how
// far it may grow until the next.
func postponeCollection() {
	debug.SetGCPercent(firstPercent)
	afterCollection(firstPercent)
}

// afterCollection sets the percentage after the next collection, and after each that follows.
func afterCollection(percent int) {
	runtime.SetFinalizer(new([16]byte), func(*[16]byte) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		now := percentOf(live[0].Value.Uint64())
		if now != percent { // setting it stops all that runs
			debug.SetGCPercent(now)
		}
		afterCollection(now)
	})
}

// percentOf is how far a heap may grow of which so many bytes are alive.
func percentOf(live uint64) int {
	if live < largeHeap {
		return usualPercent
	}
	return largePercent
}

// run is the whole program; it returns the exit status.
func run(args []string) int {
	env := environ.New(os.Stdin, os.Stdout, os.Stderr, args, func() string { return readBuild().Version })
	env.Harmless.Store(true) // until a command says otherwise: --help asks none
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
		err = ctx.Err() // whatever came of it, it was not seen through
	}
	return env.End(ctx, err)
}

// commandArgs turns the flag by which any package manager is asked to answer a
// requirement file (stow2-protocol(7)) into the command that does.
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

// asksJSON reports whether a command line has --json. It does not wait until the flags are parsed:
// a mistake in them is an error in JSON too. stow2 reads its own command line.
func asksJSON(args []string) (asked bool) {
	for _, arg := range args {
		value, inline := strings.CutPrefix(arg, "--json=")
		switch {
		case arg == "--":
			return asked
		case arg == "--json":
			asked = true
		case inline:
			asked, _ = strconv.ParseBool(value) // what is no value leads to an error anyway
		}
	}
	return asked
}

// changesNothing reports whether a command leaves the machine as it is, and
// what it writes for the user is written at once.
func changesNothing(cmd *cobra.Command) bool {
	if forget, err := cmd.Flags().GetBool("forget"); err == nil && forget {
		return false // runs of the history
	}
	switch cmd.Name() {
	case "plan", "check", "validate", "test", "fmt", "graph", "facts", "data", "output", "eval", "console", "explain", "schema", "lsp", "history", "show", "status", "version", "completion", "__complete-bash", "help":
		return cmd.HasParent() && !cmd.Parent().HasParent() // not those of converge stow
	}
	return false
}
