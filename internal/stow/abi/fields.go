package abi

import (
	"slices"
	"strconv"
	"strings"
)

// The fields of control data. An item is "soname", "soname[arch]" where the
// architecture is not that of Machine, "soname:V1 V2" with versions; items are
// separated by "; ". Names are escaped as in a URL.
const (
	FieldMachine  = "ABI-Machine"      // 64-x86_64
	FieldProvides = "Provides-ABI"     // libfoo.so.1; libfoo.so.1:FOO_1.0 FOO_1.1
	FieldThrough  = "Provides-Through" // libfoo.so.1 libfoocore.so.1: who links to the first gets the others too
	FieldSymbols  = "Provides-Symbols" // libfoo.so.1:FOO_1.0 open close@ table=64: "@" not the default, "=" bytes of data
	FieldLinks    = "Link-Depends"     // glibc abi(libc.so.6:GLIBC_2.11); libbar.so.2
	FieldPaths    = "Link-Paths"       // libbar.so.2 /usr/stow/bar/2.0/lib
	FieldUses     = "Uses-Symbols"     // libc.so.6:GLIBC_2.2.5 puts environ=8; * bar_new: "=" a copy, "*" whichever library has it
)

// FieldNames are all of them, in the order in which they are written.
func FieldNames() []string {
	return []string{FieldMachine, FieldProvides, FieldThrough, FieldSymbols, FieldLinks, FieldPaths, FieldUses}
}

// Field is one field of control data. Value holds no newline; a long one may be
// broken at any space.
type Field struct{ Name, Value string }

// Fields writes facts down; fields that would be empty are left out.
func (f Facts) Fields() []Field {
	w := writer{main: f.mainArch()}
	values := map[string]string{
		FieldMachine: escape(string(w.main)), FieldProvides: w.formatLibraries(f.Libraries), FieldThrough: w.formatThrough(f.Libraries),
		FieldSymbols: w.formatSymbols(f.Libraries), FieldLinks: w.formatLinks(f.Links), FieldPaths: w.formatPaths(f.Links), FieldUses: w.formatUses(f.Uses),
	}
	var out []Field
	for _, name := range FieldNames() {
		if values[name] != "" {
			out = append(out, Field{name, values[name]})
		}
	}
	return out
}

// mainArch is the architecture of most entries.
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

func (w writer) formatLibraries(list []Library) string {
	var items []string
	for _, l := range list {
		t := w.formatTarget(l.Soname, l.Arch)
		items = append(items, t)
		if l.Versions != nil {
			items = append(items, t+":"+escapeWords(l.Versions))
		}
	}
	return strings.Join(items, "; ")
}

func (w writer) formatThrough(list []Library) string {
	var items []string
	for _, l := range list {
		if len(l.Through) > 0 {
			items = append(items, w.formatTarget(l.Soname, l.Arch)+" "+escapeWords(l.Through))
		}
	}
	return strings.Join(items, "; ")
}

func (w writer) formatSymbols(list []Library) string {
	var items []string
	for _, l := range list {
		if l.Symbols == nil {
			continue
		}
		t := w.formatTarget(l.Soname, l.Arch)
		if len(l.Symbols) == 0 {
			items = append(items, t)
		}
		for group := range eachChunk(l.Symbols, func(a, b Symbol) bool { return a.Version == b.Version }) {
			item := []string{t + versionSuffix(group[0].Version)}
			for _, s := range group {
				item = append(item, escape(s.Name)+textIf(s.Hidden, "@")+sizeIf(s.Size > 0, s.Size))
			}
			items = append(items, strings.Join(item, " "))
		}
	}
	return strings.Join(items, "; ")
}

func (w writer) formatLinks(list []Link) string {
	var items []string
	for _, l := range list {
		item := w.formatTarget(l.Soname, l.Arch)
		if len(l.Versions) > 0 {
			item += ":" + escapeWords(l.Versions)
		}
		if l.FOO != "" {
			item = escape(l.FOO) + " abi(" + item + ")"
		}
		items = append(items, item)
	}
	return strings.Join(items, "; ")
}

func (w writer) formatPaths(list []Link) string {
	var items []string
	for _, l := range list {
		if l.RunPath != "" {
			items = append(items, w.formatTarget(l.Soname, l.Arch)+" "+escapeWords(strings.Split(l.RunPath, ":")))
		}
	}
	return strings.Join(items, "; ")
}

func (w writer) formatUses(list []Use) string {
	if list != nil && len(list) == 0 {
		return "*"
	}
	var items []string
	same := func(a, b Use) bool { return a.Soname == b.Soname && a.Arch == b.Arch && a.Version == b.Version }
	for group := range eachChunk(list, same) {
		item := []string{w.formatTarget(group[0].Soname, group[0].Arch) + versionSuffix(group[0].Version)}
		for _, u := range group {
			item = append(item, escape(u.Name)+sizeIf(u.Copy, u.Size))
		}
		items = append(items, strings.Join(item, " "))
	}
	return strings.Join(items, "; ")
}

// eachChunk cuts a list where neighbours differ.
func eachChunk[T any](list []T, same func(a, b T) bool) func(func([]T) bool) {
	return func(yield func([]T) bool) {
		for len(list) > 0 {
			n := slices.IndexFunc(list, func(v T) bool { return !same(list[0], v) })
			if n < 0 {
				n = len(list)
			}
			if !yield(list[:n]) {
				return
			}
			list = list[n:]
		}
	}
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
