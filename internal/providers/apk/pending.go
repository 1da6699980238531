package apk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// pendingFile notes what a transaction needs in the world only while it lasts. It
// is written before `apk add`, which writes the world itself, and removed with
// what it names. Each line is such a constraint, and what comes in its place ("-":
// nothing).
const pendingFile = "/etc/apk/converge-pending"

// pending are constraints that are in the world for the time of a transaction, with
// what comes in their place after it; a constraint without a name is nothing.
type pending map[constraint]constraint

// anyChecksum represents the checksum with which apk names a package that was
// installed from a file: it is known only then.
const anyChecksum = "*"

// isLeft reports whether a constraint of the world is there only for a transaction.
func (p pending) isLeft(c constraint) bool {
	_, left := p[c]
	if c.op == "><" {
		c.version = anyChecksum
		_, left = p[c]
	}
	return left
}

func (d *database) readPending() (pending, error) {
	data, err := d.Tree.ReadFile(pendingFile, maxWorld)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read what a transaction left: %w", err)
	}
	return parsePending(string(data)), nil
}

// parsePending parses the file. A line that is none is of a write that was cut off
// by a crash: the transaction behind it has not begun.
func parsePending(data string) pending {
	p := pending{}
	for line := range strings.Lines(data) {
		before, after, ok := strings.Cut(strings.TrimSpace(line), " ")
		was, valid := parseConstraint(before)
		if !ok || !valid {
			continue
		}
		then, valid := parseConstraint(after)
		switch {
		case after == "-":
			p[was] = constraint{}
		case valid:
			p[was] = then
		}
	}
	return p
}

func (p pending) String() string {
	var b strings.Builder
	for was, then := range p {
		after := "-"
		if then.name != "" {
			after = then.String()
		}
		fmt.Fprintf(&b, "%s %s\n", was, after)
	}
	return b.String()
}

// settle puts what comes after a transaction into the world, and reports whether
// that is a change. What is not there as noted has been changed by someone, or was
// never made, and stays.
func (p pending) settle(w *world) bool {
	changed := false
	for was, then := range p {
		now, ok := w.find(was.name)
		if was.version == anyChecksum && now.op == was.op {
			now.version = anyChecksum
		}
		if !ok || now != was {
			continue
		}
		if changed = true; then.name == "" {
			w.drop(was.name)
		} else {
			w.set(then)
		}
	}
	return changed
}

// settlePending ends the transaction that the file notes. The lock is held.
func (d *database) settlePending() error {
	p, err := d.readPending()
	if err != nil || p == nil {
		return err
	}
	w, err := d.readWorld()
	if err != nil {
		return err
	}
	if p.settle(&w) {
		if err := d.writeWorld(w); err != nil {
			return err
		}
	}
	if err := os.Remove(filepath.Join(d.Root, pendingFile)); err != nil {
		return fmt.Errorf("cannot forget what a transaction left: %w", err)
	}
	return nil
}
