package abi

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ParseFields converts fields to facts. get returns a field's value, "" if there is none; any white space separates.
// Facts written by hand may leave out unknown symbols, versions and paths.
func ParseFields(get func(name string) string) (Facts, error) {
	p := parser{libraries: map[key]*Library{}, links: map[key]*Link{}}
	p.main = Arch(p.unescape(strings.TrimSpace(get(FieldMachine))))
	if p.err != nil {
		return Facts{}, fmt.Errorf("cannot parse %s: %w", FieldMachine, p.err)
	}
	for _, field := range []struct {
		name string
		add  func(item string)
	}{
		{FieldProvides, p.addLibrary},
		{FieldThrough, p.addThrough},
		{FieldSymbols, p.addSymbols},
		{FieldLinks, p.addLink},
		{FieldPaths, p.addPath},
		{FieldUses, p.addUses},
	} {
		for item := range strings.SplitSeq(get(field.name), ";") {
			if item = strings.TrimSpace(item); item == "" {
				continue
			}
			if field.add(item); p.err != nil {
				return Facts{}, fmt.Errorf("cannot parse %s: %q: %w", field.name, abbreviateItem(item), p.err)
			}
		}
	}
	return p.toFacts(), nil
}

func abbreviateItem(s string) string {
	if len(s) > 80 {
		return s[:80] + "..."
	}
	return s
}

type parser struct {
	main      Arch
	libraries map[key]*Library
	links     map[key]*Link
	uses      []Use
	err       error // of the first bad item
}

func (p *parser) fail(err error) { p.err = cmp.Or(p.err, err) }

// item is "soname[arch]:word word", or without the colon "soname[arch] word".
type item struct {
	key
	versioned bool
	words     []string // still escaped
}

var (
	errEmpty   = errors.New("a name is missing")
	errUnknown = errors.New("no such library is provided")
	errBracket = errors.New("a bracket is not closed")
	errVersion = errors.New("a version is missing")
)

func (p *parser) parseItem(s string) item {
	it, target, rest := item{}, s, ""
	if end := strings.IndexAny(s, ": \t\r\n"); end >= 0 {
		target, rest, it.versioned = s[:end], s[end+1:], s[end] == ':'
	}
	it.arch, it.words = p.main, strings.Fields(rest)
	name, arch, ok := strings.Cut(target, "[")
	if ok {
		arch, closed := strings.CutSuffix(arch, "]")
		if !closed {
			p.fail(errBracket)
		}
		it.arch = Arch(p.unescape(arch))
	}
	if name != "*" {
		if it.soname = p.unescape(name); it.soname == "" {
			p.fail(errEmpty)
		}
	}
	return it
}

func (p *parser) unescape(s string) string {
	out, err := unescape(s)
	p.fail(err)
	return out
}

func (p *parser) unescapeAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = p.unescape(s)
	}
	return out
}

// takeVersion takes the first word, if a colon marks it as a version.
func (p *parser) takeVersion(it *item) string {
	if !it.versioned {
		return ""
	}
	if len(it.words) == 0 {
		p.fail(errVersion)
		return ""
	}
	v := p.unescape(it.words[0])
	it.words = it.words[1:]
	return v
}

// cutSize cuts "=bytes" off a word.
func (p *parser) cutSize(w string) (name string, size uint64, ok bool) {
	name, number, ok := strings.Cut(w, "=")
	if ok {
		var err error
		size, err = strconv.ParseUint(number, 10, 64)
		p.fail(err)
	}
	return name, size, ok
}

func (p *parser) addLibrary(s string) {
	it := p.parseItem(s)
	if it.soname == "" {
		p.fail(errEmpty)
	}
	l := p.libraries[it.key]
	if l == nil {
		l = &Library{Soname: it.soname, Arch: it.arch}
		p.libraries[it.key] = l
	}
	if it.versioned {
		l.Versions = sortUnique(append(append([]string{}, l.Versions...), p.unescapeAll(it.words)...))
	}
}

// findLibrary returns a library that FieldProvides names.
func (p *parser) findLibrary(it item) *Library {
	if l := p.libraries[it.key]; l != nil {
		return l
	}
	p.fail(errUnknown)
	return &Library{}
}

func (p *parser) addThrough(s string) {
	it := p.parseItem(s)
	l := p.findLibrary(it)
	l.Through = sortUnique(append(l.Through, p.unescapeAll(it.words)...))
}

func (p *parser) addSymbols(s string) {
	it := p.parseItem(s)
	l, version := p.findLibrary(it), p.takeVersion(&it)
	if l.Symbols == nil {
		l.Symbols = make([]Symbol, 0, len(it.words))
	}
	for _, w := range it.words {
		w, size, _ := p.cutSize(w)
		w, hidden := strings.CutSuffix(w, "@")
		l.Symbols = append(l.Symbols, Symbol{Name: p.unescape(w), Version: version, Hidden: hidden, Size: size})
	}
}

func (p *parser) addLink(s string) {
	foo := ""
	if before, after, ok := strings.Cut(s, "("); ok {
		inner, closed := strings.CutSuffix(after, ")")
		words := strings.Fields(before)
		if !closed || len(words) != 2 || words[1] != "abi" {
			p.fail(errors.New("it is not of the form: NAME abi(SONAME)"))
			return
		}
		foo, s = p.unescape(words[0]), strings.TrimSpace(inner)
	}
	it := p.parseItem(s)
	if it.soname == "" || !it.versioned && len(it.words) > 0 {
		p.fail(errEmpty)
	}
	l := p.links[it.key]
	if l == nil {
		l = &Link{Soname: it.soname, Arch: it.arch}
		p.links[it.key] = l
	}
	l.FOO = cmp.Or(foo, l.FOO)
	if len(it.words) > 0 {
		l.Versions = sortUnique(append(l.Versions, p.unescapeAll(it.words)...))
	}
}

func (p *parser) addPath(s string) {
	it := p.parseItem(s)
	l := p.links[it.key]
	if l == nil {
		p.fail(errors.New("no such library is linked to"))
		return
	}
	l.RunPath = strings.Join(p.unescapeAll(it.words), ":")
}

func (p *parser) addUses(s string) {
	it := p.parseItem(s)
	version := p.takeVersion(&it)
	if p.uses == nil {
		p.uses = []Use{}
	}
	for _, w := range it.words {
		w, size, copied := p.cutSize(w)
		p.uses = append(p.uses, Use{it.soname, it.arch, p.unescape(w), version, copied, size})
	}
}

func (p *parser) toFacts() Facts {
	f := Facts{Uses: p.uses}
	for _, l := range p.libraries {
		slices.SortFunc(l.Symbols, compareSymbols)
		l.Symbols = slices.Compact(l.Symbols)
		f.Libraries = append(f.Libraries, *l)
	}
	for _, l := range p.links {
		f.Links = append(f.Links, *l)
	}
	f.sortAll()
	return f
}
