package manifest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// maxSeveral is how many resources one block of a kind with [resource.Kind.Expand] makes
// at most.
const maxSeveral = 100_000

// severalMaker is a block that makes several resources, because of its kind.
type severalMaker struct{ *block }

// makeSeveral makes the resources of a block whose kind turns one block into several, such as a tree of files. With
// for_each, the two keys are joined by a slash.
func (b severalMaker) makeSeveral(ctx *hcl.EvalContext) hcl.Diagnostics {
	wholes := []*instance{{block: b.block, res: b.newResource(nil)}}
	var diags hcl.Diagnostics
	if b.forEach != nil {
		var eaches []eachVals
		if eaches, diags = b.listElements(ctx); diags.HasErrors() {
			return diags
		}
		wholes = wholes[:0]
		for i := range eaches {
			wholes = append(wholes, &instance{block: b.block, each: &eaches[i], res: b.newResource(&eaches[i])})
		}
	}
	b.insts, b.byKey = nil, map[string]*instance{}
	for _, whole := range wholes {
		if diags = append(diags, whole.expand(whole.each.extendScope(ctx))...); diags.HasErrors() {
			return diags
		}
	}
	return diags
}

// expand makes the resources of one instance.
func (in *instance) expand(ctx *hcl.EvalContext) hcl.Diagnostics {
	diags := in.evaluateCommon(ctx)
	if diags.HasErrors() {
		return diags
	}
	vals, more := in.evaluateAttrs(ctx)
	if diags = append(diags, more...); diags.HasErrors() {
		return diags
	}
	if vals, more = in.completeAttrs(vals); more.HasErrors() {
		return append(diags, more...)
	}
	parts, more := in.listParts(vals)
	if more.HasErrors() {
		return append(diags, more...)
	}
	insts, more := in.addParts(parts)
	if more.HasErrors() {
		return append(diags, more...)
	}
	return append(diags, in.finishParts(insts, parts, vals)...)
}

// listParts asks the kind for the parts of an instance.
func (in *instance) listParts(vals []attrVal) ([]resource.Expanded, hcl.Diagnostics) {
	b := in.block
	attrs := make(map[string]cty.Value, len(vals))
	for _, v := range vals {
		if values.IsSensitive(v.val) {
			return nil, hcl.Diagnostics{diag.Failure("Sensitive "+b.kind.Name, fmt.Sprintf(
				"The %s of %s is sensitive, and would surface in what it makes.", b.kind.Attrs[v.idx].Name, b.addr()), b.attrRange(v.idx).Ptr())}
		}
		attrs[b.kind.Attrs[v.idx].Name] = v.val
	}
	parts, err := b.kind.Expand(resource.Input{
		Addr: in.res.Addr, Attrs: attrs, Dir: b.mod.folder.dir, Node: b.mod.l.host.templateValue,
		ReadFile: b.mod.folder.readFile, Source: b.mod.folder.readBlob, List: b.mod.folder.readTree,
	})
	if err == nil && len(parts)+len(b.insts) > maxSeveral {
		err = fmt.Errorf("it would make more than %d resources", maxSeveral)
	}
	if err != nil {
		return nil, hcl.Diagnostics{in.prepareFailure(err, false)}
	}
	return parts, nil
}

// addParts adds an instance to the block for each part.
func (in *instance) addParts(parts []resource.Expanded) ([]*instance, hcl.Diagnostics) {
	b := in.block
	insts := make([]*instance, len(parts))
	for i, p := range parts {
		insts[i] = in.part(p)
		if b.byKey[insts[i].each.key] != nil {
			return nil, hcl.Diagnostics{diag.Failure("Duplicate key", fmt.Sprintf("%s would be there twice.", insts[i].res.Addr), &b.rng)}
		}
		b.byKey[insts[i].each.key] = insts[i]
	}
	b.insts = append(b.insts, insts...)
	return insts, nil
}

// finishParts finishes the resources of an instance in parallel. It reports one failure, because the others mostly have
// the same cause.
func (in *instance) finishParts(insts []*instance, parts []resource.Expanded, vals []attrVal) hcl.Diagnostics {
	b := in.block
	failed := make([]hcl.Diagnostics, len(parts))
	runParallel(len(parts), func(i int) {
		if b.mod.l.ctx.Err() == nil {
			failed[i] = diag.Guard(func() hcl.Diagnostics {
				return insts[i].finishResource(severalMaker{b}.mergeVals(vals, parts[i].Attrs))
			})
		}
	})
	for _, more := range failed {
		if more.HasErrors() {
			return more
		}
	}
	return nil
}

// part returns the instance of one part, without its attributes.
func (in *instance) part(p resource.Expanded) *instance {
	res := *in.res
	out := &instance{block: in.block, res: &res, each: &eachVals{key: p.Key, val: cty.StringVal(p.Key), outer: in.each}}
	if in.each != nil {
		out.each.key = in.each.key + "/" + p.Key
	} else {
		out.each.outer = out.each
	}
	out.res.Addr.Key, out.res.Addr.Each = out.each.key, true
	return out
}

// mergeVals returns the attributes of the block, replaced by those of a part; an attribute that is null in the part is
// left out.
func (b severalMaker) mergeVals(vals []attrVal, attrs map[string]cty.Value) []attrVal {
	out := make([]attrVal, 0, len(vals)+len(attrs))
	for _, v := range vals {
		if _, replaced := attrs[b.kind.Attrs[v.idx].Name]; !replaced {
			out = append(out, v)
		}
	}
	for name, v := range attrs {
		if i, ok := b.kind.attr[name]; ok && !v.IsNull() {
			out = append(out, attrVal{i, v})
		}
	}
	slices.SortFunc(out, func(x, y attrVal) int { return x.idx - y.idx })
	return out
}

// readTree lists a folder beside the manifest.
func (f *folder) readTree(path string) ([]resource.TreeEntry, error) {
	return f.files.ReadTree(f.resolvePath(path))
}

// listFiles returns the paths of the regular files below a folder beside the manifest that
// match a pattern.
func (f *folder) listFiles(path, pattern string) ([]string, error) {
	entries, err := f.readTree(path)
	if err != nil {
		return nil, err
	}
	match, err := resource.ParseGlob(resource.DecodeBytes(pattern))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if e.Type == resource.TreeFile && match(resource.DecodeBytes(e.Path)) {
			out = append(out, e.Path)
		}
	}
	return out, nil
}

// describeInstances describes in messages that a block has several resources.
func (b *block) describeInstances() string {
	if b.forEach == nil && b.kind != nil && b.kind.Kind != nil && b.kind.Expand != nil {
		return b.addr().String() + " makes several resources"
	}
	return strings.TrimSpace(b.addr().String() + " has for_each")
}
