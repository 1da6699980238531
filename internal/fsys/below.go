package fsys

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// Below is the part of a group of changes inside one directory. It reaches
// everything from that directory's descriptor, by names alone: a link that
// appears on the way is an error, not a way out.
//
// The owners of the directories on the way down do not matter, as with
// systemd-tmpfiles: a manifest that changes a whole tree includes all its
// entries.
type Below struct {
	scope
	top  string
	held *tree
}

// Below begins such a part. The way to top itself is checked like any other.
func (t *Txn) Below(top string) *Below {
	b := &Below{top: top, held: t.fs.newTree()}
	b.scope = scope{txn: t, at: b.find, mayChange: func(s *Step, live Info) error {
		if t.fs.rules.shared(s.dir.info, live) {
			return ErrShared
		}
		return nil
	}}
	t.below = append(t.below, b)
	return b
}

// find is the at of the scope.
func (b *Below) find(p string) (*node, string, error) {
	dir, name, err := split(p)
	if err != nil {
		return nil, "", err
	}
	if dir != b.top && !strings.HasPrefix(dir, strings.TrimSuffix(b.top, "/")+"/") {
		return nil, "", errors.New("internal error: it does not lie below " + b.top)
	}
	n, err := b.enter(dir)
	n, err = b.held.listed(n, err)
	return n, name, err
}

// enter opens the directory at p, which is top or below it.
func (b *Below) enter(p string) (*node, error) {
	if p == b.top {
		return b.held.dir(p)
	}
	dir, name, err := split(p)
	if err != nil {
		return nil, err
	}
	up, err := b.enter(dir)
	if err != nil {
		return nil, err
	}
	return b.held.down(up, name)
}

// down opens a directory in up and follows no link.
func (t *tree) down(up *node, name string) (*node, error) {
	key := join(up.path, name)
	if n := t.nodes[key]; n != nil && n.path == key {
		return n, nil
	}
	n, err := t.open(up, name, key)
	switch {
	case errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP):
		return nil, errLinkBelow
	case err != nil:
		return nil, err
	}
	t.nodes[key] = n
	return n, nil
}
