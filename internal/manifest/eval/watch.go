package eval

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
)

// The bounds of a load. The bounds of single values and loops (bound.go) apply first: these are for work that they do
// not see, in HCL, in cty and in the functions of templates.
const (
	maxMemory = 640 << 20       // bytes of heap in addition to the heap at the start; perByte adds to it
	perByte   = 8               // bytes of heap for each byte of manifest
	maxTime   = 4 * time.Second // processor time for one expression or template, unless an option sets it
	watchTick = 10 * time.Millisecond
)

// watch tracks the evaluations in progress.
type watch struct {
	maxTime time.Duration // processor time for each

	mu      sync.Mutex
	working map[*work]bool
	latest  *hcl.Range
}

// work is one expression or template that is being evaluated.
type work struct {
	w     *watch
	at    *hcl.Range
	spent time.Duration // its estimated processor time
}

func (w *watch) begin(at *hcl.Range) *work {
	x := &work{w: w, at: at}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.working == nil {
		w.working = map[*work]bool{}
	}
	w.working[x], w.latest = true, at
	return x
}

func (x *work) end() {
	x.w.mu.Lock()
	defer x.w.mu.Unlock()
	delete(x.w.working, x)
}

// guard returns a channel that reports the first excess, until over is closed. read returns how many bytes of manifest
// have been read so far.
func (w *watch) guard(over <-chan struct{}, read func() int64) <-chan *hcl.Diagnostic {
	found := make(chan *hcl.Diagnostic, 1)
	go func() {
		before, last := heap(), processorTime()
		tick := time.NewTicker(watchTick)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
			}
			now := processorTime()
			memory := func() int64 { return heap() - before - perByte*read() }
			if memory() > maxMemory {
				runtime.GC() // how much of it is garbage?
			}
			if d := w.check(memory(), now-last); d != nil {
				found <- d
				return
			}
			last = now
		}
	}()
	return found
}

// check divides the processor time among the evaluations in progress. It measures processor time, not elapsed time, so a
// busy machine makes no difference.
func (w *watch) check(memory int64, spent time.Duration) *hcl.Diagnostic {
	w.mu.Lock()
	defer w.mu.Unlock()
	var longest *work
	for x := range w.working {
		x.spent += spent / time.Duration(len(w.working))
		if longest == nil || x.spent > longest.spent {
			longest = x
		}
	}
	switch {
	case memory > maxMemory:
		at := w.latest
		if longest != nil {
			at = longest.at
		}
		return diag.Failure("Too much to evaluate", fmt.Sprintf("The manifest takes more than %d MiB of memory to evaluate.", maxMemory>>20), at)
	case longest != nil && longest.spent > w.maxTime:
		return diag.Failure("Too much to evaluate", fmt.Sprintf("This takes more than %v of a processor's time.", w.maxTime), longest.at)
	}
	return nil
}

// heap returns the heap in use, in bytes.
func heap() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
