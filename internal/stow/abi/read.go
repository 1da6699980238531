package abi

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"syscall"
)

// FileError reports a file of an image that could not be parsed. The loader
// would refuse it too, so the image's facts are complete without it.
type FileError struct {
	Path string
	Err  error
}

// Error names the file.
func (e *FileError) Error() string { return fmt.Sprintf("cannot read %q: %v", e.Path, e.Err) }

// Unwrap gives the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Read reads an image. Damaged ELF files are returned beside the facts of the
// others; err is what kept it from reading at all.
func Read(ctx context.Context, image Image) (f Facts, damaged []*FileError, err error) {
	c := newCollector()
	err = image.Walk(ctx, func(name, link string) error {
		if link != "" {
			c.addLink(name, link)
			return nil
		}
		if strings.HasSuffix(name, ".debug") {
			return nil // what strip took off: a library by its headers, without its contents
		}
		o, ok, err := inspectFile(image, name)
		switch {
		case err == nil:
			if ok {
				c.addObject(name, o)
			}
			return nil
		case isFatal(err):
			return &FileError{name, err}
		}
		damaged = append(damaged, &FileError{name, err})
		return nil
	})
	if err != nil {
		return Facts{}, damaged, fmt.Errorf("cannot read the image: %w", err)
	}
	return c.toFacts(), damaged, nil
}

// isFatal reports whether the machine failed, not only a file is damaged.
func isFatal(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno) && !errors.Is(err, fs.ErrNotExist)
}

func inspectFile(image Image, name string) (Object, bool, error) {
	f, err := image.Open(name)
	if err != nil {
		return Object{}, false, err
	}
	defer f.Close()
	return Inspect(f, f.Size())
}

// collector gathers objects into facts.
type collector struct {
	objects []Object
	// A library without a soname is linked to by the name that the linker found
	// it under, which may be that of a link.
	nameless map[string][]int    // index of objects, by path
	links    map[string][]string // paths of links, by what they lead to
}

func newCollector() *collector {
	return &collector{nameless: map[string][]int{}, links: map[string][]string{}}
}

func (c *collector) addLink(name, text string) {
	if !path.IsAbs(text) {
		to := path.Join(path.Dir(name), text)
		c.links[to] = append(c.links[to], name)
	}
}

func (c *collector) addObject(name string, o Object) {
	if o.Library && o.Soname == "" {
		c.nameless[name] = append(c.nameless[name], len(c.objects))
	}
	c.objects = append(c.objects, o)
}

// nameNameless gives libraries without a soname the names of their files and links.
func (c *collector) nameNameless() {
	for name, list := range c.nameless {
		for _, i := range list {
			for _, n := range append([]string{name}, c.links[name]...) {
				base := path.Base(n)
				if !strings.Contains(base, ".so") {
					continue
				}
				alias := c.objects[i]
				alias.Soname = base
				// Only its exports are repeated.
				alias.Needs, alias.Imports = nil, nil
				c.objects = append(c.objects, alias)
			}
		}
	}
}

func (c *collector) toFacts() Facts {
	c.nameNameless()
	m := newMerger()
	for _, o := range c.objects {
		m.addOffer(o)
	}
	for _, o := range c.objects {
		m.addNeeds(o)
	}
	return m.toFacts()
}
