// Package storetest provides a world with a store, in which tests run and kill command lines. Start with [New] and
// [World.Run].
package storetest

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

// World is a directory with a store at usr/stow, in which commands are run.
type World struct {
	T        testing.TB
	Root     string
	Warnings []string
	Naps     int  // how many writes precede the kill; -1 all
	Durable  bool // commands sync
}

// ErrKilled ends a command after World.Naps writes.
var ErrKilled = errors.New("killed")

// Base is part of every world: a stow2 that can be stowed.
const Base = `usr/stow/stow2/2.1/bin/stow2 = #!`

// New makes a world from lines, as [World.Build] takes them.
func New(t testing.TB, text string) *World {
	t.Helper()
	w := &World{T: t, Root: t.TempDir(), Naps: -1}
	w.Build(Base + "\n" + text)
	return w
}

// Build makes the entries that lines describe: "dir/", "file = contents", "link -> text"; "!path" removes one. In
// contents \n is a newline, in the text of a link $ROOT is the world.
func (w *World) Build(text string) {
	w.T.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if err := w.make(line); err != nil {
			w.T.Fatal(err)
		}
	}
}

func (w *World) make(line string) error {
	name, to, link := strings.Cut(line, " -> ")
	name, contents, _ := strings.Cut(name, " = ")
	p := filepath.Join(w.Root, name)
	if gone, ok := strings.CutPrefix(line, "!"); ok {
		return os.RemoveAll(filepath.Join(w.Root, gone))
	}
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		return err
	}
	switch {
	case link:
		return os.Symlink(strings.ReplaceAll(to, "$ROOT", w.Root), p)
	case strings.HasSuffix(name, "/"):
		return os.MkdirAll(p, 0o755)
	}
	return os.WriteFile(p, []byte(strings.ReplaceAll(contents, `\n`, "\n")), 0o755)
}

// Show returns the world in the form that Build takes, without the insides of versions and of :config, and without lines
// for directories that are not empty.
func (w *World) Show() string {
	var out []string
	err := filepath.WalkDir(w.Root, func(p string, e fs.DirEntry, err error) error {
		rel := strings.TrimPrefix(strings.TrimPrefix(p, w.Root), "/")
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
				rel = dir + "HASH" // the path differs in each test
			}
			out = append(out, rel+" -> "+strings.ReplaceAll(to, w.Root, "$ROOT"))
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
		w.T.Fatal(err)
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// Lines converts a table to the form of Show.
func Lines(text string) string {
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

// killer allows some writes and then none.
func (w *World) killer(string) error {
	if w.Naps == 0 {
		return ErrKilled
	}
	if w.Naps > 0 {
		w.Naps--
	}
	return nil
}

// plan is the real planner on the real disk.
func plan(o farm.Options) store.PlanFunc {
	return store.Planning(func(_ context.Context, p *farm.Planner, _ store.Frame) { p.Ignore, p.Options = all{}, o })
}

type all struct{}

func (all) Ignored(farm.Image, string) (bool, error) { return false, nil }

// step carries out operations like package execute, as far as a kill can distinguish them: a link and a directory are
// exchanged atomically, and additions precede removals. Each step is one write.
type step struct{ w *World }

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

// Command is a command line, parsed as in stow2.
type Command struct {
	Settings store.Settings
	Options  store.Options
	Changes  []store.Change
	Planning bool
	Recover  bool
	Farm     farm.Options
}

// Parse reads a command line.
func (w *World) Parse(line string) Command {
	w.T.Helper()
	c := Command{Settings: store.Settings{
		Stow: w.Root + "/usr/stow", Actor: w.Root + "/usr/stow/stow2/2.1/bin/stow2",
		NoSync: !w.Durable,
		Now:    func() time.Time { return time.Unix(1316639820, 0) },
		Warn:   func(text string) { w.Warnings = append(w.Warnings, text) },

		BeforeStep: w.killer,
	}}
	action := store.Stow
	actions := map[string]store.Action{"-S": store.Stow, "-D": store.Unstow, "-R": store.Restow}
	flags := map[string]*bool{
		"-n": &c.Planning, "--no-folding": &c.Farm.NoFolding, "--recover": &c.Recover,
		"--force": &c.Options.Force, "--naive": &c.Options.Naive, "--notify": &c.Options.Notify,
	}
	for _, word := range strings.Fields(line) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "-S", "-D", "-R":
			action = actions[name]
		case "-n", "--no-folding", "--recover", "--force", "--naive", "--notify":
			*flags[name] = true
		case "--as":
			c.Settings.Actor = strings.ReplaceAll(value, "$ROOT", w.Root)
		case "--called":
			c.Settings.Name = value
		case "--relocate-from":
			c.Settings.Moved = w.Root + value
		case "-t":
			c.Settings.Target = w.Root + value
		default:
			arg, err := store.ParseArg(word)
			if err != nil {
				w.T.Fatal(err)
			}
			c.Changes = append(c.Changes, store.Change{Action: action, Arg: arg})
		}
	}
	c.Settings.Plan = plan(c.Farm)
	c.Settings.Execute = store.Links{}
	if w.Naps >= 0 {
		c.Settings.Execute = step{w}
	}
	return c
}

// Open opens the store that a command line names.
func (w *World) Open(c Command) *store.Store {
	w.T.Helper()
	s, err := store.Open(c.Settings)
	if err != nil {
		w.T.Fatal(err)
	}
	return s
}

// Run runs one command line.
func (w *World) Run(line string) (store.Report, error) {
	w.T.Helper()
	c := w.Parse(line)
	s := w.Open(c)
	defer s.Close()
	ctx := context.Background()
	if c.Planning {
		p, err := s.Plan(ctx, c.Changes, c.Options)
		return store.Report{Plan: p}, err
	}
	if c.Recover {
		return s.Recover(ctx, c.Options)
	}
	return s.Apply(ctx, c.Changes, c.Options)
}
