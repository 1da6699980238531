package packagestest

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// waitFor polls until something has happened.
func waitFor(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !happened(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not happen: " + what)
		}
	}
}

func checkLocked(r *run) {
	cs, f, _ := r.plan(r.want("lib"))
	pid, release := r.Lock(r.T)
	done := make(chan resource.Outcome, 1)
	go func() { done <- r.p.ApplyAll(r.Context(), cs, f) }()
	waitFor(r.T, "the holder of the lock is named", func() bool {
		return strings.Contains(r.heard(), fmt.Sprintf("is held by process %d (", pid))
	})
	select {
	case o := <-done:
		r.Fatalf("it did not wait: %v", o.Errs)
	default:
	}
	release()
	if o := <-done; o.Err(0) != nil {
		r.Error(o.Err(0))
	}
	r.is("lib", "1.0")
}

// revert takes back a change.
func (r *run) revert(c resource.Change) {
	r.Helper()
	past := resource.Past{Kind: r.kind, Before: c.Have, After: c.Want}
	targets, err := r.kind.Revert(past)
	if err != nil || len(targets) != 1 {
		r.Fatalf("%v %v", targets, err)
	}
	r.converge(&resource.Resource{Addr: c.Addr, Kind: r.kind, Want: cty.ObjectVal(targets[0].Want)})
}

func checkRollback(r *run) {
	old := r.want("many", "version", r.Full("1.0"))
	r.converge(old)
	cs := r.changes(r.want("many", "version", "> "+r.Full("1.1")))
	full, _, err := r.p.Record(r.Context(), cs[0])
	if err != nil {
		r.Fatal(err)
	}
	r.converge(r.want("many", "version", "> "+r.Full("1.1")))
	r.is("many", "2.0")
	full.Want = r.observed("many")
	r.revert(full)
	r.is("many", "1.0")

	cs = r.changes(r.want("lib"))
	r.converge(r.want("lib"))
	cs[0].Want = r.observed("lib")
	r.revert(cs[0])
	r.is("lib", "")
}

// observed is a package in its own words.
func (r *run) observed(name string) cty.Value {
	r.Helper()
	have, err := r.p.Observe(r.Context(), r.want(name, "version", "= 0.0.0-0").Want)
	if err != nil {
		r.Fatal(err)
	}
	return have
}

func checkKilled(r *run) {
	cs, f, _ := r.plan(r.want("slow"), r.want("lib"))
	done := make(chan resource.Outcome, 1)
	go func() { done <- r.p.ApplyAll(r.Context(), cs, f) }()
	waitFor(r.T, "the script runs", func() bool {
		_, err := os.Stat("/run/" + Prefix + "slow")
		return err == nil
	})
	waitFor(r.T, "it is killed", func() bool { return r.Kill(r.T) })
	<-done
	writeFile(r.T, "/run/"+Prefix+"fast", "")
	r.reopen() // the next run
	r.converge(r.want("slow"), r.want("lib"))
	r.is("slow", "1.0")
	r.is("lib", "1.0")
	r.converge(r.want("app")) // and the manager is in order
	r.reopen()
	if cs := r.changes(r.want("slow"), r.want("lib"), r.want("app")); len(cs) > 0 {
		r.Errorf("the run after that plans %v", cs)
	}
}
