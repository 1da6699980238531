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
	folder *folder
	depth  int
	ctx    *hcl.EvalContext // all functions, no variables

	declared
	groups map[string]*node // "all blocks of one kind", where a reference needs that

	// pattern: what it declares is checked, and nothing is made from it, because
	// it is not known yet how many there are.
	pattern   bool
	merged    bool      // all that it declares is known
	each      *eachVals // of a call with for_each
	callAt    *hcl.Range
	off       bool               // when = false
	onFailure resource.OnFailure // of resources that do not say
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
		dir = filepath.Join(m.folder.dir, dir)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return bad(diag.Sentence(source.DescribeError(dir, err)))
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

func isSameFolder(a, b string) bool {
	a, errA := filepath.Abs(a)
	b, errB := filepath.Abs(b)
	return errA == nil && errB == nil && a == b
}

func sortedNames[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
