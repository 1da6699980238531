package manifest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/eval"
	"converge/internal/manifest/source"
	"converge/internal/resource"
)

// maxModules is how deep modules may call modules.
const maxModules = 32

// maxFolders is how many modules there may be in all.
const maxFolders = 10_000

// module is one folder of manifests in one use: the root, or a module block.
type module struct {
	l      *loader
	eval   *eval.Evaluator
	parent *module
	path   string // as in an address: web["eu"].db; "" for the root
	dir    string // as it was named
	folder string // path.module: absolute, the same from wherever converge is started
	depth  int
	ctx    *hcl.EvalContext // all functions, no variables

	items     []item // in manifest order
	variables map[string]*node
	locals    map[string]*node
	outputs   map[string]*node
	blocks    map[blockKey]*block
	labels    map[string][]*block // blocks by kind, in manifest order
	calls     map[string]*call
	groups    map[string]*node // "all blocks of one kind", where a reference needs that
	nodes     []*node          // variables, locals, outputs and blocks, in manifest order

	// pattern: what it declares is checked, and nothing is made from it, because
	// it is not known yet how many there are.
	pattern   bool
	merged    bool      // all that it declares is known
	each      *eachVals // of a call with for_each
	callAt    *hcl.Range
	off       bool               // when = false
	onFailure resource.OnFailure // of resources that do not say

	settings   Settings
	settingsAt *hcl.Range
}

// newModule makes the root (no parent), or the module of a call; each is the
// instance's, nil without for_each.
func (l *loader) newModule(parent *module, c *call, each *eachVals, dir string) *module {
	m := &module{
		l: l, eval: l.eval, parent: parent, dir: dir, each: each, onFailure: resource.FailSkip,
		variables: map[string]*node{}, locals: map[string]*node{}, outputs: map[string]*node{},
		blocks: map[blockKey]*block{}, labels: map[string][]*block{}, calls: map[string]*call{}, groups: map[string]*node{},
	}
	if parent != nil {
		key := ""
		if each != nil {
			key = each.key
		}
		m.path = resource.ModulePath(parent.path, c.name, each != nil, key)
		m.depth = parent.depth + 1
		m.callAt = &c.rng
		m.pattern, m.off, m.onFailure = parent.pattern, parent.off, parent.onFailure
	}
	m.folder = resource.EncodeBytes(absolute(dir))
	m.ctx = l.funcs.NewChild()
	m.ctx.Functions = m.fileFunctions()
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
	parts := m.parse(docs)
	for _, p := range parts {
		diags = append(diags, p.diags...)
	}
	if diags.HasErrors() {
		return diags // half a module would only look like missing declarations
	}
	for _, p := range parts {
		diags = append(diags, m.merge(p)...)
	}
	m.merged = true
	for _, it := range m.items {
		if it.call != nil {
			diags = append(diags, l.loadCall(it.call)...)
		}
	}
	return diags
}

// absolute returns a folder's absolute path; the path itself if the working
// directory no longer exists.
func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// sourceDir checks the source of a module block.
func (m *module) sourceDir(c *call) (string, hcl.Diagnostics) {
	bad := func(detail string) (string, hcl.Diagnostics) {
		return "", hcl.Diagnostics{diag.Failure("Invalid module source", detail, &c.srcAt)}
	}
	if strings.Contains(c.source, "://") || strings.Contains(c.source, "::") || c.source == "" {
		return bad("A module's source is a local folder, such as \"./modules/web\".")
	}
	dir := resource.DecodeBytes(c.source)
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(m.dir, dir)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return bad(diag.Sentence(source.DescribeError(dir, err)))
	}
	for up := m; up != nil; up = up.parent {
		if have, err := filepath.EvalSymlinks(up.dir); err == nil && sameFolder(have, real) {
			return bad(fmt.Sprintf("The module's folder %q is the one that it is called from, directly or through others, so it would contain itself.", dir))
		}
	}
	if m.depth >= maxModules {
		return bad(fmt.Sprintf("Modules call modules more than %d deep.", maxModules))
	}
	return dir, nil
}

func sameFolder(a, b string) bool {
	a, errA := filepath.Abs(a)
	b, errB := filepath.Abs(b)
	return errA == nil && errB == nil && a == b
}

// resources are the module's resources in manifest order. They are copies, so
// that nothing of what they were made from is kept with them.
func (m *module) resources() []*resource.Resource {
	insts := m.instances(nil)
	all := make([]resource.Resource, len(insts))
	out := make([]*resource.Resource, len(insts))
	for i, in := range insts {
		all[i] = in.res
		out[i] = &all[i]
	}
	return out
}

// instances adds all instances of the module's blocks, in manifest order.
func (m *module) instances(out []*instance) []*instance {
	for _, it := range m.items {
		if it.call == nil {
			out = append(out, it.block.insts...)
			continue
		}
		for _, child := range it.call.insts {
			out = child.instances(out)
		}
	}
	return out
}

func sortedNames[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
