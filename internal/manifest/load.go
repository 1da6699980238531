package manifest

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
	"converge/internal/resource"
	"converge/internal/scrub"
)

// Options are what a manifest is evaluated with.
type Options struct {
	Kinds    *resource.Kinds   // nil: none; a Provider of one may be nil
	Vars     map[string]string // --var k=v
	Untyped  map[string]bool   // which of Vars no command line has: those of a saved plan or a test
	VarFiles []string          // --var-file, later ones win
	Env      []string          // os.Environ(): CONVERGE_VAR_k sets variable k
	Stdin    io.Reader         // what the path "-" means

	// Open opens the files that attributes and expressions read, templates
	// included; nil: [resource.OpenRegular]. Manifests and files of variables
	// are the operator's own words, and opened as the process sees them.
	Open resource.Opener

	// Unsaved are manifests that are read from memory, by their absolute path, whatever the
	// disk has there. The path of the whole manifest is absolute, too, where there are any.
	Unsaved map[string][]byte

	// Fetch returns the folder of the manifests in the archive at a URL, which has
	// that SHA-256; nil: modules are local folders only.
	Fetch func(ctx context.Context, url, sha256 string) (dir string, err error)

	// maxTime is how long one expression or template may keep a processor; 0: the
	// bound of that name. Tests of other bounds set it.
	maxTime time.Duration

	// Trust is called with the path of each manifest that was read, before
	// anything that it names is opened; nil: it is not called.
	Trust func(manifest string)

	// Node returns facts and node attributes. It is asked once, and only if
	// something in the manifest depends on them; nil: an empty object.
	Node func() (cty.Value, error)

	// ReadSecret reads a secret from its source, without the text of its errors quoting
	// it. It is asked once for each secret block that the manifest refers to, for several at a time; nil: that
	// is an error.
	ReadSecret func(ctx context.Context, s SecretSource) (string, error)

	// Asks keeps what answers expressions: the site can be asked for their values until it is closed.
	Asks bool

	// OnlyVariables asks for the root's variables: nothing else is evaluated.
	OnlyVariables bool

	// WithoutSecrets leaves secrets unread. What is made from them is not checked, and
	// the site's resources have placeholders in its place.
	WithoutSecrets bool

	// NodeOnUse are further facts by name. Each is asked for if an expression names
	// it (node.users), or a template that reads node has its name anywhere.
	NodeOnUse map[string]func() (cty.Value, error)
}

// Settings are the attributes of the root manifest's settings block.
type Settings struct {
	Prune bool // remove what converge made and is no longer declared

	// Name is the site's name; "": the manifest's path serves. Formerly are the
	// names that it had: what was made under one of them is the site's.
	Name     string
	Formerly []string

	// Keep is how long runs and what they replaced are kept; nil: for good.
	// KeepSecrets is the same for replaced contents of secrets, at most and by
	// default MaxKeepSecrets.
	Keep        *time.Duration
	KeepSecrets *time.Duration

	// MaxAge is the age from which lists of packages are fetched anew before
	// anything is asked of them; nil: a day, where the latest version is wanted.
	MaxAge *time.Duration
}

// MaxKeepSecrets is the longest that replaced contents of secrets are kept.
const MaxKeepSecrets = 30 * 24 * time.Hour

// Site is an evaluated manifest.
type Site struct {
	// Resources in manifest order: files by name, blocks by place, instances by
	// key, the resources of a module at the place of its block.
	Resources []*resource.Resource
	Settings  Settings
	Forget    []string             // names of the things that are forgotten
	Files     map[string]*hcl.File // sources for diagnostics; bytes only
	Inputs    Inputs

	// Secrets are the sensitive strings that evaluation met. They
	// are known also where it failed, as far as it went.
	Secrets scrub.Words

	// Facts are the references to node that were evaluated, sorted: "node.os.id".
	Facts []string

	// Outputs are those of the root, in order of name.
	Outputs []Output

	// Variables are those of the root, if only they were asked for.
	Variables []Variable

	asked     *asked // nil: nothing will be
	files     *source.Files
	forgotten []Forgotten
}

// Altered returns, in order, the inputs of the evaluation that have changed
// since: manifests, folders of manifests, templates, files that an expression
// read or tested. A file that is only the content of a resource is not among
// them, because its content is compared anyway.
func (s *Site) Altered() []string {
	if s.files == nil {
		return nil
	}
	return s.files.ListAltered()
}

// Inputs is what a site was made from, so that a saved plan can tell whether
// it would be the same today.
type Inputs struct {
	Files     []source.Input             // every file that was read, in order of path
	Vars      map[string]json.RawMessage // effective root variables that are not sensitive
	Sensitive []string                   // names of the root variables that are, sorted
}

// Load evaluates the manifest at path: a file, a folder, or "-" for standard
// input. The site is never nil, so that its Files can show the diagnostics; it
// is complete only if there are no errors among them.
//
// When ctx ends, and when the manifest takes more time or memory than any has
// use for, Load returns at once, and what it was at may go on: the caller ends.
func Load(ctx context.Context, path string, o Options) (*Site, hcl.Diagnostics) {
	working, stop := context.WithCancel(ctx)
	site := &Site{}
	defer func() {
		if site.asked == nil {
			stop() // what can hear it, ends
		}
	}()
	l := newLoader(working, ctx.Err, o)
	loaded := make(chan hcl.Diagnostics, 1)
	go func() {
		diags := diag.Guard(func() hcl.Diagnostics {
			found := l.loadSite(path, site)
			return append(found, warnOfOthers(l, path, found)...)
		})
		if err := l.host.failure(); err != nil {
			diags = hcl.Diagnostics{diag.Failure("Node not known", diag.Sentence(err), nil)}
		}
		loaded <- diags
	}()
	over := make(chan struct{})
	defer close(over)
	select {
	case diags := <-loaded:
		if ctx.Err() != nil {
			break
		}
		site.Files, site.files, site.Secrets = l.files.Texts(), l.files, l.met.Words()
		if o.Asks && !diags.HasErrors() {
			site.asked = &asked{l.mods[0], stop}
		}
		return site, diag.Tidy(diags)
	case d := <-l.eval.Watch(over, l.files.Size):
		// Only the end of the program can end that evaluation.
		return &Site{Files: l.files.Texts()}, hcl.Diagnostics{d}
	case <-ctx.Done():
	}
	return &Site{}, hcl.Diagnostics{diag.Failure("Interrupted", ctx.Err().Error(), nil)}
}

// loadSite does the phases one after the other. A phase that found errors ends it:
// what would follow is consequences.
func (l *loader) loadSite(path string, site *Site) hcl.Diagnostics {
	dir, docs, diags := l.files.ReadRoot(path, l.opts.Stdin)
	if diags.HasErrors() {
		return diags
	}
	root := l.newModule(nil, nil, nil, dir)
	diags = append(diags, l.loadModule(root, docs)...)
	if root.merged {
		diags = append(diags, l.setInputs(root)...)
	}
	if l.opts.OnlyVariables {
		site.Variables = root.listVariables()
		return diags
	}
	if diags.HasErrors() && leaveNames(diags) && !areAllTwice(diags) {
		return append(diags, findUnknownNames(l)...)
	}
	if diags.HasErrors() && !areAllTwice(diags) {
		return diags
	}
	for _, phase := range []func() hcl.Diagnostics{l.expandModules, l.resolveSite, l.evaluateSite, l.linkSite} {
		more := phase()
		if diags = append(diags, more...); more.HasErrors() {
			return diags
		}
	}
	if diags.HasErrors() {
		return diags
	}
	site.Resources = root.listResources()
	site.Outputs = root.listOutputs()
	site.Settings, site.forgotten = root.settings, root.forget
	for _, f := range root.forget {
		site.Forget = append(site.Forget, f.Name)
	}
	site.Facts = l.host.uses()
	site.Inputs = l.describeInputs(root)
	return diags
}
