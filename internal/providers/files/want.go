package files

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// parent is path.Dir for clean absolute paths.
func parent(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 {
		return "/"
	}
	return path[:i]
}

// fileChange is a change of a thing at a path, with its values decoded.
type fileChange = resource.TypedChange[resources.Entry]

// secret reports whether the content that c wants must not surface.
func secret(c *fileChange) bool {
	return c.Secret["content"] || c.Want.Sensitive.Value
}

// wantMode is the mode that a thing with the bits live should have; live if it
// is not managed.
func wantMode(want *resources.Entry, live uint32, dir bool) (uint32, error) {
	s := want.Mode.Value
	if s == "" {
		return live, nil
	}
	m, err := resources.ParseMode(s)
	if err != nil {
		return 0, fmt.Errorf("cannot read mode: %w", err) // Prepare has read it before
	}
	return m.Apply(live, dir), nil
}

// textOf is a name of any bytes as a text.
func textOf(name string) resource.Text { return resource.Text(resource.EncodeBytes(name)) }

func (p *Provider) named(err error) error { return NameUsers(err, p.o.People.UserName) }

// NameUsers replaces numbers of users by names in an error of fsys about owners.
// nameOf returns the number itself of a user without a name.
func NameUsers(err error, nameOf func(uid uint32) string) error {
	var unsafe *fsys.UnsafeError
	var e *fsys.Error
	if !errors.As(err, &unsafe) || !errors.As(err, &e) {
		return err
	}
	user := func(uid uint32) string {
		name := nameOf(uid)
		if _, err := strconv.ParseUint(name, 10, 32); err == nil {
			return "user " + name
		}
		return name
	}
	return &unsafeError{e, unsafe.Describe(user)}
}

// unsafeError is an error about an unsafe path in names of users.
type unsafeError struct {
	cause *fsys.Error
	text  string
}

func (e *unsafeError) Error() string {
	return fmt.Sprintf("cannot %s %q: %s", e.cause.Verb, e.cause.Path, e.text)
}

func (e *unsafeError) Unwrap() error { return e.cause }

// newMode is the mode of a new entry without a wanted one.
func newMode(c *fileChange, dir bool) uint32 {
	switch {
	case dir:
		return 0o755
	case secret(c):
		return 0o600
	}
	return 0o644
}

// present returns the observed attributes of an existing entry.
func present(typ string) *resources.Entry {
	return &resources.Entry{Place: resources.Place{Type: typ, Ensure: resource.Some("present")}}
}

// inTheWay is the error for a path that holds something of another type.
func inTheWay(path string, info fsys.Info, kind, remedy string) error {
	return fmt.Errorf("cannot manage %s %q: it is %s; %s", kind, path, info.Type, remedy)
}

const (
	removeIt      = "move or remove it"
	forceIt       = "set force = true to replace it"
	followOrForce = "set follow = true to manage what it points to, or force = true to replace it"
)
