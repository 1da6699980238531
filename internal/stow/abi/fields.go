package abi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The fields of control data. An item is "soname"; "soname[arch]" if the architecture differs from Machine; "soname:V1
// V2" with versions. Items are separated by "; ". Names are escaped as in a URL.
const (
	FieldMachine  = "ABI-Machine"      // 64-x86_64
	FieldProvides = "Provides-ABI"     // libfoo.so.1; libfoo.so.1:FOO_1.0 FOO_1.1
	FieldThrough  = "Provides-Through" // libfoo.so.1 libfoocore.so.1: a program that links to the first loads the others too
	FieldSymbols  = "Provides-Symbols" // libfoo.so.1:FOO_1.0 open close@ table=64: "@" not the default, "=" bytes of data
	FieldLinks    = "Link-Depends"     // glibc abi(libc.so.6:GLIBC_2.11); libbar.so.2
	FieldPaths    = "Link-Paths"       // libbar.so.2 /usr/stow/bar/2.0/lib
	FieldUses     = "Uses-Symbols"     // libc.so.6:GLIBC_2.2.5 puts environ=8; * bar_new: "=" a copy, "*" whichever library has it
)

// FieldNames returns the names of all fields, in the order in which they are written.
func FieldNames() []string {
	return []string{FieldMachine, FieldProvides, FieldThrough, FieldSymbols, FieldLinks, FieldPaths, FieldUses}
}

// Field is one field of control data. Value contains no newline; a long one may be broken at any space.
type Field struct{ Name, Value string }

// Fields converts facts to fields; it leaves out empty fields.
func (f Facts) Fields() []Field {
	w := writer{main: f.mainArch()}
	uses := joinItems(chunkBy(f.Uses, func(u Use) Use { return Use{Soname: u.Soname, Arch: u.Arch, Version: u.Version} }), w.formatUses)
	if f.Uses != nil && len(f.Uses) == 0 {
		uses = "*"
	}
	fields := []Field{
		{FieldMachine, escape(string(w.main))},
		{FieldProvides, joinItems(f.Libraries, w.formatLibrary)},
		{FieldThrough, joinItems(f.Libraries, w.formatThrough)},
		{FieldSymbols, joinItems(f.Libraries, w.formatSymbols)},
		{FieldLinks, joinItems(f.Links, w.formatLink)},
		{FieldPaths, joinItems(f.Links, w.formatPath)},
		{FieldUses, uses},
	}
	return slices.DeleteFunc(fields, func(f Field) bool { return f.Value == "" })
}

// mainArch returns the architecture of most entries.
func (f Facts) mainArch() Arch {
	count := map[Arch]int{}
	for _, l := range f.Libraries {
		count[l.Arch]++
	}
	for _, l := range f.Links {
		count[l.Arch]++
	}
	var best Arch
	for a, n := range count {
		if n > count[best] || n == count[best] && a < best {
			best = a
		}
	}
	return best
}

type writer struct{ main Arch }

func (w writer) formatTarget(soname string, arch Arch) string {
	s := escape(soname)
	if soname == "" {
		s = "*"
	}
	if arch != w.main {
		s += "[" + escape(string(arch)) + "]"
	}
	return s
}

func (w writer) formatLibrary(l Library) string {
	t := w.formatTarget(l.Soname, l.Arch)
	if l.Versions == nil {
		return t
	}
	return t + "; " + t + ":" + escapeWords(l.Versions)
}

func (w writer) formatThrough(l Library) string {
	if len(l.Through) == 0 {
		return ""
	}
	return w.formatTarget(l.Soname, l.Arch) + " " + escapeWords(l.Through)
}

func (w writer) formatSymbols(l Library) string {
	target := w.formatTarget(l.Soname, l.Arch)
	if l.Symbols != nil && len(l.Symbols) == 0 {
		return target
	}
	return joinItems(chunkBy(l.Symbols, func(s Symbol) string { return s.Version }), func(group []Symbol) string {
		item := []string{target + versionSuffix(group[0].Version)}
		for _, s := range group {
			item = append(item, escape(s.Name)+textIf(s.Hidden, "@")+sizeIf(s.Size > 0, s.Size))
		}
		return strings.Join(item, " ")
	})
}

func (w writer) formatLink(l Link) string {
	item := w.formatTarget(l.Soname, l.Arch)
	if len(l.Versions) > 0 {
		item += ":" + escapeWords(l.Versions)
	}
	if l.FOO != "" {
		item = escape(l.FOO) + " abi(" + item + ")"
	}
	return item
}

func (w writer) formatPath(l Link) string {
	if l.RunPath == "" {
		return ""
	}
	return w.formatTarget(l.Soname, l.Arch) + " " + escapeWords(strings.Split(l.RunPath, ":"))
}

func (w writer) formatUses(group []Use) string {
	item := []string{w.formatTarget(group[0].Soname, group[0].Arch) + versionSuffix(group[0].Version)}
	for _, u := range group {
		item = append(item, escape(u.Name)+sizeIf(u.Copy, u.Size))
	}
	return strings.Join(item, " ")
}

// joinItems joins the formatted items of a list; it skips empty ones.
func joinItems[T any](list []T, format func(T) string) string {
	var items []string
	for _, v := range list {
		if item := format(v); item != "" {
			items = append(items, item)
		}
	}
	return strings.Join(items, "; ")
}

// chunkBy splits a list between neighbours that differ in a part.
func chunkBy[T any, P comparable](list []T, part func(T) P) (chunks [][]T) {
	for len(list) > 0 {
		n := 1
		for n < len(list) && part(list[n]) == part(list[0]) {
			n++
		}
		chunks, list = append(chunks, list[:n]), list[n:]
	}
	return chunks
}

func versionSuffix(v string) string {
	if v == "" {
		return ""
	}
	return ":" + escape(v)
}

func textIf(on bool, s string) string {
	if on {
		return s
	}
	return ""
}

func sizeIf(on bool, n uint64) string {
	return textIf(on, "="+strconv.FormatUint(n, 10))
}

func escapeWords(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = escape(s)
	}
	return strings.Join(out, " ")
}

// escape converts any bytes to a word: bytes that are not plain ASCII, or that have a meaning in a field, become %XX.
func escape(s string) string {
	i := 0
	for i < len(s) && isPlain(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if isPlain(s[i]) {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
	}
	return b.String()
}

func isPlain(c byte) bool {
	return c > ' ' && c < 0x7f && !strings.ContainsRune("%;:,()[]@=*#", rune(c))
}

// unescape reverses escape.
func unescape(s string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", fmt.Errorf("%q ends in the middle of an escape", s)
		}
		hi, lo := hexDigit(s[i+1]), hexDigit(s[i+2])
		if hi < 0 || lo < 0 {
			return "", fmt.Errorf("%q holds an escape that is no %%XX", s)
		}
		out = append(out, byte(hi<<4|lo))
		i += 2
	}
	return string(out), nil
}

func hexDigit(c byte) int {
	return strings.IndexByte("0123456789ABCDEF", c)
}
