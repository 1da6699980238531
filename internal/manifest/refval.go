package manifest

import (
	"errors"
	"reflect"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"converge/internal/manifest/functions"
	"converge/internal/resource"
)

// action is an action as a value: service.nginx.restart.
type action struct {
	target *instance
	verb   string
	when   resource.Timing
}

// self is the attribute of a resource's value that identifies the resource. It
// is no identifier, so that no expression can name it.
const self = "(resource)"

// refTypes are the types of values for resources and their actions. They are
// made for each Load, because a capsule type is an identity and this package
// keeps no globals.
type refTypes struct {
	action cty.Type // *action
	self   cty.Type // *instance
}

func newRefTypes() refTypes {
	return refTypes{
		action: cty.Capsule("action", reflect.TypeFor[action]()),
		self:   cty.Capsule("resource", reflect.TypeFor[instance]()),
	}
}

func (t refTypes) actionVal(i *instance, verb string) cty.Value {
	return cty.CapsuleVal(t.action, &action{target: i, verb: verb, when: resource.Delayed})
}

// asAction unwraps an action; nil for any other value.
func (t refTypes) asAction(v cty.Value) *action {
	v, _ = v.Unmark()
	if v.IsNull() || !v.IsKnown() || !v.Type().Equals(t.action) {
		return nil
	}
	return v.EncapsulatedValue().(*action)
}

// asInstances unwraps a resource, or all resources of a block with for_each;
// ok is false for any other value.
func (t refTypes) asInstances(v cty.Value) (out []*instance, ok bool) {
	v, _ = v.Unmark()
	if v.IsNull() || !v.IsKnown() || !v.Type().IsObjectType() {
		return nil, false
	}
	if v.Type().HasAttribute(self) {
		s, _ := v.GetAttr(self).Unmark()
		if s.IsNull() || !s.Type().Equals(t.self) {
			return nil, false
		}
		return []*instance{s.EncapsulatedValue().(*instance)}, true
	}
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		one, ok := t.asInstances(e)
		if !ok || len(one) != 1 {
			return nil, false
		}
		out = append(out, one[0])
	}
	return out, true
}

// timingFunc returns immediately() or before(): the same action at another time.
func (t refTypes) timingFunc(when resource.Timing) function.Function {
	return functions.NewFunc(t.action, func(args []cty.Value) (cty.Value, error) {
		a := *t.asAction(args[0])
		if a.when != resource.Delayed && a.when != when {
			return cty.NilVal, errors.New("the action has another time already")
		}
		a.when = when
		return cty.CapsuleVal(t.action, &a), nil
	}, function.Parameter{Name: "action", Type: t.action})
}
