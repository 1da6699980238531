package resource

import (
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Resource is one declared and evaluated resource: an instance of its kind with wholly known values.
type Resource struct {
	Addr  Addr
	Kind  *Kind
	Range hcl.Range // the block's header, for messages

	// Also are the addresses of further blocks that declare the same thing in the same words: this resource represents
	// them.
	Also []Addr

	// Key identifies the thing: the first key that the kind's Links provide, by the thing's own name rather than the
	// manifest's spelling. The engine sets it; "": as in Links.
	Key string

	// Want is an object of exactly the attributes that are set, as Prepare
	// left them: known, unmarked, never null. An attribute that it lacks is not
	// managed.
	Want cty.Value

	// Secret names the attributes of Want whose content must not surface.
	Secret map[string]bool

	// Presumed: its content is in Secret only because it is not known whether it is sensitive.
	Presumed bool

	// Written: a rollback restores a content that converge wrote, so Secret says all that is secret of it.
	Written bool

	DependsOn []Dep    // from references and depends_on, in manifest order
	Notifies  []Notify // from notifies, and from the v_on of its targets

	// Off: when = false. It keeps its place in the order and does nothing.
	Off bool

	// Protect: nothing removes or replaces the thing. Audit: it is compared, and
	// never changed.
	Protect bool
	Audit   bool

	OnFailure OnFailure

	kept *keptLinks // nil: made when they are asked for
}

// Provider is the provider that observes and changes the resource.
func (r *Resource) Provider() Provider { return r.Kind.ProviderOf(r.Want) }

// Label is the value of the kind's label attribute, by which the manifest names the thing; "" if the kind has none.
func (r *Resource) Label() string { return r.Kind.LabelOf(r.Want) }

// Place is the file and line where the resource is declared ("site.hcl:12"); ""
// if it is declared nowhere.
func (r *Resource) Place() string {
	if r.Range.Filename == "" {
		return ""
	}
	return r.Range.Filename + ":" + strconv.Itoa(r.Range.Start.Line)
}

// SecretValues are the wanted values that must not surface.
func (r *Resource) SecretValues() []cty.Value {
	var out []cty.Value
	for name := range r.Secret {
		if v := GetAttr(r.Want, name); v != cty.NilVal {
			out = append(out, v)
		}
	}
	return out
}

// Opposes reports whether r wants an attribute to be true that other wants to be false: one declares that a unit runs,
// the other takes it out of service.
func (r *Resource) Opposes(other *Resource) bool {
	for name, v := range AttrsOf(other.Want) {
		if v.Type() == cty.Bool && v.False() && BoolAttr(r.Want, name) {
			return true
		}
	}
	return false
}

// TakeOptions adds the options of other, a resource of the same kind, that r does not set.
func (r *Resource) TakeOptions(other *Resource) {
	for _, a := range other.Kind.Attrs {
		if v := GetAttr(other.Want, a.Name); a.Option && v != cty.NilVal && !HasAttr(r.Want, a.Name) {
			r.Want = With(r.Want, a.Name, v)
		}
	}
}

// IsEnforced reports whether runs make the thing as declared: the resource is neither switched off nor only audited.
func (r *Resource) IsEnforced() bool { return !r.Off && !r.Audit }

// Is reports whether a is an address of the resource.
func (r *Resource) Is(a Addr) bool { return r.Addr == a || slices.Contains(r.Also, a) }
