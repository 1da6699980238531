package farm

// Type is the type of an entry.
type Type uint8

// The types of entries. None means that nothing is there.
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

// Tree reads the machine for the planner. Paths are relative to the target ("" is the target itself) and may begin with
// "../"; links on the way are followed as the kernel does. A tree may cache: nothing changes while a plan is made.
//
// A missing entry is not an error but [None]; an error means that the answer is unknown.
type Tree interface {
	// Look returns the type of the entry at path and, for a link, its text. It does not follow a link there.
	Look(path string) (t Type, text string, err error)
	// Reads reports whether there is a link at name in dir whose text is prefix followed by name.
	Reads(dir, name, prefix string) (bool, error)
	// Leads returns the type of path's final target: None, Dir or File.
	Leads(path string) (Type, error)
	// List lists a directory in byte order of the names, without "." and "..". The caller must not change the result.
	List(dir string) ([]Entry, error)
}
