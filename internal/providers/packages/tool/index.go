package tool

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// latestAge is the age from which an index does not determine the latest version.
const latestAge = 24 * time.Hour

// MaxAge bounds the age of an index that is used.
type MaxAge struct {
	limit *time.Duration
	born  time.Time // anything fetched since is new enough
}

// NewMaxAge returns the bound for a run that begins now. limit nil: a day, and only if the latest version is wanted.
func NewMaxAge(limit *time.Duration) MaxAge { return MaxAge{limit, time.Now()} }

// IsOver reports whether an index is too old that was fetched then.
func (m MaxAge) IsOver(fetched time.Time, latest bool) bool {
	limit := latestAge
	switch {
	case m.limit != nil:
		limit = *m.limit
	case !latest:
		return false
	}
	return time.Since(fetched) > limit && fetched.Before(m.born)
}

// WhyStale explains why an index that was fetched then is too old; "": it is not. what names it: "the package lists".
func (m MaxAge) WhyStale(what string, fetched time.Time, latest bool) string {
	switch {
	case !m.IsOver(fetched, latest):
		return ""
	case m.limit != nil:
		return fmt.Sprintf("%s are older than max_age, which is %s", what, *m.limit)
	}
	return what + " are more than a day old"
}

// MakeFolder makes a temporary folder, with others inside, that a program finds under the same name, in the tree if
// there is one. Its name begins with prefix.
func (h *Host) MakeFolder(prefix string, inside ...string) (dir string, err error) {
	base := os.TempDir()
	if h.Root != "" {
		if base, err = h.Tree.FindFolder("/tmp"); err != nil {
			return "", err
		}
	}
	if dir, err = os.MkdirTemp(base, prefix); err != nil {
		return "", err
	}
	for _, name := range inside {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			_ = os.RemoveAll(dir) // it is in a folder that is cleaned at boot
			return "", err
		}
	}
	return dir, nil
}
