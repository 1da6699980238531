package resource

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// Action is what a change does to a resource.
type Action string

const (
	None   Action = "none"
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
	Run    Action = "run" // an opaque effect: a command
)

// Change is the difference between what a resource is and what it should be.
// It is made by [Diff] and by nothing else.
type Change struct {
	Addr   Addr
	Kind   *Kind // nil for an undeclared change
	Action Action
	Have   cty.Value // [Absent] if it does not exist
	Want   cty.Value
	Attrs  []AttrChange    // in the order of the kind's attributes
	Secret map[string]bool // attributes whose content must not surface
	Notes  []string        // what a person should know: "edited since converge wrote it"

	// Undeclared means that no resource declares the change; a transaction
	// brings it along (see [Forecast]). Addr may still be that of a resource.
	Undeclared bool

	// Key is what the ledger of things made by converge knows it by: the first
	// key that the resource provides ("path:/etc/motd"). Empty: not kept there,
	// or nothing to do.
	Key string
}

// AttrChange is one attribute that differs.
type AttrChange struct {
	Name       string
	Have, Want cty.Value // cty.NilVal: not there
	Secret     bool
}

// Empty reports whether there is nothing to do.
func (c Change) Empty() bool { return c.Action == None }

// Differs reports whether the attribute is among those that change.
func (c Change) Differs(attr string) bool {
	return slices.ContainsFunc(c.Attrs, func(a AttrChange) bool { return a.Name == attr })
}

// Label is the value of the kind's label attribute: what the manifest calls the
// thing; "" if there is none.
func (c Change) Label() string {
	if c.Kind == nil {
		return ""
	}
	return c.Kind.LabelOf(c.Want)
}

// Path returns the path of the thing that a change is about; "" if it has none.
func (c Change) Path() string {
	if path, ok := strings.CutPrefix(c.Key, "path:"); ok {
		return path
	}
	if path := StringAttr(c.Want, "path"); path != "" {
		return path
	}
	return StringAttr(c.Have, "path")
}
