package resources

import (
	"cmp"
	"strconv"
	"strings"
	"unicode"
)

// Addr names one resource of a site. It is immutable and comparable, so it
// serves as a map key; String gives it in the manifest's own syntax.
type Addr struct {
	Module string // dotted names of the enclosing module blocks, "" at the root
	Kind   string // "file", "package", …
	Name   string // the block's label
	Key    string // for_each key; meaningful only when Each is set
	Each   bool   // the block has for_each
}

// String writes the address as a reference in a manifest would:
// module.web.file.motd, file["/etc/motd"], file.site["eu"].
func (a Addr) String() string {
	var b strings.Builder
	for name := range strings.SplitSeq(a.Module, ".") {
		if name != "" {
			b.WriteString("module." + name + ".")
		}
	}
	b.WriteString(a.Kind)
	if IsIdent(a.Name) {
		b.WriteString("." + a.Name)
	} else {
		b.WriteString("[" + strconv.Quote(a.Name) + "]")
	}
	if a.Each {
		b.WriteString("[" + strconv.Quote(a.Key) + "]")
	}
	return b.String()
}

// IsZero reports whether a names nothing.
func (a Addr) IsZero() bool { return a == Addr{} }

// Compare gives addresses a total order: by module, kind, name, key; a block
// comes before its instances.
func (a Addr) Compare(b Addr) int {
	return cmp.Or(
		cmp.Compare(a.Module, b.Module), cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.instance(), b.instance()), cmp.Compare(a.Key, b.Key),
	)
}

func (a Addr) instance() int {
	if a.Each {
		return 1
	}
	return 0
}

// MarshalText writes the address as String does, so that it can stand in JSON
// as a value or as a key.
func (a Addr) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// IsIdent reports whether s can stand after a dot in a reference.
func IsIdent(s string) bool {
	for i, r := range s {
		if r == '_' || unicode.IsLetter(r) || i > 0 && (r == '-' || unicode.IsDigit(r)) {
			continue
		}
		return false
	}
	return s != ""
}
