package fsys

import (
	"context"
	"errors"
	"os"
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
	txn  *Txn
	top  string
	held *tree
}

// Below begins such a part. The way to top itself is checked like any other.
func (t *Txn) Below(top string) *Below {
	b := &Below{txn: t, top: top, held: t.fs.newTree()}
	t.below = append(t.below, b)
	return b
}

func (b *Below) at(p string) (*node, string, error) {
	dir, name, err := split(p)
	if err != nil {
		return nil, "", err
	}
	if dir != b.top && !strings.HasPrefix(dir, strings.TrimSuffix(b.top, "/")+"/") {
		return nil, "", errors.New("internal error: it does not lie below " + b.top)
	}
	n, err := b.node(dir)
	n, err = b.held.listed(n, err)
	return n, name, err
}

func (b *Below) node(p string) (*node, error) {
	if p == b.top {
		return b.held.dir(p)
	}
	dir, name, err := split(p)
	if err != nil {
		return nil, err
	}
	up, err := b.node(dir)
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

// Look returns the entry at path now, see [Txn.Look].
func (b *Below) Look(p string) (Info, error) {
	d, name, err := b.at(p)
	if err != nil {
		return Info{}, cannot("look at", p, err)
	}
	info, err := lstatx(d.fd, name)
	return info, cannot("look at", p, err)
}

// Chperm stages a change of owner and mode, see [Txn.Chperm].
func (b *Below) Chperm(p string, live Info, want Perm) *Step {
	s, err := b.txn.addAt("change", p, b.at)
	if err == nil && b.txn.fs.shared(s.dir.info, live) {
		err = ErrShared
	}
	return b.txn.chperm(s, live, want, err)
}

// Remove stages a removal, see [Txn.Remove].
func (b *Below) Remove(p string, live Info) *Step {
	s, err := b.txn.addAt("remove", p, b.at)
	return b.txn.remove(s, live, err)
}

// RemoveAll stages the removal of a directory, see [Txn.RemoveAll].
func (b *Below) RemoveAll(p string) *Step {
	s, err := b.txn.addAt("remove", p, b.at)
	return b.txn.removeAll(s, err)
}

// Open opens a file to read it, see [Txn.Open].
func (b *Below) Open(p string, was Info) (*os.File, error) { return openIn(p, was, b.at) }

// Walk visits everything below p, see [Txn.Walk].
func (b *Below) Walk(ctx context.Context, p string, visit func(e Entry) error) error {
	return b.txn.fs.walkAt(ctx, p, visit, b.at)
}
