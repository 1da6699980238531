package execute

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/stow/farm"
)

// effect is an Effect with the state that a run needs.
type effect struct {
	Effect
	gone  bool // another effect includes it
	phase phase
}

func (e *effect) changes() bool { return !e.gone && (e.Was != e.Is || e.To != "") }

// swaps reports whether a directory is added or removed with its content.
func (e *effect) swaps() bool {
	return e.changes() && (e.Was.Type == farm.Dir && e.Is.Type != farm.None || e.Is.Type == farm.Dir && e.Was.Type != farm.None)
}

// splitPath cuts a path into directory and name.
func splitPath(path string) (dir, name string) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)], path[i+1:]
}

// netEffects is the total effect of a plan, path by path.
type netEffects struct {
	effects []effect
	index   map[string]int32
	folders []*folder // each after the one above it
	byPath  map[string]*folder
	swapped map[int32][]*folder // below an effect that swaps
	changes int
	checked string // a directory whose path has been checked
}

// reduce computes the net effects of operations, and their directories.
func reduce(ops []farm.Op) (*netEffects, error) {
	n := &netEffects{
		effects: make([]effect, 0, len(ops)), index: make(map[string]int32, len(ops)),
		byPath: map[string]*folder{}, swapped: map[int32][]*folder{},
	}
	for _, op := range ops {
		if err := n.addOp(op); err != nil {
			return nil, fmt.Errorf("cannot carry out %q: %w", op, err)
		}
	}
	if err := n.joinMoves(); err != nil {
		return nil, err
	}
	return n, n.groupByDir()
}

func (n *netEffects) effectAt(path string) *effect {
	if i, ok := n.index[path]; ok {
		return &n.effects[i]
	}
	return nil
}

// effectOn returns the effect on a path; was is its initial state.
func (n *netEffects) effectOn(path string, was What) *effect {
	if e := n.effectAt(path); e != nil {
		return e
	}
	n.index[path] = int32(len(n.effects))
	n.effects = append(n.effects, effect{Effect: Effect{Path: path, Was: was, Is: was}})
	return &n.effects[len(n.effects)-1]
}

func (n *netEffects) addOp(op farm.Op) error {
	if err := n.checkPath(op.Path); err != nil {
		return err
	}
	switch op.Kind {
	case farm.Link:
		if err := checkText(op.Text); err != nil {
			return err
		}
		return n.change(op.Path, What{}, What{farm.Symlink, op.Text})
	case farm.Unlink:
		return n.change(op.Path, What{farm.Symlink, op.Text}, What{})
	case farm.Mkdir:
		return n.change(op.Path, What{}, What{Type: farm.Dir})
	case farm.Rmdir:
		return n.change(op.Path, What{Type: farm.Dir}, What{})
	case farm.Move:
		return n.addMove(op.Path, op.Text)
	}
	return ErrPlan
}

// change records the change of a path from one state to another.
func (n *netEffects) change(path string, was, is What) error {
	e := n.effectOn(path, was)
	if e.Is != was {
		there := [...]string{farm.None: "nothing", farm.Symlink: "a link", farm.Dir: "a directory", farm.File: "a file"}
		return fmt.Errorf("%w: there is %s by then", ErrPlan, there[e.Is.Type])
	}
	e.Is = is
	return nil
}

func (n *netEffects) addMove(path, to string) error {
	if back := n.effectAt(to); back != nil && back.To == path && back.Is.Type == farm.None { // moved there and back
		back.Is, back.To = back.Was, ""
		return nil
	}
	if err := n.change(path, What{Type: farm.File}, What{}); err != nil {
		return err
	}
	n.effectAt(path).To = to
	return nil
}

// joinMoves merges the effects of a removed file and its new place, if nothing else follows there: the file is renamed.
func (n *netEffects) joinMoves() error {
	for i := range n.effects {
		src := &n.effects[i]
		if src.To == "" || src.Is.Type != farm.None {
			continue
		}
		if err := n.checkPath(src.To); err != nil {
			return fmt.Errorf("cannot move %q to %q: %w", src.Path, src.To, err)
		}
		src.gone = true
		path, to := src.Path, src.To
		dst := n.effectOn(to, What{}) // may move the effects
		if dst.Is.Type != farm.None || dst.Was.Type == farm.Dir {
			return fmt.Errorf("cannot move %q to %q: %w", path, to, ErrPlan)
		}
		dst.Is, dst.From = What{Type: farm.File}, path
	}
	return nil
}

// checkPath refuses a path outside of the target, and one that no file system accepts. Of consecutive paths it checks
// only the part that differs.
func (n *netEffects) checkPath(path string) error {
	if n.checked == "" || len(path) <= len(n.checked) || !isBelow(path, n.checked) {
		if first, _, _ := strings.Cut(path, "/"); first == Staging {
			return fmt.Errorf("%q is a name of stow2's own", Staging)
		}
		n.checked = ""
	}
	rest := strings.TrimPrefix(path[len(n.checked):], "/")
	if n.checked == "" {
		rest = path
	}
	for more := true; more; {
		var name string
		name, rest, more = strings.Cut(rest, "/")
		switch {
		case len(name) > unix.NAME_MAX:
			return unix.ENAMETOOLONG
		case name == "" || name == "." || name == ".." || strings.IndexByte(name, 0) >= 0:
			return unix.EINVAL
		}
	}
	n.checked, _ = splitPath(path)
	return nil
}

func checkText(text string) error {
	switch {
	case len(text) >= unix.PathMax:
		return unix.ENAMETOOLONG
	case text == "" || strings.IndexByte(text, 0) >= 0:
		return unix.EINVAL
	}
	return nil
}

// Effect is the total effect of a plan on one path of the target.
type Effect struct {
	Path    string
	Was, Is What
	To      string // the new path of the file that was there
	From    string // the former path, in the target, of the file that comes there
}

// What describes a path before or after.
type What struct {
	Type farm.Type
	Text string // of a link
}

// Effects returns the changes that [Run] would make for ops, in byte order of the names, every directory before its
// content. It omits unchanged paths.
func Effects(ops []farm.Op) ([]Effect, error) {
	goal, err := reduce(ops)
	if err != nil {
		return nil, err
	}
	var out []Effect
	for _, e := range goal.effects {
		if e.Was != e.Is || e.To != "" || e.From != "" {
			out = append(out, e.Effect)
		}
	}
	slices.SortFunc(out, func(a, b Effect) int { return compareNames(a.Path, b.Path) })
	return out, nil
}

// compareNames compares paths name by name.
func compareNames(a, b string) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		switch {
		case x == y:
			continue
		case x == '/':
			return -1
		case y == '/':
			return 1
		}
		return cmp.Compare(x, y)
	}
	return cmp.Compare(len(a), len(b))
}
