package resource

import "github.com/zclconf/go-cty/cty"

// Destroyed is what a recorded change destroys, of the thing itself and of what is around it: the state before or, of a
// thing that is not there, what takes its place; null: nothing.
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
