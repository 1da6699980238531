package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
	"converge/internal/stow/store"
)

// world is a directory with a store at usr/stow, in which commands are run.
type world struct {
	t        testing.TB
	root     string
	warnings []string
	naps     int // how many writes are let through before the kill; -1 all
}

var errKilled = errors.New("killed")

// base is in every world: a stow2 that could be stowed.
const base = `usr/stow/stow2/2.1/bin/stow2 = #!`

func newWorld(t testing.TB, text string) *world {
	t.Helper()
	w := &world{t: t, root: t.TempDir(), naps: -1}
	w.build(base + "\n" + text)
	return w
}

// build makes what lines say: "dir/", "file = contents", "link -> text",
// "!path" takes away.
func (w *world) build(text string) {
	w.t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if err := w.make(line); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) make(line string) error {
	name, to, link := strings.Cut(line, " -> ")
	name, contents, _ := strings.Cut(name, " = ")
	p := filepath.Join(w.root, name)
	if gone, ok := strings.CutPrefix(line, "!"); ok {
		return os.RemoveAll(filepath.Join(w.root, gone))
	}
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		return err
	}
	switch {
	case link:
		return os.Symlink(strings.ReplaceAll(to, "$ROOT", w.root), p)
	case strings.HasSuffix(name, "/"):
		return os.MkdirAll(p, 0o755)
	}
	return os.WriteFile(p, []byte(contents), 0o755)
}

// show is the world as build takes it, without the insides of versions and of
// :config, and without empty lines for directories that hold something.
func (w *world) show() string {
	var out []string
	err := filepath.WalkDir(w.root, func(p string, e fs.DirEntry, err error) error {
		rel := strings.TrimPrefix(strings.TrimPrefix(p, w.root), "/")
		if err != nil || rel == "" {
			return err
		}
		parts := strings.Split(rel, "/")
		if len(parts) == 4 && parts[1] == "stow" && (parts[3] == ":config" || !strings.HasPrefix(parts[3], ":")) && e.IsDir() {
			if parts[2] != "stow2" {
				out = append(out, rel+"/")
			}
			return fs.SkipDir
		}
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			to, _ := os.Readlink(p)
			if dir, _ := filepath.Split(rel); strings.HasSuffix(dir, "/:views/") {
				rel = dir + "HASH" // of a path that is another in each test
			}
			out = append(out, rel+" -> "+strings.ReplaceAll(to, w.root, "$ROOT"))
		case e.IsDir():
			if list, _ := os.ReadDir(p); len(list) == 0 {
				out = append(out, rel+"/")
			}
		default:
			out = append(out, rel)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// lines is what a table says, as show puts it.
func lines(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			line, _, _ = strings.Cut(line, " = ")
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// killer lets some writes through and then none.
func (w *world) killer(string) error {
	if w.naps == 0 {
		return errKilled
	}
	if w.naps > 0 {
		w.naps--
	}
	return nil
}

// plan is the real planner on the real disk.
func plan(o farm.Options) store.PlanFunc {
	return store.Planning(func(_ context.Context, p *farm.Planner, _ store.Frame) { p.Ignore, p.Options = all{}, o })
}

type all struct{}

func (all) Ignored(farm.Image, string) (bool, error) { return false, nil }

// step carries out operations as package execute does, as far as a kill can
// tell: a link and a directory change places at one moment, additions come
// before removals. Each step is one write.
type step struct{ w *world }

func (s step) Recover(context.Context, *fsys.Dir) error { return nil }

func (s step) Run(_ context.Context, target *fsys.Dir, ops []farm.Op) error {
	for _, group := range steps(ops) {
		if err := s.w.killer(group[0].String()); err != nil {
			return err
		}
		for _, op := range group {
			if err := s.one(filepath.Join(target.Path(), op.Path), op); err != nil {
				return err
			}
		}
	}
	return nil
}

// steps groups operations by the place that changes as a whole.
func steps(ops []farm.Op) (out [][]farm.Op) {
	links, dirs := map[string]bool{}, map[string]bool{}
	for _, op := range ops {
		isLink := op.Kind == farm.Link || op.Kind == farm.Unlink
		links[op.Path] = links[op.Path] || isLink
		dirs[op.Path] = dirs[op.Path] || !isLink
	}
	root := func(p string) string {
		for i := range p {
			if p[i] == '/' && links[p[:i]] && dirs[p[:i]] {
				return p[:i]
			}
		}
		return p
	}
	groups := map[string][]farm.Op{}
	var roots, late []string
	for _, op := range ops {
		r := root(op.Path)
		if groups[r] == nil {
			roots = append(roots, r)
		}
		groups[r] = append(groups[r], op)
	}
	for _, r := range roots {
		if last := groups[r][len(groups[r])-1]; last.Kind == farm.Unlink || last.Kind == farm.Rmdir {
			late = append(late, r)
		} else {
			out = append(out, groups[r])
		}
	}
	for _, r := range late {
		out = append(out, groups[r])
	}
	return out
}

func (s step) one(p string, op farm.Op) error {
	switch op.Kind {
	case farm.Link:
		return os.Symlink(op.Text, p)
	case farm.Unlink:
		if text, err := os.Readlink(p); text != op.Text {
			return fmt.Errorf("%s reads %q, not %q: %w", p, text, op.Text, err)
		}
		return os.Remove(p)
	case farm.Mkdir:
		return os.Mkdir(p, 0o755)
	case farm.Rmdir:
		return os.Remove(p)
	}
	return fmt.Errorf("cannot %v", op)
}

// command is a command line, understood as stow2 understands it.
type command struct {
	settings store.Settings
	options  store.Options
	changes  []store.Change
	planning bool
	recover  bool
	farm     farm.Options
}

func (w *world) parse(line string) command {
	w.t.Helper()
	_, durable := w.t.(loud)
	c := command{settings: store.Settings{
		Stow: w.root + "/usr/stow", Actor: w.root + "/usr/stow/stow2/2.1/bin/stow2",
		NoSync: !durable,
		Now:    func() time.Time { return time.Unix(1316639820, 0) },
		Warn:   func(text string) { w.warnings = append(w.warnings, text) },
	}}
	action := store.Stow
	for _, word := range strings.Fields(line) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "-S":
			action = store.Stow
		case "-D":
			action = store.Unstow
		case "-R":
			action = store.Restow
		case "-n":
			c.planning = true
		case "--no-folding":
			c.farm.NoFolding = true
		case "--recover":
			c.recover = true
		case "--force":
			c.options.Force = true
		case "--naive":
			c.options.Naive = true
		case "--notify":
			c.options.Notify = true
		case "--as":
			c.settings.Actor = strings.ReplaceAll(value, "$ROOT", w.root)
		case "--called":
			c.settings.Name = value
		case "--relocate-from":
			c.settings.Moved = w.root + value
		case "-t":
			c.settings.Target = w.root + value
		default:
			arg, err := store.ParseArg(word)
			if err != nil {
				w.t.Fatal(err)
			}
			c.changes = append(c.changes, store.Change{Action: action, Arg: arg})
		}
	}
	c.settings.Plan = plan(c.farm)
	c.settings.Execute = store.Links{}
	if w.naps >= 0 {
		c.settings.Execute = step{w}
	}
	return c
}

// open opens the store as a command line says.
func (w *world) open(c command) *store.Store {
	w.t.Helper()
	s, err := store.Open(c.settings)
	if err != nil {
		w.t.Fatal(err)
	}
	s.OnWrite(w.killer)
	return s
}

// run runs one command line.
func (w *world) run(line string) (store.Report, error) {
	w.t.Helper()
	c := w.parse(line)
	s := w.open(c)
	defer s.Close()
	ctx := context.Background()
	if c.planning {
		p, err := s.Plan(ctx, c.changes, c.options)
		return store.Report{Plan: p}, err
	}
	if c.recover {
		return s.Recover(ctx, c.options)
	}
	return s.Apply(ctx, c.changes, c.options)
}
