package assembly

import "context"

// Names is what the machine knows of the names of things. The wiring joins it
// from the providers of a site's resources. The zero Names is for a site that is
// assembled without a machine.
type Names struct {
	// Identify returns, for those of the keys (see [resource.Links]) that name a
	// thing of this machine by another name than its own, the key by which the
	// thing is known: a unit has aliases, a package may be named with its
	// architecture. Keys of prefixes that it does not know, and of things that are
	// not there, it leaves out. It is asked once a plan, before anything is
	// observed. nil: everything is known by its own name.
	Identify func(ctx context.Context, keys []string) (map[string]string, error)

	// Spot looks at a path whose folders are no symbolic links, and does not
	// follow a link there. A path that cannot be looked at counts as neither link
	// nor folder. nil: no path is looked at.
	Spot func(ctx context.Context, path string) Spot

	// Replaced reports whether converge has put something else than a directory at the
	// physical path of a key. A link there is not followed for a directory that is
	// declared in its place. nil: it is always followed.
	Replaced func(key string) bool

	// SameAccount reports whether two values of an attribute that is ByNumber mean
	// one account: a user's name and number. nil: any two may.
	SameAccount func(ctx context.Context, attr, a, b string) bool
}

// Spot is what is at a path.
type Spot struct {
	Link     string    // text of the symbolic link that is there; "": there is none
	Through  bool      // that link names only what is below it, and not the folder that it leads to
	Folder   [2]uint64 // device and inode of the directory that is there: equal ones are one, seen twice through a bind mount
	Anything bool      // there is something
}

// spotIn is Spot within a context; nil if no path is looked at.
func (n Names) spotIn(ctx context.Context) func(path string) Spot {
	if n.Spot == nil {
		return nil
	}
	return func(path string) Spot { return n.Spot(ctx, path) }
}
