package userdb

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// settled is how long the local files count as unchanged after a check, for thousands of consecutive lookups: shorter
// than the start of any program that changes them.
const settled = 2 * time.Millisecond

// unknownError is [ErrUnknown] in a form that fits into a sentence.
type unknownError struct{ what, name string }

func (e *unknownError) Error() string { return "no " + e.what + " " + strconv.Quote(e.name) }
func (e *unknownError) Unwrap() error { return ErrUnknown }

// UID returns the number of a user, given by name or number. An unknown name is [ErrUnknown].
func (db *DB) UID(ctx context.Context, name string) (uint32, error) {
	return findID(ctx, db, &db.users, name)
}

// GID returns the number of a group, given by name or number. An unknown name is [ErrUnknown].
func (db *DB) GID(ctx context.Context, name string) (uint32, error) {
	return findID(ctx, db, &db.groups, name)
}

func findID[T any](ctx context.Context, db *DB, t *table[T], name string) (uint32, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if n, ok := parseID(name); ok {
		return n, nil
	}
	if err := t.refreshIfOld(db.root); err != nil {
		return 0, err
	}
	if e, ok := t.byName[name]; ok {
		return t.id(e), nil
	}
	e, err := findRemoteName(ctx, db, t, name)
	if errors.Is(err, ErrUnknown) {
		return 0, &unknownError{t.what, name}
	}
	return t.id(e), err
}

// UserName returns the name of a local user, or its number if the local files do not contain it: for display, a number
// suffices.
func (db *DB) UserName(uid uint32) string {
	return nameOf(db, &db.users, uid)
}

// GroupName returns the name of a local group, or its number.
func (db *DB) GroupName(gid uint32) string {
	return nameOf(db, &db.groups, gid)
}

func nameOf[T any](db *DB, t *table[T], id uint32) string {
	db.mu.Lock()
	defer db.mu.Unlock()
	if t.refreshIfOld(db.root) == nil {
		if e, ok := t.byID[id]; ok {
			return t.name(e)
		}
	}
	return strconv.FormatUint(uint64(id), 10)
}

// refreshIfOld is refreshTable, unless the last check was very recent.
func (t *table[T]) refreshIfOld(root string) error {
	if time.Since(t.looked) < settled {
		return nil
	}
	err := t.refreshTable(root)
	if err == nil {
		t.looked = time.Now()
	}
	return err
}
