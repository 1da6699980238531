// Command converge makes one Linux host what its manifest declares.
//
// Every command has a file of its own with its flags and its help; what it does
// stands in internal/app. internal/view writes what a person sees, and
// internal/engine decides what happens.
package main

import (
	"os"
	"runtime/debug"

	"converge/internal/process"
)

// gcPercent is how far the heap may grow between two collections, in percent of
// the live heap. The default of 100 suits long-lived programs: in a run of
// seconds it takes a tenth more processor time than this does, for a fifth of the
// memory.
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
