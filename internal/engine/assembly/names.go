package assembly

import "context"

// Names is what the machine knows of the names of things. The wiring joins it from the providers of a site's
// resources. The zero Names is for a site that is assembled without a machine.
type Names struct {
	// Identify maps keys (see [resource.Links]) to the keys that identify their things, where the two differ: a unit
	// has aliases, a package may be named with its architecture. It omits keys of unknown prefixes, and of things that
	// do not exist. It is called once a plan, before anything is observed. nil: every key identifies its own thing.
	Identify func(ctx context.Context, keys []string) (map[string]string, error)

	// Spot examines a path whose folders are not symbolic links, and does not follow a link there. An unreadable path
	// counts as neither link nor folder. nil: no path is examined.
	Spot func(ctx context.Context, path string) Spot

	// Replaced reports whether converge has put something other than a directory at the physical path of a key. A
	// directory declared there does not follow a link in its place. nil: links are always followed.
	Replaced func(key string) bool

	// SameAccount reports whether two values of an attribute that is ByNumber mean one account: a user's name and
	// number. nil: any two may.
	SameAccount func(ctx context.Context, attr, a, b string) bool
}

// Spot describes the entry at a path.
type Spot struct {
	Link     string    // text of the symbolic link that is there; "": there is none
	Through  bool      // the link names only entries below it, not the folder that it leads to
	Folder   [2]uint64 // device and inode of the directory: equal ones are one directory, seen twice through a bind mount
	Anything bool      // something exists
}

// spotIn is Spot with a context; nil if no path is looked at.
func (n Names) spotIn(ctx context.Context) func(path string) Spot {
	if n.Spot == nil {
		return nil
	}
	return func(path string) Spot { return n.Spot(ctx, path) }
}
