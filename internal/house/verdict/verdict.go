package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// event is one line of go test -json, as "go doc test2json" describes it.
type event struct {
	Action     string
	Package    string
	ImportPath string // of what is built
	Test       string // "" is the package
	Output     string
	Elapsed    float64 // in seconds
}

// of names what an event is about.
type of struct{ pkg, test string }

type verdict struct {
	out     io.Writer
	pending map[of][]string // output of what has not ended
	passed  int             // packages
	failed  []of
	skipped []of
	took    map[of]float64 // tests that have no tests in them, in seconds
}

func newVerdict(out io.Writer) *verdict {
	return &verdict{out: out, pending: map[of][]string{}, took: map[of]float64{}}
}

// read takes all events, and prints those that a person wants to see as they
// come. A line that is no event is one of go itself, and is printed.
func (v *verdict) read(in io.Reader) error {
	d := json.NewDecoder(in)
	for {
		var e event
		err := d.Decode(&e)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("cannot read the events of go test: %w", err)
		}
		v.take(e)
	}
}

func (v *verdict) take(e event) {
	key := of{e.Package, e.Test}
	v.keepTime(e)
	switch e.Action {
	case "build-output":
		fmt.Fprint(v.out, e.Output)
	case "output":
		if e.Test == "" && isResult(e.Output) {
			fmt.Fprint(v.out, e.Output)
			return
		}
		v.pending[key] = append(v.pending[key], e.Output)
	case "fail":
		v.failed = append(v.failed, key)
		v.show(key)
	case "skip":
		if e.Test != "" { // else a package without tests
			v.skipped = append(v.skipped, key)
			v.show(key)
		}
		delete(v.pending, key)
	case "pass":
		if e.Test == "" {
			v.passed++
		}
		delete(v.pending, key)
	}
}

// keepTime keeps how long a test took. Those that a test is made of end before it.
func (v *verdict) keepTime(e event) {
	if e.Test == "" || e.Action != "pass" && e.Action != "fail" {
		return
	}
	if _, made := v.took[of{e.Package, e.Test}]; !made {
		v.took[of{e.Package, e.Test}] = e.Elapsed
	}
	for above := path.Dir(e.Test); above != "."; above = path.Dir(above) {
		v.took[of{e.Package, above}] = 0
	}
}

// slow is how many seconds a test takes that showSlowest names, and slowest how
// many it names at most.
const (
	slow    = 10
	slowest = 20
)

// showSlowest names the tests that took longest: it is there that time is won.
func (v *verdict) showSlowest() {
	names := slices.SortedFunc(maps.Keys(v.took), func(a, b of) int {
		return cmp.Or(cmp.Compare(v.took[b], v.took[a]), cmp.Compare(a.String(), b.String()))
	})
	for _, name := range names[:min(slowest, len(names))] {
		if v.took[name] >= slow {
			fmt.Fprintf(v.out, "slow\t%s\t%.0fs\n", name, v.took[name])
		}
	}
}

// isResult reports whether a line of a package tells how it ended.
func isResult(line string) bool {
	for _, head := range []string{"ok  \t", "FAIL\t", "FAIL", "?   \t", "---\t"} {
		if strings.HasPrefix(line, head) {
			return true
		}
	}
	return false
}

// show prints the output of what ended, under its name.
func (v *verdict) show(key of) {
	for _, line := range v.pending[key] {
		fmt.Fprint(v.out, line)
	}
	delete(v.pending, key)
}

// judge is the error that the whole ends with; nil if all that there is passed.
func (v *verdict) judge() error {
	var problems []string
	for _, f := range v.failed {
		problems = append(problems, "failed: "+f.String())
	}
	for _, s := range v.skipped {
		problems = append(problems, "skipped, and nothing may be: "+s.String())
	}
	if len(problems) == 0 && v.passed == 0 {
		problems = append(problems, "no package was tested")
	}
	if len(problems) == 0 {
		return nil
	}
	return errors.New("not all tests passed\n  " + strings.Join(problems, "\n  "))
}

func (o of) String() string { return strings.TrimSuffix(o.pkg+" "+o.test, " ") }
