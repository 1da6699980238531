package files

import (
	"errors"
	"fmt"
	"strconv"

	"converge/internal/fsys"
)

// nameUsers is [NameUsers] with the accounts of the machine.
func (a access) nameUsers(err error) error {
	if err == nil {
		return nil
	}
	return NameUsers(err, a.accounts.UserName)
}

// NameUsers replaces numbers of users by names in an error of fsys about owners.
// nameOf returns the number itself of a user without a name.
func NameUsers(err error, nameOf func(uid uint32) string) error {
	var unsafe interface {
		error
		Describe(user func(uid uint32) string) string
	}
	var e *fsys.Error
	if !errors.As(err, &unsafe) || !errors.As(err, &e) {
		return err
	}
	return &unsafeError{e, unsafe.Describe(func(uid uint32) string { return CallUser(nameOf(uid)) })}
}

// CallUser returns what messages call a user: the name, or "user N" for one who has only a number.
func CallUser(name string) string {
	if _, err := strconv.ParseUint(name, 10, 32); err == nil {
		return "user " + name
	}
	return name
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
