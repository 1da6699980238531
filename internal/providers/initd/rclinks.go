package initd

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"converge/internal/fsys"
)

// rcLinks are the links in /etc/rc?.d: SNNname starts a service when its runlevel is
// entered, KNNname stops it.
type rcLinks struct{ fs *fsys.FS }

// rcLink is one of them.
type rcLink struct {
	level  string // S, 0 to 6
	start  bool
	number int // NN: lower ones come first
	name   string
}

// dir is the folder of a runlevel.
func (rcLinks) dir(level string) string { return "/etc/rc" + level + ".d" }

func (l rcLinks) path(k rcLink) string {
	letter := "K"
	if k.start {
		letter = "S"
	}
	return fmt.Sprintf("%s/%s%02d%s", l.dir(k.level), letter, k.number, k.name)
}

// startLevels are the runlevels that start services.
func startLevels() []string { return []string{"S", "1", "2", "3", "4", "5"} }

// allLevels are all runlevels that have a folder.
func allLevels() []string { return append(startLevels(), "0", "6") }

// list returns the links of a runlevel.
func (l rcLinks) list(level string) ([]rcLink, error) {
	names, err := l.fs.Names(l.dir(level))
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list what runlevel %s starts: %w", level, err)
	}
	var out []rcLink
	for _, name := range names {
		if k, ok := parseRcLink(name); ok {
			k.level = level
			out = append(out, k)
		}
	}
	return out, nil
}

// parseRcLink parses the name of a link: [SK]NNname.
func parseRcLink(name string) (k rcLink, ok bool) {
	if len(name) < 4 || name[0] != 'S' && name[0] != 'K' {
		return rcLink{}, false
	}
	n, err := strconv.ParseUint(name[1:3], 10, 8)
	if err != nil {
		return rcLink{}, false
	}
	return rcLink{start: name[0] == 'S', number: int(n), name: name[3:]}, true
}

// of returns the links of a service in some runlevels.
func (l rcLinks) of(name string, levels []string) ([]rcLink, error) {
	var out []rcLink
	for _, level := range levels {
		all, err := l.list(level)
		if err != nil {
			return nil, err
		}
		for _, k := range all {
			if k.name == name {
				out = append(out, k)
			}
		}
	}
	return out, nil
}

// toggle turns the links that start a service into links that stop it, or the reverse, as update-rc.d(8) does. It does
// not touch a service without links.
func (l rcLinks) toggle(ctx context.Context, name string, levels []string, start bool) error {
	links, err := l.of(name, levels)
	if err != nil {
		return err
	}
	txn := l.fs.Begin("service")
	defer txn.Abort()
	var steps []*fsys.Step
	gone, come := turn(links, start)
	for _, k := range gone {
		info, err := txn.Look(l.path(k))
		if err != nil {
			return err
		}
		steps = append(steps, txn.Remove(l.path(k), info))
	}
	for _, k := range come {
		info, err := txn.Look(l.path(k))
		switch {
		case isMissing(err):
			info = fsys.Info{}
		case err != nil:
			return err
		}
		steps = append(steps, txn.Symlink(l.path(k), "../init.d/"+name, info))
	}
	return txn.CommitAll(ctx, steps...)
}

// turn returns which links of a service go, and which come, when they are to start or stop it.
func turn(links []rcLink, start bool) (gone, come []rcLink) {
	for _, k := range links {
		if k.start == start {
			continue
		}
		gone = append(gone, k)
		k.start, k.number = start, (100-k.number)%100
		if slices.ContainsFunc(links, func(o rcLink) bool { return o.level == k.level && o.start == start }) {
			continue // the runlevel has the other one, too
		}
		come = append(come, k)
	}
	return gone, come
}

// remove removes all links of a service.
func (l rcLinks) remove(ctx context.Context, name string) error {
	links, err := l.of(name, allLevels())
	if err != nil {
		return err
	}
	paths := make([]string, len(links))
	for i, k := range links {
		paths[i] = l.path(k)
	}
	return l.fs.RemoveLinks(ctx, "service", paths...)
}
