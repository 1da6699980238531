package stow_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/providers/stow"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/stow/farm"
	"converge/internal/stow/ignore"
	"converge/internal/stow/store"
	"converge/internal/stow/store/storetest"
	"converge/resources"
)

// self is the name under which converge holds packages in tests, and human that of a person's stow2.
const (
	self  = "/usr/bin/converge"
	human = "/usr/local/bin/stow2"
)

// machine is a root with its provider.
type machine struct {
	t    testing.TB
	root string
	fs   *fsys.FS
	p    *stow.Provider
	told []string
}

func newMachine(t testing.TB, text string) *machine {
	t.Helper()
	m := &machine{t: t, root: t.TempDir()}
	var err error
	if m.fs, err = fsys.Open(m.root); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.fs.Close() })
	m.p = stow.New(stow.Options{FS: m.fs, Actor: self, Notice: func(s string) { m.told = append(m.told, s) }})
	m.build(text)
	return m
}

// build creates what the lines describe, as [storetest.World.Build] reads them.
func (m *machine) build(text string) {
	m.t.Helper()
	(&storetest.World{T: m.t, Root: m.root}).Build(text)
	m.p.Invalidate(nil)
}

// resource returns a package as a manifest declares it.
func (m *machine) resource(pairs ...any) *resource.Resource {
	m.t.Helper()
	attrs := resourcetest.With(resourcetest.Attrs("provider", "stow2"), pairs...)
	r, err := resourcetest.Build(kind(m.p), &resourcetest.World{Node: cty.EmptyObjectVal}, attrs["name"].AsString(), attrs)
	if err != nil {
		m.t.Fatal(err)
	}
	return r
}

func kind(p resource.Provider) *resource.Kind {
	k := resources.Package(nil, resources.NamedProvider{Name: resources.Stow2, Provider: p})
	k.Provider = p // the suite uses only the kind
	return k
}

// plan returns what a plan reports: the changes after solving, notes and errors.
func (m *machine) plan(rs ...*resource.Resource) string {
	m.t.Helper()
	var out []string
	var cs []resource.Change
	for _, r := range rs {
		have, err := m.p.Observe(m.t.Context(), r.Want)
		if err != nil {
			m.t.Fatal(err)
		}
		c := resource.Diff(r, have)
		if !c.Empty() {
			cs = append(cs, c)
			continue
		}
		if note := m.p.Review(m.t.Context(), c, resource.Outlook{}).Owner; note != "" {
			out = append(out, r.Addr.Name+": "+note)
		}
	}
	f, err := m.p.Solve(m.t.Context(), cs, nil)
	var bad resource.Unsolvable
	if !errors.As(err, &bad) && err != nil {
		m.t.Fatal(err)
	}
	for _, c := range f.Changes {
		if bad[c.Addr] != nil {
			out = append(out, fmt.Sprintf("%s fails: %v", c.Addr.Name, bad[c.Addr]))
			continue
		}
		out = append(out, fmt.Sprintf("%s %s %s: %s", c.Action, c.Addr.Name, attrWords(c), strings.Join(m.p.Review(m.t.Context(), c, resource.Outlook{}).Notes, "; ")))
	}
	return strings.Join(out, "\n")
}

func attrWords(c resource.Change) string {
	var out []string
	word := func(v cty.Value) string {
		if v == cty.NilVal {
			return "-"
		}
		return v.AsString()
	}
	for _, a := range c.Attrs {
		if a.Name == "name" || a.Name == "ensure" && c.Action == resource.Create {
			continue
		}
		out = append(out, fmt.Sprintf("%s %s→%s", a.Name, word(a.Have), word(a.Want)))
	}
	return strings.Join(out, ", ")
}

// apply applies the resources in one batch, and returns the errors.
func (m *machine) apply(rs ...*resource.Resource) string {
	m.t.Helper()
	var cs []resource.Change
	for _, r := range rs {
		if c := resourcetest.Plan(m.t, r); !c.Empty() {
			cs = append(cs, c)
		}
	}
	var out []string
	for i, err := range m.p.ApplyAll(m.t.Context(), cs, resource.Forecast{}).Errs {
		if err != nil {
			out = append(out, cs[i].Addr.Name+": "+err.Error())
		}
	}
	return strings.Join(out, "\n")
}

// as runs a stow2 command of an actor, such as stow2 -D tool, with or without force.
func (m *machine) as(actor string, force bool, changes ...store.Change) {
	m.t.Helper()
	m.asAt("/usr/local/stow", "", actor, force, changes...)
}

func (m *machine) asAt(dir, target, actor string, force bool, changes ...store.Change) {
	m.t.Helper()
	s, err := store.Open(store.Settings{
		Stow: dir, Target: target, Actor: actor, Plan: store.Planning(equip), Execute: store.Links{}, OpenDir: m.fs.OpenDir,
	})
	if err != nil {
		m.t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Apply(m.t.Context(), changes, store.Options{Force: force}); err != nil {
		m.t.Fatal(err)
	}
	m.p.Invalidate(nil)
}

func change(a store.Action, word string) store.Change {
	arg, err := store.ParseArg(word)
	if err != nil {
		panic(err)
	}
	return store.Change{Action: a, Arg: arg}
}

func equip(ctx context.Context, p *farm.Planner, f store.Frame) {
	p.Ignore = ignore.New(ignore.Host(ctx, f.Target.Path()), "", nil)
}

// show lists links and files below some paths.
func (m *machine) show(dirs ...string) string {
	m.t.Helper()
	return strings.Join(m.walk(false, dirs...), "\n")
}

// walk lists links and files. With exactly set, it adds directories, and two states differ if anything was written
// between them.
func (m *machine) walk(exactly bool, dirs ...string) []string {
	m.t.Helper()
	if len(dirs) == 0 {
		dirs = []string{""}
	}
	var out []string
	for _, dir := range dirs {
		err := filepath.WalkDir(filepath.Join(m.root, dir), func(p string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			line := strings.TrimPrefix(strings.TrimPrefix(p, m.root), "/")
			if to, err := os.Readlink(p); err == nil {
				line += " -> " + to
			} else if !exactly && e.IsDir() {
				return nil
			}
			if exactly {
				info, err := e.Info()
				if err != nil {
					return err
				}
				st := info.Sys().(*syscall.Stat_t)
				line += fmt.Sprint(" ", st.Ino, st.Mode, st.Mtim, st.Ctim)
			}
			out = append(out, line)
			return nil
		})
		if err != nil {
			m.t.Fatal(err)
		}
	}
	return out
}
