package ignore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"converge/internal/stow/farm"
)

// Reader reads a whole list. A path is absolute, or relative to the target. The error of a missing file is
// [fs.ErrNotExist].
type Reader func(path string) ([]byte, error)

// list is the ignore list of a package.
type list interface {
	matchesPath(path string) (bool, error)
	findReason(path string) Reason
}

// Lists is a farm.Ignorer for every package of a command, and caches their lists. It is for one goroutine.
type Lists struct {
	reader  Reader
	home    string
	options []*Pattern

	of     map[farm.Image]list
	newest farm.Image // the latest image that was asked about
	its    list
	global list // nil: not read yet
}

// New returns the lists of packages. Home is the user's home; if empty, there is no global list. Options are the
// patterns of --ignore ([Suffix]), which add to any list of a package.
//
// The path for Ignored must be spelled as in GNU Stow 2.4.1: directories as in the target, the last component as in the
// package. With --dotfiles, dot-config/dot-rc is ".config/dot-rc".
func New(reader Reader, home string, options []*Pattern) *Lists {
	return &Lists{reader: reader, home: home, options: options, of: map[farm.Image]list{}}
}

// Ignored reports whether path, an entry of the image, is not stowed.
func (l *Lists) Ignored(image farm.Image, path string) (bool, error) {
	if path == "" {
		return false, nil
	}
	if p, err := l.matchOption(path); p != nil || err != nil {
		return p != nil, err
	}
	li, err := l.listOf(image)
	if err != nil {
		return false, err
	}
	return li.matchesPath(path)
}

// Reason is why a path is ignored.
type Reason struct {
	Option  bool   // the pattern is one of --ignore
	File    string // the list; empty: the built-in one, unless Option
	Line    int    // in the file, from 1; 0: none in particular
	Pattern string // as written
}

// String describes the reason, as in "by line 3 of stow/p/.stow-local-ignore: .*\.o".
func (r Reason) String() string {
	switch {
	case r.Option:
		return "by --ignore=" + r.Pattern
	case r.File == "":
		return "by the built-in ignore list: " + r.Pattern
	case r.Line == 0:
		return "by " + r.File + ": " + r.Pattern
	}
	return "by line " + strconv.Itoa(r.Line) + " of " + r.File + ": " + r.Pattern
}

// Why reports the same as Ignored, with the pattern.
func (l *Lists) Why(image farm.Image, path string) (Reason, bool, error) {
	ignored, err := l.Ignored(image, path)
	if !ignored || err != nil {
		return Reason{}, false, err
	}
	if p, err := l.matchOption(path); p != nil || err != nil {
		return Reason{Option: true, Pattern: p.String()}, err == nil, err
	}
	li, err := l.listOf(image)
	if err != nil {
		return Reason{}, false, err
	}
	return li.findReason(path), true, nil
}

// matchOption returns the first pattern of --ignore that matches.
func (l *Lists) matchOption(path string) (*Pattern, error) {
	for _, p := range l.options {
		ok, err := p.Try(path)
		if err != nil {
			return nil, fmt.Errorf("cannot match %q with --ignore=%s: %w", path, p, err)
		}
		if ok {
			return p, nil
		}
	}
	return nil, nil
}

// listOf returns the list of an image, read at most once.
func (l *Lists) listOf(image farm.Image) (list, error) {
	if l.its != nil && l.newest == image {
		return l.its, nil
	}
	li, ok := l.of[image]
	if !ok {
		var err error
		if li, err = l.findList(image); err != nil {
			return nil, err
		}
		l.of[image] = li
	}
	l.newest, l.its = image, li
	return li, nil
}

// findList returns the first list that exists.
func (l *Lists) findList(image farm.Image) (list, error) {
	local, err := l.read(image.Stow + "/" + image.Package + "/" + localName)
	if local != nil || err != nil {
		return local, err
	}
	if l.global == nil && l.home != "" {
		if l.global, err = l.read(l.home + "/" + globalName); err != nil {
			return nil, err
		}
	}
	if l.global == nil {
		l.global = builtIn{}
	}
	return l.global, nil
}

// read returns the list in a file, or nil if there is no such file. To GNU Stow a directory of that name is a list
// without a line, and an unreadable list ignores nothing; the latter is an error here.
func (l *Lists) read(path string) (list, error) {
	text, err := l.reader(path)
	switch {
	case err == nil, errors.Is(err, syscall.EISDIR):
		l, err := newFileList(path, string(text))
		if err != nil {
			return nil, err
		}
		return l, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ELOOP):
		return nil, nil
	}
	return nil, fmt.Errorf("cannot read the ignore list %s: %w", path, err)
}

// maxList bounds a list, in bytes.
const maxList = 1 << 20

// Host reads lists of this machine until ctx ends, because the planner passes no context. Relative paths are from
// target; links are followed.
func Host(ctx context.Context, target string) Reader {
	return func(path string) ([]byte, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !strings.HasPrefix(path, "/") {
			// Not cleaned: the target may be a link, and "link/.." is not here.
			path = target + "/" + path
		}
		// Opening a pipe of that name must not block.
		f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, maxList+1))
		if err == nil && len(text) > maxList {
			err = fmt.Errorf("it is longer than %d bytes", maxList)
		}
		return text, err
	}
}
