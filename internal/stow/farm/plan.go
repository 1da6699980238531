package farm

// Image is one installation image: a directory tree to show in the target.
type Image struct {
	Stow    string // the directory that contains it, from the target: "stow", "../../x/stow", "stow/foo"
	Package string // its name in there: "p", "1.0", ":config"; "." is the stow directory itself
}

// Request lists the images to unstow and to stow. All unstows are planned before all stows.
type Request struct {
	Unstow []Image
	Stow   []Image
}

// Plan is the result of planning a request.
type Plan struct {
	Ops       []Op // in GNU Stow's order, without operations that cancel out
	Conflicts []Conflict
}

// Conflict is a reason why a request cannot be met.
type Conflict struct {
	Action  string // "stow" or "unstow"
	Package string // as in Image, unless the caller uses another name
	Text    string // GNU Stow's words

	Image Image
	Path  string // in the target
}

// Decision is a planner's decision about a place without an operation.
type Decision uint8

// The decisions.
const (
	Kept       Decision = iota + 1 // the link exists already
	Deferred                       // another package's link stays, because of --defer or the rules
	Overridden                     // another package's link is replaced, by --override
	Skipped                        // an entry of the image is ignored
	Shut                           // nothing is stowed into a directory of the target
)

// Decided is a decision with its subject.
type Decided struct {
	Decision Decision
	Image    Image
	Path     string // in the target
	Type     Type   // of the entry of the image
	By       string // Shut: the marker in the directory; "" it is the stow directory
}

// Relation is the rule between an image that is being stowed and the owner of a link in its way.
type Relation uint8

// The relations.
const (
	// Strangers follow GNU Stow's rules: directories are merged, anything else is a conflict, unless defer or override
	// applies.
	Strangers Relation = iota
	// Replaces: the link is removed, whatever its target, as for versions of one package.
	Replaces
	// Covers: directories are merged, and the new one of two files is linked.
	Covers
	// Yields: directories are merged, and the linked one of two files stays.
	Yields
)

// Rules are the differences between GNU Stow and the protocol of stow2. Paths are relative to the target.
type Rules interface {
	// Owner returns the image that contains a place; dest is the target of a link, resolved by its text alone.
	Owner(dest string) (Image, bool, error)
	// Relation is called when stowing finds a link that old owns.
	Relation(new, old Image) Relation
	// Cover returns the image whose files win over those of another, if there is one: the configuration of a package
	// over its versions.
	Cover(image Image) (Image, bool)
}

// Ignorer decides which entries of a package are not stowed.
type Ignorer interface {
	// Ignored reports whether an entry is ignored, by its place in the target with the last name spelled as in the
	// package.
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

	// What GNU Stow does not have.
	Sound          bool      // if a link that replaces another is itself cancelled, the place becomes free: for a switch and another package in one plan
	StrictFold     bool      // never fold if that would expose ignored or renamed entries; never fold a directory away
	KeepDirs       bool      // neither fold directories away nor remove them, even if they become empty
	NoFoldPath     []Matcher // places that are never folded
	AdoptPath      []Matcher // places where files are adopted
	Absolute       string    // the stow directory's absolute path: links are absolute, and owned by their absolute text
	AbsoluteSource bool      // link to absolute symbolic links, too
	Backup         string    // suffix under which a file in the way is kept, "" for a conflict
}

// Sink receives the planner's messages. Level 0 is for warnings, which are always shown; 1 to 5 are those of --verbose.
// Text ends without a newline.
type Sink func(level int, text string)
