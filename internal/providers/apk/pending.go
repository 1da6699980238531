package apk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// pendingFile notes what the world needs only during a transaction. It is written before `apk add`, which writes the
// world itself, and removed with the constraints that it names. Each line is such a constraint, and its replacement
// ("-": none).
const pendingFile = "/etc/apk/converge-pending"

// pending maps constraints that are in the world during a transaction to their replacements after it; a constraint
// without a name means none.
type pending map[constraint]constraint

// anyChecksum represents the checksum with which apk names a package that was installed from a file: it is known only
// then.
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

// parsePending parses the file. An invalid line belongs to a write that a crash cut off: its transaction has not
// begun.
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

// settle puts the replacements after a transaction into the world, and reports whether that is a change. A constraint
// that is not there as noted was changed by something else, or never made, and stays.
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
