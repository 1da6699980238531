package resource

import (
	"cmp"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Dep is an edge that the manifest states: the resource comes after On.
type Dep struct {
	On     Addr
	Reason string // "depends_on", "refers to file.motd.path"
	Range  hcl.Range
}

// Notify requests the action Verb of Target after a change of the resource.
type Notify struct {
	Target Addr
	Verb   string
	When   Timing
	Range  hcl.Range
}

// Timing is when a notification is delivered.
type Timing string

const (
	Delayed     Timing = "delayed"     // at the end of the run
	Immediately Timing = "immediately" // right after the cause
	Before      Timing = "before"      // right before the cause, if it will change
)

// OnFailure is how a run continues when a resource fails.
type OnFailure string

const (
	FailSkip     OnFailure = "skip"     // skip what depends on it, go on with the rest
	FailContinue OnFailure = "continue" // go on as if it had worked, and report it
	FailStop     OnFailure = "stop"     // start nothing more; owed notifications stay owed
	FailRollback OnFailure = "rollback" // as FailStop, and undo what the run has changed so far
)

// Disagree names, sorted, the attributes in which two resources of one thing differ; nil if they agree. It ignores the
// names by which they call the thing, and the origin of a content.
func Disagree(a, b *Resource) []string {
	x, y := declaredAttrs(a), declaredAttrs(b)
	var out []string
	for name, v := range x {
		if w, ok := y[name]; !ok || !isSame(v, w) {
			out = append(out, name)
		}
	}
	for name := range y {
		if _, ok := x[name]; !ok {
			out = append(out, name)
		}
	}
	if cmp.Or(a.OnFailure, FailSkip) != cmp.Or(b.OnFailure, FailSkip) {
		out = append(out, "on_failure")
	}
	if a.Audit != b.Audit {
		out = append(out, "audit")
	}
	slices.Sort(out)
	return out
}

// declaredAttrs returns the attributes that a resource declares for its thing.
func declaredAttrs(r *Resource) map[string]cty.Value {
	m := AttrsOf(r.Want)
	maps.DeleteFunc(m, func(name string, _ cty.Value) bool {
		a, known := r.Kind.Attr(name)
		return name == r.Kind.Label || known && a.Wording
	})
	return m
}

func isSame(v, w cty.Value) bool {
	if v.Type() == BlobType && w.Type() == BlobType {
		return AsBlob(v).Same(AsBlob(w))
	}
	return v.RawEquals(w)
}
