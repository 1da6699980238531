// Command converge makes one Linux host what its manifest says.
//
// Every command has a file of its own; kinds.go joins the kinds of resources
// with what makes them. What a person sees is written by internal/view, what
// happens is decided by internal/engine: here are flags, the way between the
// rooms, and the exit status.
package main

import (
	"os"
	"runtime/debug"

	"converge/internal/process"
)

// gcPercent is how far the heap may grow between two collections, in percent
// of what is alive. The default of 100 suits programs that stay: of a run of
// seconds it takes a tenth of the processor's time more than this does, for a
// fifth of the memory.
const gcPercent = 200

// memoryGoal is the heap size in bytes above which memory is given back sooner,
// at the price of time. No run of a sane size comes near.
const memoryGoal = 768 << 20

func main() {
	process.RunRecorder()
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryGoal)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	os.Exit(run(os.Args[1:]))
}
