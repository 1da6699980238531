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

// Options configure the evaluation of a manifest.
type Options struct {
	Kinds    *resource.Kinds   // nil: none; a Provider of one may be nil
	Vars     map[string]string // --var k=v
	Untyped  map[string]bool   // the names in Vars that come from a saved plan or a test, not from a command line
	VarFiles []string          // --var-file, later ones win
	Env      []string          // os.Environ(): CONVERGE_VAR_k sets variable k
	Stdin    io.Reader         // read for the path "-"

	// Disk is what manifests, files of variables, and the files that attributes and expressions name are read from; nil:
	// [source.PlainDisk].
	Disk source.Disk

	// Unsaved holds manifests that are read from memory instead of the disk, by absolute path. If there are any, the
	// path of the whole manifest must be absolute, too.
	Unsaved map[string][]byte

	// Fetch returns the folder with the manifests of the archive at a URL with that SHA-256; nil: modules are local
	// folders only.
	Fetch func(ctx context.Context, url, sha256 string) (dir string, err error)

	// maxTime limits the processor time of one expression or template; 0: the constant maxTime of eval. Tests of other
	// bounds set it.
	maxTime time.Duration

	// Node returns facts and node attributes. Load calls it once, and only if the manifest depends on them; nil: an
	// empty object.
	Node func() (cty.Value, error)

	// ReadSecret reads a secret from its source; its errors must not quote the secret. Load calls it once for each
	// secret block that the manifest refers to, for several at a time; nil: such a block is an error.
	ReadSecret func(ctx context.Context, s SecretSource) (string, error)

	// Asks keeps the state that evaluates expressions after Load, until the site is closed.
	Asks bool

	// OnlyVariables evaluates the root's variables and nothing else.
	OnlyVariables bool

	// WithoutSecrets leaves secrets unread. Values made from them are not checked, and the resources have placeholders
	// instead.
	WithoutSecrets bool

	// NodeOnUse are further facts by name. A fact is read if an expression names it (node.users), or if a template that
	// reads node contains its name.
	NodeOnUse map[string]func() (cty.Value, error)
}

// Settings are the attributes of the root manifest's settings block.
type Settings struct {
	Prune bool // remove what converge made and is no longer declared

	// Name is the site's name; "": the manifest's path is used. Formerly are its earlier names: things made under one of
	// them belong to the site.
	Name     string
	Formerly []string

	// Keep is how long runs and the contents that they replaced are kept; nil: for ever. KeepSecrets is the same for
	// replaced contents of secrets: at most MaxKeepSecrets, which is the default.
	Keep        *time.Duration
	KeepSecrets *time.Duration

	// MaxAge is the age from which package lists are fetched anew before they are used; nil: a day, if the latest
	// version is wanted.
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

	// Secrets are the sensitive strings that the evaluation met, also if it failed.
	Secrets scrub.Words

	// Facts are the references to node that were evaluated, sorted: "node.os.id".
	Facts []string

	// Outputs are those of the root, in order of name.
	Outputs []Output

	// Variables are those of the root, with OnlyVariables.
	Variables []Variable

	asked     *asked // nil: no expressions follow
	files     *source.Files
	forgotten []Forgotten
}

// Altered returns, in order, the inputs of the evaluation that have changed since: manifests, folders of manifests,
// templates, and files that an expression read or tested. It leaves out files that are only the content of a resource,
// because a plan compares contents anyway.
func (s *Site) Altered() []string {
	if s.files == nil {
		return nil
	}
	return s.files.ListAltered()
}

// ListSources returns the paths of all files that were read, and with a slash at the end those of
// folders that were listed as a whole.
func (s *Site) ListSources() []string {
	if s.files == nil {
		return nil
	}
	return source.ListPaths(s.files)
}

// Inputs describe what a site was made from, so that a saved plan can detect a change.
type Inputs struct {
	Files     []source.Input             // every file that was read, in order of path
	Vars      map[string]json.RawMessage // effective root variables that are not sensitive
	Sensitive []string                   // names of the root variables that are, sorted
}

// Load evaluates the manifest at path: a file, a folder, or "-" for standard
// input. The site is never nil, so that its Files can show the diagnostics; it
// is complete only if there are no errors among them.
//
// If ctx ends, or the manifest takes more time or memory than any needs, Load returns at once, while the evaluation may
// still be running: the caller should exit.
func Load(ctx context.Context, path string, o Options) (*Site, hcl.Diagnostics) {
	working, stop := context.WithCancel(ctx)
	site := &Site{}
	defer func() {
		if site.asked == nil {
			stop() // ends what observes it
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
		// Only the end of the program ends that evaluation.
		return &Site{Files: l.files.Texts()}, hcl.Diagnostics{d}
	case <-ctx.Done():
	}
	return &Site{}, hcl.Diagnostics{diag.Failure("Interrupted", ctx.Err().Error(), nil)}
}

// loadSite runs the phases in order, and stops after one that found errors: later errors would be consequences.
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
