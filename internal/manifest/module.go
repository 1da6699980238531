package manifest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/resources"
)

// maxModules is how deep modules may call modules.
const maxModules = 32

// module is one folder of manifests in one use: the root, or what one module
// block stands for.
type module struct {
	l      *loader
	parent *module
	path   string // "web.db"; "" for the root
	dir    string
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

	merged     bool // all that it declares is known
	settings   Settings
	settingsAt *hcl.Range
}

// call is a module block.
type call struct {
	name   string
	rng    hcl.Range
	source string
	srcAt  hcl.Range
	inputs []*hcl.Attribute
	child  *module
}

func (l *loader) newModule(parent *module, name, dir string) *module {
	m := &module{
		l: l, parent: parent, path: name, dir: dir,
		variables: map[string]*node{}, locals: map[string]*node{}, outputs: map[string]*node{},
		blocks: map[blockKey]*block{}, labels: map[string][]*block{}, calls: map[string]*call{}, groups: map[string]*node{},
	}
	if parent != nil {
		m.path = strings.TrimPrefix(parent.path+"."+name, ".")
		m.depth = parent.depth + 1
	}
	m.ctx = l.funcs.NewChild()
	m.ctx.Functions = m.fileFunctions()
	l.mods = append(l.mods, m)
	return m
}

// loadModule parses a module's sources, and then those of the modules it calls.
func (l *loader) loadModule(m *module, srcs []source) hcl.Diagnostics {
	var diags hcl.Diagnostics
	parts := m.parse(srcs)
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
			diags = append(diags, l.loadCall(m, it.call)...)
		}
	}
	return diags
}

// loadCall loads the folder that a module block names.
func (l *loader) loadCall(m *module, c *call) hcl.Diagnostics {
	dir, diags := m.sourceDir(c)
	if diags.HasErrors() {
		return diags
	}
	srcs, diags := l.files.readFolder(dir, &c.srcAt)
	if diags.HasErrors() {
		return diags
	}
	c.child = l.newModule(m, c.name, dir)
	diags = append(diags, l.loadModule(c.child, srcs)...)
	if diags.HasErrors() {
		return diags
	}
	return append(diags, c.bind(m)...)
}

// sourceDir checks the source of a module block.
func (m *module) sourceDir(c *call) (string, hcl.Diagnostics) {
	bad := func(detail string) (string, hcl.Diagnostics) {
		return "", hcl.Diagnostics{failure("Invalid module source", detail, &c.srcAt)}
	}
	if strings.Contains(c.source, "://") || strings.Contains(c.source, "::") || c.source == "" {
		return bad("A module's source is a local folder, such as \"./modules/web\".")
	}
	dir := c.source
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(m.dir, dir)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return bad(sentence(readError(dir, err)))
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

// bind makes the arguments of a module block the values of its variables.
func (c *call) bind(m *module) hcl.Diagnostics {
	var diags hcl.Diagnostics
	given := map[string]bool{}
	for _, a := range c.inputs {
		v := c.child.variables[a.Name]
		if v == nil {
			diags = append(diags, failure("Unknown module input", fmt.Sprintf("The module %q has no variable %q.%s",
				c.name, a.Name, suggest(a.Name, sortedNames(c.child.variables), "Its variables are")), &a.NameRange))
			continue
		}
		given[a.Name] = true
		v.mod, v.expr, v.val, v.done = m, a.Expr, cty.NilVal, false
		v.uses = a.Expr.Variables()
	}
	for _, n := range c.child.nodes {
		if v := n.variable; v != nil && !given[n.name] && !v.hasDefault {
			diags = append(diags, failure("Missing module input", fmt.Sprintf(
				"The module %q needs a value for its variable %q, declared at %s.", c.name, n.name, place(n.rng)), &c.rng))
		}
	}
	return diags
}

// emit hands out the module's resources in manifest order.
func (m *module) emit(yield func(*resources.Resource)) {
	for _, it := range m.items {
		if it.call != nil {
			it.call.child.emit(yield)
			continue
		}
		for _, in := range it.block.insts {
			yield(&in.res)
		}
	}
}

func sortedNames[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
