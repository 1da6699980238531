package resource

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Kind describes one kind of resource. It is the only description: the manifest's schema, the diff, the JSON form, the
// secrets and the reference page are all derived from it.
type Kind struct {
	Name    string // the block type: "file"
	Doc     string // Markdown; the first sentence is the summary
	Example string // a manifest that validates on its own

	// Label is the attribute that the block's label fills in when it is unset: "name" for a package, "path" for a file
	// (only if the label starts with "/"). Empty: the label is only a name.
	Label string

	Attrs []Attr
	Verbs []string // the actions of the kind, weakest first: "reload", "restart"

	// Reverse maps a verb to the one that takes it back: "stop" to "start". The engine runs that one where a before(…)
	// notification went out and its change was then not made.
	Reverse map[string]string

	// NotifiesItself means that a resource may notify itself: its change does not do what its action does.
	NotifiesItself bool

	// Settles reports whether making a change already has the effect of a verb: starting a unit spares it the restart.
	// nil: never.
	Settles func(c Change, verb string) bool

	// Prepare turns evaluated attributes into the desired state; nil takes them as they are. Apart from in.ReadFile it
	// is pure. A problem with one attribute is an [*AttrError], which the message places at that attribute.
	Prepare func(in Input) (map[string]cty.Value, error)

	// Expand returns the resources of a block that makes several: the files of a folder. Each is prepared alone. nil:
	// a block makes one.
	Expand func(in Input) ([]Expanded, error)

	// Links returns the keys that a resource provides and needs. They order resources that never name each other. nil:
	// neither.
	Links func(want cty.Value) Links

	// Opaque means that a change may alter what other resources declare (a package drops files, a command does
	// anything): after it, everything observed before is observed again.
	Opaque bool

	// Moves reports whether a change alters the observations of later resources without acting on them: a link that is
	// turned to another folder, a user whose number changes. The engine observes those again at their turn, and their
	// forecasts are tentative. nil: a change does if the kind is Opaque.
	Moves func(c Change) bool

	// Inherits means that a new thing may find and remove remains that belong to it: the keys in the home of a new
	// user.
	Inherits bool

	// Asks reports whether observing a resource reads more than the thing
	// itself, so that any earlier change may alter the observation: a command's
	// guards. nil: never.
	Asks func(want cty.Value) bool

	// Recurs reports whether a resource changes in every run, whatever its
	// state: a command with always = true. The proof of a run excludes it. nil:
	// never.
	Recurs func(want cty.Value) bool

	// Inert means that a resource of this kind only writes files. Of its
	// dependencies it needs only the files, even if their scripts failed.
	Inert bool

	// Probe describes what a resource asks of the machine, for a plan:
	// "GET http://127.0.0.1/health". A kind with Probe only asks and changes
	// nothing. The engine runs its one verb when something that the resource comes after
	// was changed or acted upon, and what comes after the resource waits for a
	// good answer. nil: the kind is an ordinary one.
	Probe func(want cty.Value) string

	// InPlace reports whether the actions of a resource are carried out in its turn, after
	// everything that it comes after and before everything that comes after it, even if a
	// delayed notification requests them. It is for an [Ender]. nil: never.
	InPlace func(want cty.Value) bool

	// NeedsCause returns advice for a resource that only acts when it is notified: declaring one that nothing notifies
	// is a mistake. "": any other resource. A kind with Probe may come after something instead. nil: always "".
	NeedsCause func(want cty.Value) (advice string)

	// ContentAttr names the attribute by which a later run recognises what converge wrote: a file's content, a link's
	// target. The ledger keeps its digest. Empty: the kind has none.
	ContentAttr string

	// TextContent means that the content is the attribute's text, not a Blob.
	TextContent bool

	// FileAttrs names the options that hold the contents of single files, which are joined to the content. A change
	// that ended early leaves each file as before or as wanted, so that the joined content may be neither. nil: the
	// content is that of one file.
	FileAttrs []string

	// Mark returns a text without secrets that replaces the content of a thing whose kind has none: the target of a
	// link. A later run recognises by it what converge made. It accepts wanted and observed values; nil as a result,
	// or for Mark itself: there is none.
	Mark func(v cty.Value) *Blob

	// KeepsEdit reports whether a change leaves the existing content alone because converge did not write it. wrote
	// reports whether converge wrote the content with a digest; nil: it never wrote one. nil: never.
	KeepsEdit func(c Change, wrote func(digest string) bool) bool

	// Contradict returns the problems of a site's resources that no resource has alone: memberships that each apply of
	// one would undo for the other. It is called once for all resources of all kinds. nil: there are none.
	Contradict func(rs []*Resource) hcl.Diagnostics

	// Takes returns, by what it takes up, how a thing does so: the sources of a repository, with those who sign them. Two
	// things of the kind that take up the same in different ways exclude each other: prune removes one of them right
	// before the other is made, and not at the end of the run. It accepts wanted and observed values. nil: never.
	Takes func(v cty.Value) map[string]string

	// Holds reports whether a content contains the thing's part of the file at path, so that another resource may
	// declare that whole file with this content. It is for things that only edit files that exist. nil: never.
	Holds func(want cty.Value, path string, content []byte) bool

	// Apart reports whether two things of the kind, given by their keys, share no byte of a file, so that neither
	// reads secrets of the other. nil: that is not known.
	Apart func(key, other string) bool

	// BootOnly are the options that take a thing with two sides as saved for the boot only, without what runs now (see
	// [Attr.Live]). nil: the kind has one side.
	BootOnly map[string]cty.Value

	// Revert returns the wanted values that restore a thing's state before a run. nil: everything that the run
	// changed, as it was (see [Kind.Undo]).
	Revert func(p Past) ([]RevertTarget, error)

	// Leaves names, for people, what the run changed along with a thing and Revert does not restore. nil: nothing.
	Leaves func(p Past) []string

	// Restores means that prune puts a thing back, by Undo, as it was before converge first changed it. Unset: prune
	// removes what converge created, and leaves alone what it found and changed.
	Restores bool

	// RestoresAttrs restricts Restores to the attributes of things that existed before (accounts). Each attribute is
	// restored alone, so that a later change of one does not keep the others. What converge created is removed even if
	// its owner has changed it, and what it removed stays removed.
	RestoresAttrs bool

	// RecordAttr names the computed option, a text, in which a Recorder saves more of the old state than its
	// attributes. JoinRecords returns the record of two successive changes; nil: the first one's counts. BareRecord
	// returns what of a record may stay when secrets are forgotten: nothing of the surroundings of the thing and, if
	// the thing itself is secret, nothing of its old state; nil: nothing stays. RecordOf names the attribute that the
	// record belongs to: a change of other attributes only has no record; "": the whole thing.
	RecordAttr  string
	RecordOf    string
	JoinRecords func(first, then string) string
	BareRecord  func(record string, secret bool) string

	// RecordDestroys returns the part of a record that the change destroys; "": none. A saved plan needs no more: it
	// ignores what others edit in the same file. nil: all that is recorded.
	RecordDestroys func(record string) string

	// EndsForNow reports whether decisions about things stay that end with the removed one: a package that is removed
	// and not purged may come back. nil: they do not stay.
	EndsForNow func(want cty.Value) bool

	// Provider is nil until the wiring in cmd/converge sets it.
	Provider Provider

	// Choose picks the provider of one resource, for kinds with several; nil as a result, or for Choose itself, means
	// Provider. It is called often, and returns the same each time. The wiring sets it, too.
	Choose func(want cty.Value) Provider

	// Named returns the attributes by which a manifest would name the thing with a ledger key ([Change.Key]), if that
	// takes more than the label. nil: the label alone, which is the key without its prefix.
	Named func(key string) map[string]cty.Value
}

// ProviderOf returns the provider of a resource with the wanted value want.
func (k *Kind) ProviderOf(want cty.Value) Provider {
	if k.Choose != nil {
		if p := k.Choose(want); p != nil {
			return p
		}
	}
	return k.Provider
}

// Attr is one attribute of a kind.
type Attr struct {
	Name     string
	Type     cty.Type
	Doc      string // Markdown, begins with a definition
	Required bool

	// Default replaces an unset attribute. cty.NilVal: unset means not managed,
	// never "reset to the default".
	Default cty.Value

	// Option marks an attribute that steers how a change is made (verify, backup, timeout) and describes no state: it
	// is never compared.
	Option bool

	// Brief is the attribute's name where a change is shown in one line: "live", "at boot". "": its change takes a
	// line of its own.
	Brief string

	// Quiet marks an attribute whose change notifies nothing: holding a package does not alter the package.
	Quiet bool

	// QuietFrom lists observed values from which a change is quiet, too: a package that is installed only as a
	// dependency of others is there.
	QuietFrom []string

	// ShownWant returns the wanted value of a changed attribute as people are to see it: want is the whole wanted state. nil:
	// as it is.
	ShownWant func(a AttrChange, want cty.Value) cty.Value

	// Computed marks an attribute that Prepare sets and a manifest cannot set. It is compared and shown like any
	// other.
	Computed bool

	// Live marks a computed attribute of what runs now. In a tree from which nothing runs, the attribute is neither
	// managed nor shown.
	Live bool

	// Internal marks a computed attribute that only serves a rollback, or tells two resources apart: the reference
	// omits it.
	Internal bool

	// Wording marks an attribute that only names the thing, or the source of
	// another attribute. Two resources that differ in it still agree.
	Wording bool

	// ByNumber marks a string that names an account by name or by number, so that
	// two different values may mean the same account: only the machine knows.
	ByNumber bool

	// Content marks an attribute whose values are contents, [Blob]. [Typing] sets it.
	Content bool

	// Secret marks an attribute whose value is never shown.
	Secret bool

	// Public marks an attribute that is shown even if the resource is sensitive as a whole: it identifies the thing,
	// as the label does, or is a common word, like the name of a user.
	Public bool

	// Shown marks an attribute whose value everybody on the host can see, whatever converge itself hides: a sensitive
	// value is refused.
	Shown bool

	// OnPrune marks an option that prune, too, uses as last declared: the check of what remains of a file.
	OnPrune bool

	// SecretIf names the attributes that make this one secret: those that it is made from, if one of them is secret,
	// and bool attributes that are true.
	SecretIf []string

	// OneOf is the closed set of values of a string; nil: any.
	OneOf []string

	// Loses reports whether a change of the attribute removes a side of the thing, which protect keeps: the line of a
	// parameter for the boot. nil: never.
	Loses func(have, want cty.Value) bool

	// Check refuses a value for another reason than its type; nil: never. The message is a clause without subject:
	// "must be an absolute path".
	Check func(cty.Value) error

	// Same compares values for which plain equality is wrong ("0644" and
	// "u=rw,go=r", a version constraint); nil: equality.
	Same func(have, want cty.Value) bool

	// Result is what the attribute will be, computed from the present value and the whole wanted value, for wanted
	// words that alone do not determine it ("og-rwx"). People see this value. nil: as wanted.
	Result func(have, want cty.Value) cty.Value

	// ResultOf replaces Result if the result depends on more of the thing than the attribute: both values are whole.
	ResultOf func(have, want cty.Value) cty.Value
}

// Text is the attribute of v if that is a string; "" if it is not set.
func (a *Attr) Text(v cty.Value) string { return StringAttr(v, a.Name) }

// quiet reports whether a change of the attribute notifies nothing.
func (a *Attr) quiet(c AttrChange) bool {
	if a.Quiet || isAbsent(c.Have) || c.Have.Type() != cty.String {
		return a.Quiet
	}
	return slices.Contains(a.QuietFrom, c.Have.AsString())
}

// Quiet reports whether a change of a thing of the kind notifies nothing, because all attributes that differ are
// quiet.
func (k *Kind) Quiet(c Change) bool {
	return c.Action == Update && len(c.Attrs) > 0 && !slices.ContainsFunc(c.Attrs, func(d AttrChange) bool {
		a, ok := k.Attr(d.Name)
		return !ok || !a.quiet(d)
	})
}

// NameOf returns the attributes by which a manifest would name the thing with a ledger key, whose part behind the
// prefix is id.
func (k *Kind) NameOf(key, id string) map[string]cty.Value {
	if k.Named != nil {
		return k.Named(key)
	}
	return map[string]cty.Value{k.Label: cty.StringVal(id)}
}

// LabelOf returns the label attribute of a value; "" if there is none.
func (k *Kind) LabelOf(v cty.Value) string { return StringAttr(v, k.Label) }

// WithLabel returns v with another label.
func (k *Kind) WithLabel(v cty.Value, label string) cty.Value {
	return With(v, k.Label, cty.StringVal(label))
}

// Attr returns the kind's attribute of that name.
func (k *Kind) Attr(name string) (Attr, bool) {
	for i := range k.Attrs { // an Attr is large: copy only the requested one
		if k.Attrs[i].Name == name {
			return k.Attrs[i], true
		}
	}
	return Attr{}, false
}

// WithoutLive returns want without the attributes of what runs now.
func (k *Kind) WithoutLive(want cty.Value) cty.Value {
	var m map[string]cty.Value
	for i := range k.Attrs {
		if a := &k.Attrs[i]; a.Live && HasAttr(want, a.Name) {
			if m == nil {
				m = AttrsOf(want)
			}
			delete(m, a.Name)
		}
	}
	if m == nil {
		return want
	}
	return cty.ObjectVal(m)
}

// Rank is the place of verb among the kind's verbs, weakest 0; -1 if the kind
// has no such verb.
func (k *Kind) Rank(verb string) int { return slices.Index(k.Verbs, verb) }

// Secrets names the attributes whose content must not surface, given the set attributes that hold secrets. An
// attribute that is made of a secret is one even if want lacks it: the provider observes it, or records it for an
// undo.
func (k *Kind) Secrets(want cty.Value, marked map[string]bool) map[string]bool {
	out := map[string]bool{}
	for i := range k.Attrs {
		a := &k.Attrs[i]
		secret := (a.Secret || marked[a.Name]) && HasAttr(want, a.Name)
		for _, from := range a.SecretIf {
			secret = secret || marked[from] || BoolAttr(want, from)
		}
		if secret {
			out[a.Name] = true
		}
	}
	return out
}

// Input is what Prepare sees.
type Input struct {
	Addr  Addr
	Attrs map[string]cty.Value // set attributes: known, not null, unmarked, of the declared type
	Dir   string               // the manifest's folder; relative sources start here

	// Node returns the facts and node attributes, as [GoValue] makes them; callers only read them. They are gathered
	// at the first use: a short run that never uses them saves a tenth of its time. A fact that is read on use is
	// included only if text, the text of a template, names it; text is "" elsewhere.
	Node func(text string) any

	// ReadFile reads a file beside the manifest. Its errors name the file.
	ReadFile func(path string) ([]byte, error)

	// Source returns a file beside the manifest as content that is fixed from now on ([FileBlob]). Its errors name the
	// file.
	Source func(path string) (*Blob, error)

	// List lists the entries below a folder beside the manifest, in order of path. Its errors
	// name the path. Only Expand has it.
	List func(path string) ([]TreeEntry, error)
}

// AttrError is a problem with one attribute of a resource.
type AttrError struct {
	Attr string
	Word string // what the attribute's expression has in it and is at fault; "": the whole
	Err  error
}

func (e *AttrError) Error() string { return e.Attr + ": " + e.Err.Error() }
func (e *AttrError) Unwrap() error { return e.Err }

// FormError is an error of [Attr.Check] that describes the form of a value and quotes nothing of it, so that it may be
// shown even if the value is a secret.
type FormError string

func (e FormError) Error() string { return string(e) }

// Links relates a resource to others. Keys live in one namespace per prefix: "path:/etc/nginx", "user:www-data",
// "group:adm", "unit:nginx.service", "package:nginx", "package-provider:apt". A thing that a host has only once has
// one fixed key.
type Links struct {
	Provides []string // what others may need; the first identifies the thing, and no other resource may provide it
	Shares   []string // what others may need, and several resources may provide
	Before   []string // like Shares, but an edge that would close a cycle is omitted
	Needs    []Need   // what must come first, if a resource provides it

	// Within are the paths of files that the thing is a part of, unless its key names them: no other resource may
	// declare the whole of such a file. Writes are the paths of further entries that the thing needs, files or links.
	// A directory with purge leaves all of these, and while the thing is protected, nothing removes them.
	Within, Writes []string

	// Guards are the keys of other things that hold a side of this one: the unit that a timer enables and starts, the
	// groups that a user is in. While the thing is protected, no change removes that side. The removal of the thing
	// ends this.
	Guards []string

	// Whole are the keys of paths of files that the resource declares as a whole, with their content, as a link, or as
	// absent: no other resource may declare one of them as a whole, or a part of it. See [Kind.Holds].
	Whole []string

	// Folders are the paths of folders that belong to the thing with all their contents: the home of a user. A
	// directory with purge leaves them.
	Folders []string

	// Leads is the text of the symbolic link that is declared at the resource's path: paths behind the link are paths
	// below its target. NoLink means that no link may be there.
	Leads  string
	NoLink bool

	// Shows is the path of a folder that the resource shows at its own path, too, which is a mount point: an entry
	// below either path is one thing.
	Shows string

	// Covers is the path of a folder that this thing hides as long as it exists: a mount hides the contents of its
	// mount point.
	Covers string

	// Follows means that the resource manages the target of its path, not a link at that path.
	Follows bool

	// Retires means that the resource takes its thing out of service. It comes
	// before the removal of the thing's parts.
	Retires bool

	// RemovesOwner means that the resource removes an account that files and
	// services may belong to. It comes after their removal.
	RemovesOwner bool

	// Names maps the keys of names to the keys that the resource makes them mean: a link that makes a unit's name an
	// alias.
	Names map[string]string

	// Ends are the keys of things that end with the removal of the resource's thing, and are retired before it
	// ("unit:nginx.service").
	Ends []string
}

// Need is one key that a resource needs, and why.
type Need struct {
	Key    string
	Reason string // completes "A comes after B: …", e.g. "it lies in that directory"

	// Removal means that the need is about removal itself: its edge keeps its direction when both resources are
	// removed.
	Removal bool

	// Late means that the provider of the key may be known only once the machine was observed: a unit that a package
	// ships.
	Late bool

	// Soft means that its edge is omitted where it would close a cycle. Until the other resource is there, the thing
	// is [ErrUnfinished].
	Soft bool
}
