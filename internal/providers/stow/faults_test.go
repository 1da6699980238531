package stow_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"converge/internal/fsys"
	"converge/internal/providers/stow"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/stow/store"
)

// TestOneBadPackage shows that a fault in one package stops no other.
func TestOneBadPackage(t *testing.T) {
	m := newMachine(t, tools+"\nusr/local/stow/odd/1/bin/odd = odd\nusr/local/stow/odd/:installed = no link")
	odd, tool := m.resource("name", "odd"), m.resource("name", "tool", "version", "1.0")
	if _, err := m.p.Observe(t.Context(), odd.Want); err == nil || !strings.Contains(err.Error(), "not a link") {
		t.Errorf("observe: %v", err)
	}
	bad := resource.Diff(odd, resource.Absent)
	errs := m.p.ApplyAll(t.Context(), []resource.Change{bad, resourcetest.Plan(t, tool)}, resource.Forecast{}).Errs
	if len(errs) != 2 || errs[0] == nil || errs[1] != nil {
		t.Errorf("the errors are %v", errs)
	}
	compare(t, "links", m.show("usr/local/bin"), "usr/local/bin/mine\nusr/local/bin/tool -> ../stow/tool/1.0/bin/tool")
}

// TestLockHeld shows that converge waits for another process, up to a limit.
func TestLockHeld(t *testing.T) {
	m := newMachine(t, tools)
	d, err := fsys.OpenDirAt(filepath.Join(m.root, "usr/local"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Lock(t.Context(), true, nil); err != nil {
		t.Fatal(err)
	}
	c := resourcetest.Plan(t, m.resource("name", "tool"))
	before := m.show()
	t.Run("for a while", func(t *testing.T) {
		p := stow.New(stow.Options{FS: m.fs, Actor: self, LockTimeout: time.Millisecond})
		if err := p.Apply(t.Context(), c); err == nil || !strings.Contains(err.Error(), "was waited for, longer than 1ms") {
			t.Errorf("apply: %v", err)
		}
	})
	t.Run("until it is interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := stow.New(stow.Options{FS: m.fs, Actor: self, Notice: func(string) { cancel() }})
		if err := p.Apply(ctx, c); err == nil {
			t.Error("it was applied")
		}
	})
	compare(t, "tree", m.show(), before)
}

// TestChangedMeanwhile shows that changes are planned again under the lock.
func TestChangedMeanwhile(t *testing.T) {
	m := newMachine(t, tools)
	c := resourcetest.Plan(t, m.resource("name", "tool", "version", "1.1"))
	m.as(human, false, change(store.Stow, "tool/1.0"))
	if err := m.p.Apply(t.Context(), c); err == nil || !strings.HasPrefix(err.Error(), "left as it is: version 1.0 is managed by "+human) {
		t.Errorf("apply: %v", err)
	}
	compare(t, "record", m.reads(":installed")+" "+m.reads(":managed-by"), "1.0 "+human)
}
