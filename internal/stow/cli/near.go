package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"converge/internal/stow/store"
)

// nearest returns the name that a word was probably meant to be; "" if none is similar. A third of its letters may
// differ, and at most two.
func nearest(word string, names []string) string {
	best, limit := "", min(2, len(word)/3)+1
	for _, n := range names {
		if d := distance(word, n); d < limit {
			best, limit = n, d
		}
	}
	return best
}

// distance counts the letters to add, remove, replace or swap with the next to turn a into b.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			next[j+1] = min(last[j+1]+1, next[j]+1, last[j]+change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, last = last, next
	}
	return last[len(b)]
}

// meantOption returns a line that suggests an option for an unknown one; "" if none is similar. It follows GNU Stow's
// message, which stays as it is.
func (p *parsing) meantOption(message string) string {
	name, ok := strings.CutPrefix(message, "Unknown option: ")
	if !ok || len(name) == 1 {
		return ""
	}
	var names []string
	for _, o := range p.options() {
		for _, n := range o.Names {
			if long, ok := strings.CutPrefix(n, "--"); ok && o.Part != Lists { // those options exist only beside --check
				names = append(names, long)
			}
		}
	}
	if near := nearest(name, names); near != "" {
		return "Did you mean --" + near + "?"
	}
	return ""
}

// explainMissing adds to the error about a missing package or version the one that was probably meant, and the existing
// versions.
func (r *run) explainMissing(err error) error {
	var missing *store.MissingError
	if !errors.As(err, &missing) {
		return err
	}
	dir := missing.Stow
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(r.at.target, dir)
	}
	entries, unread := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(e.Name(), ":") {
			names = append(names, e.Name())
		}
	}
	near := nearest(missing.Part, names)
	switch isVersions := dir != r.at.stow; {
	case errors.Is(unread, os.ErrNotExist):
		return &meantError{err, "; there is no " + dir}
	case unread != nil: // the error itself says enough
	case len(names) == 0:
		return &meantError{err, "; it contains none"}
	case isVersions && len(names) <= 20:
		return &meantError{err, "; there is " + strings.Join(names, ", ")}
	case near != "":
		return &meantError{err, "; did you mean " + near + "?"}
	}
	return err
}

// meantError is an error with a suggestion.
type meantError struct {
	error
	meant string
}

func (e *meantError) Error() string { return e.error.Error() + e.meant }

func (e *meantError) Unwrap() error { return e.error }
