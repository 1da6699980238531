package farm

// OpKind is the kind of an operation.
type OpKind uint8

// The operations, under the names that -v prints.
const (
	Link   OpKind = iota + 1 // a symbolic link is made at Path, with Text
	Unlink                   // the symbolic link at Path, whose text is Text, is removed
	Mkdir                    // a directory is made at Path
	Rmdir                    // the directory at Path, empty by then, is removed
	Move                     // the file at Path is moved to Text: --adopt, and --backup
)

// Op is one operation on the target tree.
type Op struct {
	Kind OpKind
	Path string // relative to the target, clean, no leading "./"
	Text string // Link, Unlink: the link's text, as readlink(2) returns it. Move: the new path, relative to the target
}

// String returns the operation as -v prints it.
func (o Op) String() string {
	switch o.Kind {
	case Link:
		return "LINK: " + o.Path + " => " + o.Text
	case Unlink:
		return "UNLINK: " + o.Path
	case Mkdir:
		return "MKDIR: " + o.Path
	case Rmdir:
		return "RMDIR " + o.Path // without a colon, as in GNU Stow
	case Move:
		return "MV: " + o.Path + " -> " + o.Text
	}
	return "?"
}
