package fsys

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// Below is the part of a group of changes inside one directory. It reaches every entry from that directory's descriptor,
// by names alone: a link that appears on the way is an error instead of leading outside.
//
// The owners of the directories on the way down do not matter, as with systemd-tmpfiles: a manifest that changes a whole
// tree includes all its entries.
type Below struct {
	scope
	top  string
	held *tree
}

// Below begins such a part. The path to top itself is checked like any other.
func (t *Txn) Below(top string) *Below {
	b := &Below{top: top, held: t.fs.newTree()}
	b.scope = scope{txn: t, at: b.findParent, mayChange: func(s *Step, live Info) error {
		if t.fs.rules.isShared(s.dir.info, live) {
			return ErrShared
		}
		return nil
	}}
	t.below = append(t.below, b)
	return b
}

// findParent is scope.at for one directory.
func (b *Below) findParent(p string) (*node, string, error) {
	dir, name, err := splitPath(p)
	if err != nil {
		return nil, "", err
	}
	if dir != b.top && !strings.HasPrefix(dir, strings.TrimSuffix(b.top, "/")+"/") {
		return nil, "", errors.New("internal error: it does not lie below " + b.top)
	}
	n, err := b.enterDir(dir)
	n, err = b.held.makeListable(n, err)
	return n, name, err
}

// enterDir opens the directory at p, which is top or below it.
func (b *Below) enterDir(p string) (*node, error) {
	if p == b.top {
		return b.held.findDir(p)
	}
	dir, name, err := splitPath(p)
	if err != nil {
		return nil, err
	}
	up, err := b.enterDir(dir)
	if err != nil {
		return nil, err
	}
	return b.held.enterBelow(up, name)
}

// enterBelow opens a directory in up without following links.
func (t *tree) enterBelow(up *node, name string) (*node, error) {
	key := joinName(up.path, name)
	if n := t.nodes[key]; n != nil && n.path == key {
		return n, nil
	}
	n, err := t.openNode(up, name, key)
	switch {
	case errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP):
		return nil, errLinkBelow
	case err != nil:
		return nil, err
	}
	t.nodes[key] = n
	return n, nil
}
