package resource

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Addr names one resource of a site. It is immutable and comparable, so it
// serves as a map key; String gives it in the manifest's own syntax.
type Addr struct {
	Module string // the enclosing module blocks, see ModulePath; "" at the root
	Kind   string // "file", "package", …
	Name   string // the block's label
	Key    string // for_each key; meaningful only when Each is set
	Each   bool   // the block has for_each
}

// String writes the address as a reference in a manifest would:
// module.web.file.motd, file["/etc/motd"], file.site["eu"].
func (a Addr) String() string {
	var b strings.Builder
	for step, rest := cutModule(a.Module); step != ""; step, rest = cutModule(rest) {
		b.WriteString("module." + step + ".")
	}
	b.WriteString(a.Kind)
	if IsIdent(a.Name) {
		b.WriteString("." + a.Name)
	} else {
		b.WriteString("[" + quoteName(a.Name) + "]")
	}
	if a.Each {
		b.WriteString("[" + quoteName(a.Key) + "]")
	}
	return b.String()
}

// WithArticle puts the article before the name of a kind or a type: "a file", "an exec", "a unit".
func WithArticle(name string) string {
	if name != "" && strings.Contains("aeiou", name[:1]) && !strings.HasPrefix(name, "uni") && !strings.HasPrefix(name, "use") {
		return "an " + name
	}
	return "a " + name
}

// ModulePath returns the Module of the resources in a module block with that name inside the module parent. It joins
// names with dots, and puts the key of an instance behind the name of a block with for_each: web["eu"].tls.
func ModulePath(parent, name string, each bool, key string) string {
	if each {
		name += "[" + quoteName(key) + "]"
	}
	return strings.TrimPrefix(parent+"."+name, ".")
}

// quoteName quotes the decoded bytes of a name, see [EncodeBytes].
func quoteName(name string) string { return strconv.Quote(DecodeBytes(name)) }

// cutModule takes the first step off a module path.
func cutModule(path string) (step, rest string) {
	end := strings.IndexAny(path, ".[")
	if end >= 0 && path[end] == '[' {
		if quoted, err := strconv.QuotedPrefix(path[end+1:]); err == nil {
			end += len(quoted) + 2
		}
	}
	if end < 0 || end >= len(path) {
		return path, ""
	}
	return path[:end], strings.TrimPrefix(path[end:], ".")
}

// Covers reports whether b is a, or an instance of a. An address covers instances when it leaves out its own key, or
// keys of its modules.
func (a Addr) Covers(b Addr) bool {
	if a.Kind != b.Kind || a.Name != b.Name || a.Each && (!b.Each || a.Key != b.Key) {
		return false
	}
	for a.Module != b.Module {
		var x, y string
		x, a.Module = cutModule(a.Module)
		y, b.Module = cutModule(b.Module)
		name, _, _ := strings.Cut(y, "[")
		if x == "" || x != y && x != name {
			return false
		}
	}
	return true
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

// MarshalText writes the address as String does, for use in JSON as a value or
// as a key.
func (a Addr) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// IsIdent reports whether s may follow a dot in a reference.
func IsIdent(s string) bool {
	for i, r := range s {
		if r == '_' || unicode.IsLetter(r) || i > 0 && (r == '-' || unicode.IsDigit(r)) {
			continue
		}
		return false
	}
	return s != ""
}

// ParseAddr reads an address as String writes it. It accepts missing keys:
// file.site is the address of the whole block, see [Addr.Covers].
func ParseAddr(s string) (Addr, error) {
	r := addrReader{whole: s, rest: s}
	a := Addr{Kind: r.takeIdent()}
	for a.Kind == "module" && r.takeDot() {
		name := r.takeIdent()
		key, each := r.takeIndex()
		if !r.takeDot() {
			r.fail("a module's address goes on with .KIND.NAME")
		}
		a.Module = ModulePath(a.Module, name, each, key)
		a.Kind = r.takeIdent()
	}
	var quoted bool
	if a.Name, quoted = r.takeIndex(); !quoted {
		if !r.takeDot() {
			r.fail("want KIND.NAME or KIND[\"NAME\"]")
		}
		a.Name = r.takeIdent()
	}
	a.Key, a.Each = r.takeIndex()
	if r.rest != "" {
		r.fail(fmt.Sprintf("%q is left over", r.rest))
	}
	if r.err != nil {
		return Addr{}, r.err
	}
	return a, nil
}

// UnmarshalText reads what MarshalText wrote.
func (a *Addr) UnmarshalText(b []byte) (err error) {
	*a, err = ParseAddr(string(b))
	return err
}

// addrReader takes an address apart from the left. It keeps its first error.
type addrReader struct {
	whole, rest string
	err         error
}

func (r *addrReader) fail(why string) {
	if r.err == nil {
		r.err = fmt.Errorf("cannot read address %q: %s", r.whole, why)
	}
}

func (r *addrReader) takeDot() (ok bool) {
	r.rest, ok = strings.CutPrefix(r.rest, ".")
	return ok
}

func (r *addrReader) takeIdent() string {
	end := strings.IndexAny(r.rest, ".[")
	if end < 0 {
		end = len(r.rest)
	}
	ident := r.rest[:end]
	if !IsIdent(ident) {
		r.fail(fmt.Sprintf("%q is not a name", ident))
		return ""
	}
	r.rest = r.rest[end:]
	return ident
}

// takeIndex takes a string in brackets; ok is false if there is no bracket.
func (r *addrReader) takeIndex() (index string, ok bool) {
	text, ok := strings.CutPrefix(r.rest, "[")
	if !ok {
		return "", false
	}
	quoted, err := strconv.QuotedPrefix(text)
	rest, closed := strings.CutPrefix(text[len(quoted):], "]")
	if err != nil || quoted[0] != '"' || !closed {
		r.fail("an index is a quoted string in brackets")
		return "", false
	}
	index, _ = strconv.Unquote(quoted) // QuotedPrefix has checked it
	r.rest = rest
	return EncodeBytes(index), true
}
