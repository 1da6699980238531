package farm_test

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"

	"converge/internal/stow/farm"
)

// situation is a tree and a command, with all options of a planner.
type situation struct {
	tree    string
	command string // in the format of play; IN/NAME is a package of another stow directory
	options farm.Options
	ignore  string            // ignored paths, separated by blanks
	rules   map[string]string // "NEW OLD" to Replaces, Covers or Yields; "cover NEW" to the image that covers it
	stow    string            // default: stow
	fails   string            // the tree cannot answer about this path
}

// play plans a situation and records everything: messages with their levels, decisions, conflicts, and the remaining
// operations.
func play(t *testing.T, s situation) string {
	t.Helper()
	var lines []string
	note := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if s.stow == "" {
		s.stow = "stow"
	}
	tree := farm.Tree(failing{grow(t, s.tree), s.fails})
	p := farm.Planner{
		Tree: tree, Rules: related{farm.NewGNU(s.stow, tree), s.rules}, Ignore: ignoring(strings.Fields(s.ignore)),
		Options: s.options, Stow: s.stow, Verbose: 2,
		Log: func(level int, text string) { note("%d %s", level, text) },
		OnDecision: func(h farm.Decided) {
			note("%s %s of %s%s", decisionNames()[h.Decision], h.Path, h.Image.Package, by(h))
		},
	}
	got, err := p.Plan(t.Context(), request(s.stow, s.command))
	if err != nil {
		note("ERROR %v", err)
	}
	for _, c := range got.Conflicts {
		note("CONFLICT of %s at %s: %s", c.Package, c.Path, c.Text)
	}
	for _, op := range got.Ops {
		note("= %s", op)
	}
	return strings.Join(lines, "\n")
}

// request reads a command line.
func request(stow, words string) farm.Request {
	var req farm.Request
	action := "-S"
	for word := range strings.FieldsSeq(words) {
		if strings.HasPrefix(word, "-") {
			action = word
			continue
		}
		img := farm.Image{Stow: stow, Package: word}
		if in, name, ok := strings.Cut(word, "//"); ok {
			img = farm.Image{Stow: in, Package: name}
		}
		if action != "-S" {
			req.Unstow = append(req.Unstow, img)
		}
		if action != "-D" {
			req.Stow = append(req.Stow, img)
		}
	}
	return req
}

func decisionNames() map[farm.Decision]string {
	return map[farm.Decision]string{
		farm.Kept: "kept", farm.Deferred: "deferred", farm.Overridden: "overridden", farm.Skipped: "skipped", farm.Shut: "shut",
	}
}

func by(h farm.Decided) string {
	s := ""
	if h.By != "" {
		s += " by " + h.By
	}
	return s + map[farm.Type]string{farm.Dir: " (dir)", farm.Symlink: " (link)"}[h.Type]
}

// ignoring ignores these paths.
type ignoring []string

func (g ignoring) Ignored(_ farm.Image, p string) (bool, error) {
	for _, path := range g {
		if path == p {
			return true, nil
		}
		if path == "!"+p {
			return false, errBroken
		}
	}
	return false, nil
}

// related has the relations of a table.
type related struct {
	*farm.GNU
	table map[string]string
}

func (r related) Relation(now, old farm.Image) farm.Relation {
	return map[string]farm.Relation{
		"replaces": farm.Replaces, "covers": farm.Covers, "yields": farm.Yields,
	}[r.table[now.Package+" "+old.Package]]
}

func (r related) Cover(image farm.Image) (farm.Image, bool) {
	by, ok := r.table["cover "+image.Package]
	return farm.Image{Stow: image.Stow, Package: by}, ok
}

// failing returns an error about one path.
type failing struct {
	memory
	at string
}

var errBroken = errors.New("the disk is broken")

func (f failing) check(call, p string) error {
	if f.at != "" && f.at == call+" "+path.Clean(p) {
		return errBroken
	}
	return nil
}

func (f failing) Look(p string) (farm.Type, string, error) {
	if err := f.check("look", p); err != nil {
		return farm.None, "", err
	}
	return f.memory.Look(p)
}

func (f failing) Reads(dir, name, prefix string) (bool, error) {
	if err := f.check("reads", path.Join(dir, name)); err != nil {
		return false, err
	}
	return f.memory.Reads(dir, name, prefix)
}

func (f failing) Leads(p string) (farm.Type, error) {
	if err := f.check("leads", p); err != nil {
		return farm.None, err
	}
	return f.memory.Leads(p)
}

func (f failing) List(p string) ([]farm.Entry, error) {
	if err := f.check("list", p); err != nil {
		return nil, err
	}
	return f.memory.List(p)
}

// pattern is a Matcher.
type pattern struct{ *regexp.Regexp }

func (p pattern) Match(path string) bool { return p.MatchString(path) }

func matching(exprs ...string) (ms []farm.Matcher) {
	for _, e := range exprs {
		ms = append(ms, pattern{regexp.MustCompile("^(?:" + e + ")")})
	}
	return ms
}

// check compares transcripts, line by line without their indentation.
func check(t *testing.T, s situation, want string) {
	t.Helper()
	var lines []string
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if got := play(t, s); got != strings.Join(lines, "\n") {
		t.Errorf("of %s in\n\t%s\n got:\n%s\nwant:\n%s", s.command, strings.ReplaceAll(s.tree, "\n", "\n\t"), got, strings.Join(lines, "\n"))
	}
}
