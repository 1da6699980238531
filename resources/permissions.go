package resources

import (
	"unicode"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// DeclaresAccess reports whether a resource declares the owner, the group or the mode of a path.
func DeclaresAccess(r *resource.Resource) bool {
	switch r.Kind.Name {
	case "file", "template", "tree", "directory":
		p := resource.Part[Permissions](r.Want)
		return !r.WantsAbsent() && (p.Mode.Set || p.Owner.Set || p.Group.Set)
	}
	return false
}

// DeclaresOnlyAccess reports whether a resource declares nothing else of a file.
func DeclaresOnlyAccess(r *resource.Resource) bool {
	return DeclaresAccess(r) && len(r.Kind.Contents(r.Want)) == 0
}

// OpposesAccess reports whether two resources of one path want different owners, groups or modes. A name and a number
// may mean one account, and each of two symbolic modes may allow the other's bits.
func OpposesAccess(a, b *resource.Resource) bool {
	p, q := resource.Part[Permissions](a.Want), resource.Part[Permissions](b.Want)
	return differInMode(p.Mode, q.Mode) || differInAccount(p.Owner, q.Owner) || differInAccount(p.Group, q.Group)
}

func differInAccount(a, b resource.Opt[string]) bool {
	return a.Set && b.Set && a.Value != b.Value && startsWithDigit(a.Value) == startsWithDigit(b.Value)
}

func differInMode(a, b resource.Opt[string]) bool {
	if !startsWithDigit(a.Value) {
		a, b = b, a
	}
	return a.Set && b.Set && startsWithDigit(a.Value) && !sameMode(cty.StringVal(a.Value), cty.StringVal(b.Value))
}

func startsWithDigit(text string) bool { return text != "" && unicode.IsDigit(rune(text[0])) }
