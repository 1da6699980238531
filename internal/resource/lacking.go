package resource

import (
	"errors"
	"fmt"
	"strings"
)

// lacking is an error about a thing that is not there and that a package may bring.
type lacking struct {
	error
	key, advice string
}

// Lacking makes err the error of a resource that lacks something which a package may bring. key
// names that as links do ("program:/usr/sbin/visudo", "path:/etc/nginx/nginx.conf"). advice is what
// to do where no package is known to bring it: see [Advise].
func Lacking(err error, key, advice string) error { return &lacking{err, key, advice} }

// LackingFolder is [Lacking] for the folder in which a thing is to be made.
func LackingFolder(err error, dir string) error {
	return Lacking(err, "path:"+dir, fmt.Sprintf("declare it: directory %q {}, or name what brings it in depends_on", dir))
}

func (l *lacking) Error() string { return l.error.Error() + "; " + l.advice }

func (l *lacking) Unwrap() error { return l.error }

// LackOf returns the key of what an error says is lacking, and the advice; "" if it is no error of
// [Lacking].
func LackOf(err error) (key, advice string) {
	var l *lacking
	if errors.As(err, &l) {
		return l.key, l.advice
	}
	return "", ""
}

// advised is an error in other words.
type advised struct {
	error
	text string
}

func (a advised) Error() string { return a.text }

func (a advised) Unwrap() error { return a.error }

// Advise replaces the advice of an error of [Lacking]; with "" it has none. Any other error is
// returned as it is.
func Advise(err error, advice string) error {
	var l *lacking
	if !errors.As(err, &l) {
		return err
	}
	if advice != "" {
		advice = "; " + advice
	}
	return advised{err, strings.Replace(err.Error(), l.Error(), l.error.Error()+advice, 1)}
}
