package resource

import (
	"slices"
	"sync"
	"testing"
)

// TestKinds: a kind is made once, when it is asked for, and completed whether it is made
// before or after that is known.
func TestKinds(t *testing.T) {
	t.Parallel()
	made := map[string]int{}
	maker := func(name string) KindMaker {
		return KindMaker{Name: name, Make: func() *Kind { made[name]++; return &Kind{Name: name} }}
	}
	ks := NewKinds(maker("file"), maker("exec"), maker("cron"))
	if !slices.Equal(ks.Names(), []string{"file", "exec", "cron"}) || !ks.Has("cron") || ks.Has("disk") || len(made) > 0 {
		t.Errorf("names %q, made %v", ks.Names(), made)
	}
	early := ks.Find("file")
	var completed []string
	ks.Complete(func(k *Kind) { completed = append(completed, k.Name) })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if ks.Find("exec") == nil || ks.Find("file") != early || ks.Find("disk") != nil {
				t.Error("a kind is not found, or is another one")
			}
		})
	}
	wg.Wait()
	if !slices.Equal(completed, []string{"file", "exec"}) || made["file"] != 1 || made["exec"] != 1 || made["cron"] != 0 {
		t.Errorf("completed %q, made %v", completed, made)
	}
	if all := ks.All(); len(all) != 3 || all[2].Name != "cron" || all[0] != early || len(completed) != 3 {
		t.Errorf("all %v, completed %q", all, completed)
	}
}

// TestKindsAreNamedByTheirMakers: a maker that makes another kind than it says is a
// mistake of the program.
func TestKindsAreNamedByTheirMakers(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a kind of another name is accepted")
		}
	}()
	NewKinds(KindMaker{Name: "file", Make: func() *Kind { return &Kind{Name: "link"} }}).Find("file")
}
