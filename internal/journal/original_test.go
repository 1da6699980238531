package journal

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// swappiness is a change of a kernel parameter, whose original the ledger keeps. "" is a state that the change does not
// know.
func swappiness(saved, live, wantSaved, wantLive string) resource.Change {
	state := func(saved, live string) cty.Value {
		m := map[string]cty.Value{"key": cty.StringVal("vm.swappiness")}
		if saved != "" {
			m["saved_value"] = cty.StringVal(saved)
		}
		if live != "" {
			m["live_value"] = cty.StringVal(live)
		}
		return cty.ObjectVal(m)
	}
	return resource.Change{
		Addr: resource.Addr{Kind: "sysctl", Name: "vm.swappiness"}, Kind: resources.Sysctl(nil), Action: resource.Update, Key: "sysctl:vm.swappiness",
		Have: state(saved, live), Want: state(wantSaved, wantLive),
	}
}

// removed is a change that removes a part of a file.
func removed(value string) resource.Change {
	return resource.Change{
		Addr: resource.Addr{Kind: "line", Name: "x"}, Kind: resources.Line(nil), Action: resource.Delete, Key: "part:/etc/x#line a",
		Have: cty.ObjectVal(map[string]cty.Value{"path": cty.StringVal("/etc/x"), "line": cty.StringVal(value), "was": cty.StringVal("{}")}),
		Want: cty.ObjectVal(map[string]cty.Value{"path": cty.StringVal("/etc/x"), "line": cty.StringVal(value), "ensure": cty.StringVal("absent")}),
	}
}

func added(value string) resource.Change {
	c := removed(value)
	c.Action, c.Have, c.Want = resource.Create, resource.Absent, resource.With(c.Have, "was", cty.StringVal(`{"hunks":[]}`))
	return c
}

// swapSpace is a change of swap space in a file of another owner: its line is added, and then all of it is removed.
func swapSpace(goes bool) resource.Change {
	state := func(pairs ...string) cty.Value {
		m := map[string]cty.Value{"path": cty.StringVal("/swap")}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = cty.StringVal(pairs[i+1])
		}
		return cty.ObjectVal(m)
	}
	c := resource.Change{
		Addr: resource.Addr{Kind: "swap", Name: "/swap"}, Kind: resources.Swap(nil), Action: resource.Update, Key: "swap:/swap",
		Have: state("saved", "", "was", "{}"), Want: state("saved", "/swap none swap"),
	}
	if goes {
		c.Action, c.Have, c.Want = resource.Delete, state("saved", "/swap none swap", "size", "65536", "was", "{}"), state("ensure", "absent")
	}
	return c
}

// account is a change of a user; was is the record of its keys, if it changes these. shell "" means that there was no
// such user.
func account(shell, was, wanted string) resource.Change {
	state := func(shell string) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("ann"), "shell": cty.StringVal("/bin/" + shell)})
	}
	c := resource.Change{
		Addr: resource.Addr{Kind: "user", Name: "ann"}, Kind: resources.User(nil), Action: resource.Update, Key: "user:ann",
		Have: state(shell), Want: state(wanted),
	}
	if was != "" {
		keys := cty.SetValEmpty(cty.String)
		c.Have, c.Want = resource.With(resource.With(c.Have, "ssh_keys", keys), "ssh_was", cty.StringVal(was)), resource.With(c.Want, "ssh_keys", keys)
	}
	if shell == "" {
		c.Action, c.Have = resource.Create, resource.Absent
	}
	return c
}

// The ledger's original of a thing after several changes, however their runs end.
func TestOriginal(t *testing.T) {
	const none = ""
	for _, c := range []struct {
		summary string
		changes []resource.Change
		before  string // as JSON, in short form
		after   string
	}{
		{"changed", []resource.Change{swappiness("60", "60", "10", "10")}, `live_value:60 saved_value:60`, `live_value:10 saved_value:10`},
		{"changed twice", []resource.Change{swappiness("60", "60", "10", "10"), swappiness("10", "10", "5", "5")}, `live_value:60 saved_value:60`, `live_value:5 saved_value:5`},
		{"edited in between", []resource.Change{swappiness("60", "60", "10", "10"), swappiness("7", "10", "10", "10")}, `live_value:60 saved_value:60`, `live_value:10 saved_value:10`},
		{"more managed later", []resource.Change{swappiness("60", "", "10", ""), swappiness("10", "50", "10", "5")}, `live_value:50 saved_value:60`, `live_value:5 saved_value:10`},
		{"less managed later", []resource.Change{swappiness("60", "50", "10", "10"), swappiness("10", "", "5", "")}, `live_value:50 saved_value:60`, `live_value:10 saved_value:5`},
		{"not set before", []resource.Change{swappiness("", "60", "10", "10"), swappiness("10", "10", "5", "5")}, `live_value:60`, `live_value:5 saved_value:5`},
		{"added", []resource.Change{added("a")}, `null`, `line:a was:{"hunks":[]}`},
		{"added, and removed again", []resource.Change{added("a"), removed("a")}, none, none},
		{"an account", []resource.Change{account("sh", "", "bash")}, `shell:/bin/sh`, `shell:/bin/bash`},
		{"an account, its keys later", []resource.Change{account("sh", "", "bash"), account("bash", "of 1", "bash")}, `shell:/bin/sh ssh_was:of 1`, `shell:/bin/bash`},
		{"an account, its keys first", []resource.Change{account("sh", "of 1", "sh"), account("sh", "", "bash")}, `shell:/bin/sh ssh_was:of 1`, `shell:/bin/bash`},
		{"an account, its keys twice", []resource.Change{account("sh", `{"of":"/k","now":"/l"}`, "sh"), account("sh", `{"of":"/l"}`, "sh")}, `shell:/bin/sh ssh_was:{"present":false,"of":"/k","now":"/l"}`, `shell:/bin/sh`},
		{"an account that was made, and changed", []resource.Change{account("", "", "sh"), account("sh", "", "bash")}, `null`, `shell:/bin/bash`},
		{"more seen when it goes", []resource.Change{swapSpace(false), swapSpace(true)}, `saved: size:65536 was:{"present":false}`, `ensure:absent`},
		{"removed", []resource.Change{removed("a")}, `line:a was:{}`, `ensure:absent line:a`},
		{"removed, and added again", []resource.Change{removed("a"), added("a")}, `line:a was:{"present":false}`, `line:a`},
	} {
		for _, end := range []string{"goes on", "finished", "killed", "killed before the last was done", "failed at the last", "a run each"} {
			t.Run(c.summary+"/"+end, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "state")
				s := open(t, dir)
				r := start(t, s, "r1")
				for i, change := range c.changes {
					last := i == len(c.changes)-1
					if end == "a run each" && i > 0 {
						script(t, r, "finish")
						s.Close()
						s = open(t, dir)
						r = start(t, s, "r2")
					}
					if err := r.Begin(context.Background(), oneChange(change), nil); err != nil {
						t.Fatal(err)
					}
					var failure error
					if last && end == "failed at the last" {
						failure = errors.New("made in part")
					}
					if last && end == "killed before the last was done" {
						break
					}
					if err := r.Done(context.Background(), change, at(1), failure); err != nil {
						t.Fatal(err)
					}
				}
				if end == "finished" {
					script(t, r, "finish")
				}
				if end != "goes on" {
					s.Close()
					s = open(t, dir)
				}
				before, after := none, none
				for _, e := range s.Orphans(func(string) bool { return false }) {
					before, after = short(t, e.Before), short(t, e.After)
				}
				if before != c.before || after != c.after {
					t.Errorf("it was  %s\nwant    %s\nand is  %s\nwant    %s", before, c.before, after, c.after)
				}
			})
		}
	}
}

// short is a state without the attributes that name the thing.
func short(t *testing.T, state json.RawMessage) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(state, &m); err != nil {
		t.Fatal(err)
	}
	if m == nil {
		return "null"
	}
	var out []string
	for _, name := range []string{"ensure", "line", "live_value", "saved", "saved_value", "shell", "size", "ssh_was", "was"} {
		if v, ok := m[name]; ok {
			out = append(out, name+":"+v.(string))
		}
	}
	return strings.Join(out, " ")
}

// TestOriginalOfOlderVersions: an original that a version without originals did not record stays unknown, and one that
// it dropped stays dropped.
func TestOriginalOfOlderVersions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	old := &ledger{entries: map[string]ledgerValue{
		"sysctl:vm.swappiness": {digest: digestString("x"), addr: "sysctl.x", found: true},
		"was:sysctl:dropped":   {digest: `{"before":null,"after":null}`, addr: "sysctl.y", found: true},
	}}
	if err := os.WriteFile(dir+"/ledger", old.encodeLedger("r0"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = open(t, dir)
	r := start(t, s, "r1")
	c := swappiness("10", "10", "5", "5")
	if err := r.Begin(context.Background(), oneChange(c), nil); err != nil {
		t.Fatal(err)
	}
	if err := r.Done(context.Background(), c, at(1), nil); err != nil {
		t.Fatal(err)
	}
	script(t, r, "finish")
	if es := s.Orphans(func(string) bool { return false }); len(es) > 0 {
		t.Errorf("it would put back %v", es)
	}
	text, err := os.ReadFile(dir + "/ledger")
	if err != nil || strings.Contains(string(text), "was:") {
		t.Errorf("the ledger is %s, %v", text, err)
	}
}

// TestRemovedAccountStaysRemoved: the original of a user is dropped with the user's removal, so that prune does not
// create the user again. An incomplete removal leaves the entry.
func TestRemovedAccountStaysRemoved(t *testing.T) {
	for _, done := range []bool{true, false} {
		s := open(t, filepath.Join(t.TempDir(), "state"))
		r := start(t, s, "r1")
		gone := account("bash", "", "bash")
		gone.Action, gone.Want = resource.Delete, resource.With(gone.Want, "ensure", cty.StringVal("absent"))
		for _, c := range []resource.Change{account("sh", "", "bash"), gone} {
			if err := r.Begin(context.Background(), oneChange(c), nil); err != nil {
				t.Fatal(err)
			}
			if c.Action == resource.Delete && !done {
				break
			}
			if err := r.Done(context.Background(), c, at(1), nil); err != nil {
				t.Fatal(err)
			}
		}
		script(t, r, "finish")
		if es := s.Orphans(func(string) bool { return false }); len(es) > 0 == done {
			t.Errorf("removed to the end: %v; the ledger has %v", done, es)
		}
	}
}
