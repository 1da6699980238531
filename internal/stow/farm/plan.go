package farm

// Image is one installation image: a directory tree that is to be seen in the
// target.
type Image struct {
	Stow    string // the directory that holds it, from the target: "stow", "../../x/stow", "stow/foo"
	Package string // its name in there: "p", "1.0", ":config"; "." is the stow directory itself
}

// Request is what a command asks for. All unstows are planned before all stows.
type Request struct {
	Unstow []Image
	Stow   []Image
}

// Plan is the answer.
type Plan struct {
	Ops       []Op // in GNU Stow's order, without those that cancel out
	Conflicts []Conflict
}

// Conflict is why a request cannot be met.
type Conflict struct {
	Action  string // "stow" or "unstow"
	Package string // as Image has it, unless whoever asked knows it by another name
	Text    string // GNU Stow's words

	Image Image
	Path  string // in the target
}

// Decision is what a planner decided about a place without an operation.
type Decision uint8

// The decisions.
const (
	Kept       Decision = iota + 1 // the link is there already
	Deferred                       // another package's link stays, by --defer or by the rules
	Overridden                     // another package's link is replaced, by --override
	Skipped                        // an entry of the image is not for the target
	Shut                           // a directory of the target is not stowed into
)

// Decided is a decision, and what it is about.
type Decided struct {
	Decision Decision
	Image    Image
	Path     string // in the target
	Type     Type   // of the entry of the image
	By       string // Shut: the marker in the directory; "" it is the stow directory
}

// Relation is how an image that is being stowed gets along with the one that
// owns a link in its way.
type Relation uint8

// The relations.
const (
	// Strangers meet by GNU Stow's rules: directories are merged, anything else
	// is a conflict, unless defer or override speak.
	Strangers Relation = iota
	// Replaces: the link is removed, whatever its target. Versions of one
	// package.
	Replaces
	// Covers: directories are merged, and of two files the new one is linked.
	Covers
	// Yields: directories are merged, and of two files the one that is linked stays.
	Yields
)

// Rules is what varies between GNU Stow and the protocol of stow2. Paths are
// relative to the target.
type Rules interface {
	// Owner tells which image a place belongs to: dest is where a link leads,
	// by its text alone.
	Owner(dest string) (Image, bool, error)
	// Relation is asked when stowing finds a link that old owns.
	Relation(new, old Image) Relation
	// Cover tells which image wins over one wherever both have a file, if there
	// is such an image: the configuration of a package over its versions.
	Cover(image Image) (Image, bool)
}

// Ignorer tells which entries of a package are not for the target.
type Ignorer interface {
	// Ignored reports whether an entry is ignored, by its place in the target,
	// whose last name is spelled as in the package.
	Ignored(image Image, path string) (bool, error)
}

// Matcher is a compiled pattern, matched against a path byte by byte.
type Matcher interface {
	Match(path string) bool
}

// Options are the options of the command line.
type Options struct {
	NoFolding bool
	Adopt     bool
	Dotfiles  bool
	Compat    bool // unstow by walking the target
	Defer     []Matcher
	Override  []Matcher

	// What GNU Stow has not.
	Sound          bool      // a link that takes another's place and is itself taken back leaves the place free: a switch and another package in one plan
	StrictFold     bool      // never fold what would show ignored or renamed entries; never fold a directory away
	KeepDirs       bool      // neither fold directories away nor remove them, emptied or not
	NoFoldPath     []Matcher // places that are never folded
	AdoptPath      []Matcher // places where files are adopted
	Absolute       string    // the stow directory's absolute path: links are made absolute, and owned so
	AbsoluteSource bool      // link to absolute symbolic links, too
	Backup         string    // suffix under which a file in the way is kept, "" for a conflict
}

// Sink receives the planner's messages. Level 0 is warnings, always shown; 1 to 5
// are those of --verbose. Text ends without a newline.
type Sink func(level int, text string)
