package manifest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/values"
	"converge/internal/resource"
)

// refuseExtras refuses attributes that the type of the variable does not have. expr is the expression that set the
// value, nil if it has no place of its own; at is the place where the value was set.
func (n *node) refuseExtras(val cty.Value, expr hcl.Expression, at hcl.Range) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, x := range values.FindExtras(val, n.variable.ty) {
		place := at
		if expr != nil {
			place, _ = findWritten(expr, x.Path)
		}
		diags = append(diags, n.describeExtra(x, values.IsSensitive(val), place))
	}
	return diags
}

// refuseWrittenExtras is refuseExtras for an input of a module: an object that another place makes, such as another
// variable, may have more attributes than the module reads.
func (n *node) refuseWrittenExtras(val cty.Value, expr hcl.Expression) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, x := range values.FindExtras(val, n.variable.ty) {
		if place, ok := findWritten(expr, x.Path); ok {
			diags = append(diags, n.describeExtra(x, values.IsSensitive(val), place))
		}
	}
	return diags
}

func (n *node) describeExtra(x values.Extra, secret bool, at hcl.Range) *hcl.Diagnostic {
	if secret || n.isSecretive() {
		d := diag.Failure("Unknown attribute", fmt.Sprintf("The value has an attribute that the type of the variable %q does not have; "+
			"the value is sensitive, so the name is not shown.", n.name), &at)
		diag.Hide(d)
		return d
	}
	name := x.Path[len(x.Path)-1].(cty.GetAttrStep).Name
	inside := ""
	if above := x.Path[:len(x.Path)-1]; len(above) > 0 {
		inside = " in " + n.name + writePath(above)
	}
	return diag.Failure("Unknown attribute", fmt.Sprintf("The type of the variable %q has no attribute %q%s.%s",
		n.name, resource.DecodeBytes(name), inside, diag.Suggest(name, x.Known, "Its attributes are")), &at)
}

// writePath writes a path as an expression has it: `["eu"].hosts[0]`.
func writePath(path cty.Path) string {
	var text strings.Builder
	for _, step := range path {
		switch step := step.(type) {
		case cty.GetAttrStep:
			text.WriteString("." + resource.DecodeBytes(step.Name))
		case cty.IndexStep:
			if step.Key.Type() == cty.String {
				text.WriteString("[" + strconv.Quote(resource.DecodeBytes(step.Key.AsString())) + "]")
			} else {
				text.WriteString("[" + step.Key.AsBigFloat().Text('f', 0) + "]")
			}
		}
	}
	return text.String()
}

// findWritten returns where an expression writes the attribute at the end of a path. ok is false if the object is not
// written there; at is then the place of the part that makes it.
func findWritten(expr hcl.Expression, path cty.Path) (at hcl.Range, ok bool) {
	for i, step := range path {
		at = expr.Range()
		pair, found := findPart(expr, step)
		if !found {
			return at, false
		}
		if expr = pair.Value; i == len(path)-1 && pair.Key != nil {
			return pair.Key.Range(), true
		}
	}
	return at, false
}

// findPart returns the part of an object or list expression that a step of a path leads to. A part of a list has no key.
func findPart(expr hcl.Expression, step cty.PathStep) (hcl.KeyValuePair, bool) {
	name := ""
	switch step := step.(type) {
	case cty.GetAttrStep:
		name = step.Name
	case cty.IndexStep:
		if step.Key.Type() == cty.Number {
			list, diags := hcl.ExprList(expr)
			i, _ := step.Key.AsBigFloat().Int64()
			if diags.HasErrors() || int(i) >= len(list) {
				return hcl.KeyValuePair{}, false
			}
			return hcl.KeyValuePair{Value: list[i]}, true
		}
		name = step.Key.AsString()
	}
	pairs, diags := hcl.ExprMap(expr)
	if diags.HasErrors() {
		return hcl.KeyValuePair{}, false
	}
	for i := len(pairs) - 1; i >= 0; i-- { // the last of two equal keys is used
		key, more := pairs[i].Key.Value(nil)
		if !more.HasErrors() && key.Type() == cty.String && key.IsKnown() && !key.IsNull() && key.AsString() == name {
			return pairs[i], true
		}
	}
	return hcl.KeyValuePair{}, false
}
