package packagestest

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"converge/internal/resource"
)

// checkSourceless checks the packages that a plan reports as without a source when the only repository is removed, and
// when one without offers is removed.
func checkSourceless(r *run) {
	r.converge(r.want("app"))
	r.reopen()
	names, err := r.p.OnlyFrom(r.Context(), "suite", r.Definition)
	var own []string
	for _, name := range names { // a host may have others of the repository
		if rest, ok := strings.CutPrefix(name, Prefix); ok {
			own = append(own, rest)
		}
	}
	if got := strings.Join(own, " "); err != nil || got != "app lib" {
		r.Errorf("without a source: %q, %v", got, err)
	}
	other := strings.NewReplacer("suite", "other", "/srv", "/mnt").Replace(r.Definition)
	if names, err := r.p.OnlyFrom(r.Context(), "other", other); err != nil || len(names) > 0 {
		r.Errorf("without a source after another repository goes: %v, %v", names, err)
	}
}

// checkPlanned plans while the repository is not on the machine: the same run sets it up.
func checkPlanned(r *run) {
	whole, err := os.ReadFile(r.File)
	if err != nil {
		r.Fatal(err)
	}
	without := strings.Replace(string(whole), r.Definition, "", 1)
	restore := func() { writeFile(r.T, r.File, string(whole)) }
	r.Cleanup(restore)
	if without == "" {
		err = os.Remove(r.File)
	} else {
		writeFile(r.T, r.File, without)
	}
	if err != nil || without == string(whole) {
		r.Fatalf("it cannot be taken off the machine: %v", err)
	}
	r.reopen()
	if _, _, bad := r.plan(r.want("seldom")); bad["seldom"] == nil {
		r.Error("it is offered without its repository")
	}
	r.planned = map[string][]byte{r.File: whole}
	defer func() { r.planned = nil }()
	r.reopen()
	cs, f, bad := r.plan(r.want("seldom"))
	if len(bad) > 0 || versionOf(f.Changes[0]) != r.Full("1.0") || also(f.Also) != "create unseen" {
		r.Errorf("the plan shows %q and %+v, %v\n%s", also(f.Also), f.Changes, bad, r.heard())
	}
	if now, err := os.ReadFile(r.File); string(now) != without || err != nil && without != "" {
		r.Errorf("the plan has written %q, %v", now, err)
	}
	restore()
	if o := r.p.ApplyAll(r.Context(), cs, f); o.Err(0) != nil {
		r.Error(o.Err(0))
	}
	r.is("seldom", "1.0")
	r.is("unseen", "1.0")
}

// plannedFiles are those of the repository that is still to be set up.
func (r *run) plannedFiles(context.Context, iter.Seq[resource.Change]) map[string][]byte {
	return r.planned
}

// checkMovedOn installs a package that the repository now has in another version than the
// index that the machine has fetched, with a dependency that is new.
func checkMovedOn(r *run) {
	r.converge(r.want("lib")) // so that the index is there
	dir := r.TempDir()
	if err := os.CopyFS(dir, os.DirFS(r.all)); err != nil {
		r.Fatal(err)
	}
	old, _ := filepath.Glob(filepath.Join(dir, Prefix+"moved?1.0*"))
	if len(old) != 1 || os.Remove(old[0]) != nil {
		r.Fatalf("there is no package to move: %v", old)
	}
	next := plainPackage("moved", "1.1")
	next.Depends = []string{Prefix + "many"}
	buildInto(r.T, dir, r.Format, next)
	r.Publish(r.T, dir)
	r.reopen()
	cs, f, bad := r.plan(r.want("moved"), r.want("app"))
	if len(bad) > 0 || versionOf(f.Changes[0]) != r.Full("1.0") {
		r.Fatalf("the plan shows %q, %v\n%s", versionOf(f.Changes[0]), bad, r.heard())
	}
	o := r.p.ApplyAll(r.Context(), cs, f)
	if o.Err(0) != nil || o.Err(1) != nil {
		r.Error(o.Errs)
	}
	if versionOf(o.MadeAs(0)) != r.Full("1.1") || !o.MadeAs(1).Addr.IsZero() {
		r.Errorf("it reports %+v", o.Made)
	}
	r.is("moved", "1.1")
	r.is("many", "2.0")
	r.is("app", "1.0")
}
