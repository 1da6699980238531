package farm

// Type is the type of an entry.
type Type uint8

// What can be at a path. None is nothing at all.
const (
	None Type = iota
	Dir
	Symlink
	File // anything else: regular files, devices, sockets
)

// Entry is one name in a directory.
type Entry struct {
	Name string
	Type Type
}

// Tree is the planner's view of the machine. Paths are relative to the target
// ("" is the target itself) and may begin with "../"; links on the way are
// followed, as the kernel follows them. A tree may cache its answers: nothing
// changes while a plan is made.
//
// A missing entry is no error but [None]; an error means that the answer is not
// known.
type Tree interface {
	// Look returns the type of the entry at path and, for a link, its text. It
	// does not follow a link there.
	Look(path string) (t Type, text string, err error)
	// Reads reports whether there is a link at name in dir that reads prefix,
	// and then name.
	Reads(dir, name, prefix string) (bool, error)
	// Leads tells what path leads to, all links followed: None, Dir or File.
	Leads(path string) (Type, error)
	// List lists a directory by byte order of the names, "." and ".." left out.
	// The caller must not change the answer.
	List(dir string) ([]Entry, error)
}
