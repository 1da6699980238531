package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/eval"
	"converge/internal/manifest/source"
	"converge/internal/resource"
)

// maxModules is how deep calls of modules may nest.
const maxModules = 32

// maxFolders is how many modules there may be in all.
const maxFolders = 10_000

// module is one folder of manifests in one use: the root, or a module block.
type module struct {
	l      *loader
	eval   *eval.Evaluator
	parent *module
	path   string // as in an address: web["eu"].db; "" for the root
	folder *folder
	depth  int
	ctx    *hcl.EvalContext // all functions, no variables

	declared
	groups map[string]*node // "all blocks of one kind", if a reference needs them

	// pattern: the declarations are only checked; no resources are made, because the number of instances is not known
	// yet.
	pattern   bool
	merged    bool      // all that it declares is known
	each      *eachVals // of a call with for_each
	callAt    *hcl.Range
	off       bool               // when = false
	onFailure resource.OnFailure // of resources that do not set it
	protect   bool               // protect = true, here or above
	audit     bool               // audit = true, here or above
}

// sourceDir returns the folder that a module block's source names, and checks it.
func (m *module) sourceDir(c *call) (string, hcl.Diagnostics) {
	bad := func(detail string) (string, hcl.Diagnostics) {
		return "", hcl.Diagnostics{diag.Failure("Invalid module source", detail, &c.srcAt)}
	}
	dir, err := m.locateSource(c)
	if err != nil {
		return bad(diag.Sentence(err))
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		text := diag.Sentence(resource.DescribeReadError(dir, err))
		if errors.Is(err, fs.ErrNotExist) {
			if near := source.NearFile(dir); near != "" {
				text += fmt.Sprintf(" There is %q.", "./"+near)
			}
			text += " A source is a folder with *.hcl files, and a relative one begins at the folder of this manifest."
		}
		return bad(text)
	}
	for up := m; up != nil; up = up.parent {
		if have, err := filepath.EvalSymlinks(up.folder.dir); err == nil && isSameFolder(have, real) {
			return bad(fmt.Sprintf("The module's folder %q is the one that it is called from, directly or through others, so it would contain itself.", dir))
		}
	}
	if m.depth >= maxModules {
		return bad(fmt.Sprintf("Modules call modules more than %d deep.", maxModules))
	}
	return dir, nil
}

// sourceForms describes the valid sources.
const sourceForms = "a module's source is a local folder, such as \"./modules/web\", or the http or https URL of an archive"

// locateSource returns the folder that a source names: one beside the manifest, or
// that of a fetched archive.
func (m *module) locateSource(c *call) (string, error) {
	remote := strings.HasPrefix(c.source, "https://") || strings.HasPrefix(c.source, "http://")
	switch {
	case remote && c.sha256 == "":
		return "", errors.New("a source that is a URL needs sha256, the digest of the archive: without it, whoever can change the archive decides about this host")
	case remote && m.l.opts.Fetch == nil:
		return "", errors.New("this source is a URL, and nothing is fetched here")
	case remote:
		return m.l.opts.Fetch(m.l.ctx, c.source, c.sha256)
	case c.sha256 != "":
		return "", errors.New("sha256 is for a source that is a URL")
	case strings.Contains(c.source, "://"), strings.Contains(c.source, "::"), strings.HasPrefix(c.source, "git@"), c.source == "":
		return "", errors.New(sourceForms + "; a git repository is checked out beside the manifest, or its archive of a commit is the URL")
	}
	dir := resource.DecodeBytes(c.source)
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(m.folder.dir, dir)
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) && !strings.HasPrefix(c.source, ".") && !filepath.IsAbs(c.source) {
		return "", fmt.Errorf("there is no folder %q beside the manifest, and no registry of modules; %s", c.source, sourceForms)
	}
	return dir, nil
}

func isSameFolder(a, b string) bool {
	a, errA := filepath.Abs(a)
	b, errB := filepath.Abs(b)
	return errA == nil && errB == nil && a == b
}

func sortedNames[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// newModule makes the root (no parent), or the module of a call; each is the
// instance's, nil without for_each.
func (l *loader) newModule(parent *module, c *call, each *eachVals, dir string) *module {
	m := &module{
		l: l, eval: l.eval, parent: parent, each: each, onFailure: resource.FailSkip,
		folder: newFolder(dir, l.files, l.host.templateValue, l.met.OpenTemplate), declared: newDeclared(), groups: map[string]*node{},
	}
	if parent != nil {
		key := ""
		if each != nil {
			key = each.key
		}
		m.path = resource.ModulePath(parent.path, c.name, each != nil, key)
		m.depth = parent.depth + 1
		m.callAt = &c.rng
		m.pattern, m.off, m.onFailure, m.protect, m.audit = parent.pattern, parent.off, parent.onFailure, parent.protect, parent.audit
	}
	m.ctx = l.funcs.NewChild()
	m.ctx.Functions = m.folder.makeFunctions()
	return m
}

// loadModule parses a module's sources, and then those of the modules it calls.
func (l *loader) loadModule(m *module, docs []source.Document) hcl.Diagnostics {
	if l.folders++; l.folders > maxFolders {
		return hcl.Diagnostics{diag.Failure("Too many modules", fmt.Sprintf("Modules call modules, in all more than %d.", maxFolders), m.callAt)}
	}
	if l.stopped() {
		return hcl.Diagnostics{diag.Failure("Interrupted", l.ctx.Err().Error(), nil)}
	}
	if m.pattern {
		l.patterns = append(l.patterns, m)
	} else {
		l.mods = append(l.mods, m)
	}
	var diags hcl.Diagnostics
	parts := decoder{mod: m}.parseAll(docs)
	for _, p := range parts {
		diags = append(diags, p.diags...)
	}
	if diags.HasErrors() && !leaveNames(diags) {
		return diags // with half a module every other error would be a missing declaration
	}
	for _, p := range parts {
		diags = append(diags, m.addPart(p)...)
	}
	m.merged = true
	for _, it := range m.items {
		if it.call != nil && !l.opts.OnlyVariables {
			diags = append(diags, l.loadCall(it.call)...)
		}
	}
	return diags
}

// loadCall loads the folder that a module block names.
func (l *loader) loadCall(c *call) hcl.Diagnostics {
	m := c.mod
	dir, diags := m.sourceDir(c)
	if diags.HasErrors() {
		return diags
	}
	docs, diags := l.files.ReadFolder(dir, &c.srcAt)
	if diags.HasErrors() {
		return diags
	}
	c.dir, c.docs = dir, docs
	child := l.newModule(m, c, nil, dir)
	c.pattern = child
	if c.on.hasCommon() {
		child.pattern = true
		if !m.pattern {
			l.waiting = append(l.waiting, c)
		}
	} else {
		c.insts, c.state = []*module{child}, callExpanded
	}
	diags = append(diags, l.loadModule(child, docs)...)
	if diags.HasErrors() {
		return diags
	}
	for _, name := range sortedNames(child.variables) {
		if isReserved(name) {
			diags = append(diags, diag.Failure("Invalid variable name", fmt.Sprintf("In a module block, %q is no input.", name), &child.variables[name].rng))
		}
	}
	return append(diags, c.bindInputs(child)...)
}

// suggestInput lists the inputs that a module block accepts in place of an unknown one.
func (c *call) suggestInput(name string, child *module) string {
	here := c.on.kind.explainOther(name)
	switch name {
	case "version":
		here = "A folder has no versions; that of an archive is in its URL, and sha256 holds it."
	case "providers":
		here = "A module changes the same machine as the rest; nothing has to be passed for that."
	}
	if here != "" {
		return " " + here
	}
	return diag.Suggest(name, sortedNames(child.variables), "Its variables are")
}

// bindInputs sets a module's variables to the arguments of its block.
func (c *call) bindInputs(child *module) hcl.Diagnostics {
	var diags hcl.Diagnostics
	given := map[string]bool{}
	for _, a := range c.inputs {
		v := child.variables[a.Name]
		if v == nil {
			for name := range child.variables { // a misspelt name is one mistake
				given[name] = given[name] || diag.Suggest(a.Name, []string{name}, "") != ""
			}
			diags = append(diags, diag.Failure("Unknown module input", fmt.Sprintf("The module %q has no variable %q.%s",
				c.name, a.Name, c.suggestInput(a.Name, child)), &a.NameRange))
			continue
		}
		given[a.Name] = true
		v.mod, v.in, v.each = c.mod, c.on, child.each
		v.expr, v.val, v.done = a.Expr, cty.NilVal, false
		v.uses = a.Expr.Variables()
	}
	for _, n := range child.nodes {
		if v := n.variable; v != nil && !given[n.name] && !v.hasDefault {
			diags = append(diags, diag.Failure("Missing module input", fmt.Sprintf(
				"The module %q needs a value for its variable %q, declared at %s.", c.name, n.name, diag.Place(n.rng)), &c.rng))
		}
	}
	return diags
}
