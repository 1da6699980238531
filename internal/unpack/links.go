package unpack

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// errOut is why a link is refused.
var errOut = errors.New("it is a link that leads out of the archive") //nolint:gochecknoglobals // an error to compare with

// maxLinks is how many links are followed in one path, as in the kernel (MAXSYMLINKS).
const maxLinks = 40

// checkLinks refuses links that lead out of the archive in any way: every path below the folder must end inside.
func (w *walk) checkLinks() error {
	for _, name := range w.links {
		inside, err := w.follow(name)
		switch {
		case !w.Dangling && (err != nil || !inside):
			err = errors.New("it is a link that leads to nothing in the archive")
		case errors.Is(err, errOut):
		default:
			err = nil
		}
		if err != nil {
			return fmt.Errorf("cannot unpack %q: %w", name, err)
		}
	}
	return nil
}

// follow resolves a path through all links, and reports whether it exists.
func (w *walk) follow(p string) (there bool, err error) {
	rest, at, links := p, ".", 0
	for rest != "" {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		switch {
		case name == "" || name == ".":
			continue
		case name == ".." && at == ".":
			return false, errOut
		case name == "..":
			at = path.Dir(at)
			continue
		}
		at = path.Join(at, name)
		e, known := w.seen[at]
		if !known || e.Type != Link {
			continue
		}
		if links++; links > maxLinks {
			return false, nil // the links form a cycle
		}
		if path.IsAbs(e.Target) {
			return false, errOut
		}
		at, rest = path.Dir(at), e.Target+"/"+rest
	}
	_, there = w.seen[at]
	return there || at == ".", nil
}
