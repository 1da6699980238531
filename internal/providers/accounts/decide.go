package accounts

import (
	"errors"
	"fmt"

	"converge/internal/resource"
	"converge/internal/userdb"
)

func wantsAbsent(c resource.Change) bool { return resource.WantsAbsent(c.Want) }

// todo is the present meaning of a change.
type todo int

const (
	nothing todo = iota
	remove
	create
	modify
)

// decide determines the work from the result of looking the account up (err,
// remote). what is "user" or "group", file where the tools could change it.
func decide(c resource.Change, what, file string, remote bool, err error) (todo, error) {
	missing := errors.Is(err, userdb.ErrUnknown)
	switch {
	case err != nil && !missing:
		return nothing, err
	case wantsAbsent(c) && missing:
		return nothing, nil
	case remote:
		return nothing, fmt.Errorf("cannot change %s %q: it is not in %s but comes from a name service", what, c.Label(), file)
	case wantsAbsent(c):
		return remove, nil
	case missing:
		return create, nil
	}
	return modify, nil
}
