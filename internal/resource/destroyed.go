package resource

import "github.com/zclconf/go-cty/cty"

// Destroyed is the state that a recorded change destroys, of the thing and of its surroundings: the state before or,
// if the thing was absent, what it replaces; null: nothing.
func (c Change) Destroyed(k *Kind) cty.Value {
	if k == nil || k.RecordAttr == "" || k.RecordDestroys == nil {
		return c.Have
	}
	side := c.Have
	if side.IsNull() {
		side = c.Want
	}
	v := GetAttr(side, k.RecordAttr)
	if v == cty.NilVal || v.IsNull() || v.Type() != cty.String {
		return c.Have
	}
	switch text := k.RecordDestroys(v.AsString()); {
	case !c.Have.IsNull():
		return With(c.Have, k.RecordAttr, cty.StringVal(text))
	case text != "":
		return cty.ObjectVal(map[string]cty.Value{k.RecordAttr: cty.StringVal(text)})
	}
	return c.Have
}
