package abi

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ParseFields reads facts back. get answers a field's value, "" if there is
// none; any white space separates. Facts written by hand may leave out what
// their author does not know: symbols, versions, paths.
func ParseFields(get func(name string) string) (Facts, error) {
	p := parser{libraries: map[key]*Library{}, links: map[key]*Link{}}
	main, err := unescape(strings.TrimSpace(get(FieldMachine)))
	if err != nil {
		return Facts{}, fmt.Errorf("cannot parse %s: %w", FieldMachine, err)
	}
	p.main = Arch(main)
	for _, field := range []struct {
		name string
		item func(string) error
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
			if err := field.item(item); err != nil {
				return Facts{}, fmt.Errorf("cannot parse %s: %q: %w", field.name, abbreviateItem(item), err)
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
}

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

func (p *parser) parseItem(s string) (item, error) {
	end := strings.IndexAny(s, ": \t\r\n")
	target, rest := s, ""
	it := item{}
	if end >= 0 {
		target, rest = s[:end], s[end+1:]
		it.versioned = s[end] == ':'
	}
	it.arch = p.main
	name, arch, ok := strings.Cut(target, "[")
	if ok {
		inner, closed := strings.CutSuffix(arch, "]")
		if !closed {
			return it, errBracket
		}
		a, err := unescape(inner)
		if err != nil {
			return it, err
		}
		it.arch = Arch(a)
	}
	it.words = strings.Fields(rest)
	if name == "*" {
		return it, nil
	}
	var err error
	if it.soname, err = unescape(name); err == nil && it.soname == "" {
		err = errEmpty
	}
	return it, err
}

// takeVersion takes the first word, if a colon marks it as a version.
func (it *item) takeVersion() (string, error) {
	if !it.versioned {
		return "", nil
	}
	if len(it.words) == 0 {
		return "", errVersion
	}
	v, err := unescape(it.words[0])
	it.words = it.words[1:]
	return v, err
}

func unescapeAll(list []string) ([]string, error) {
	out := make([]string, len(list))
	for i, s := range list {
		var err error
		if out[i], err = unescape(s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (p *parser) addLibrary(s string) error {
	it, err := p.parseItem(s)
	if err == nil && it.soname == "" {
		err = errEmpty
	}
	if err != nil {
		return err
	}
	l := p.libraries[it.key]
	if l == nil {
		l = &Library{Soname: it.soname, Arch: it.arch}
		p.libraries[it.key] = l
	}
	if !it.versioned {
		return nil
	}
	versions, err := unescapeAll(it.words)
	l.Versions = sortUnique(append(append([]string{}, l.Versions...), versions...))
	return err
}

func (p *parser) addThrough(s string) error {
	it, err := p.parseItem(s)
	if err != nil {
		return err
	}
	l := p.libraries[it.key]
	if l == nil {
		return errUnknown
	}
	names, err := unescapeAll(it.words)
	l.Through = sortUnique(append(l.Through, names...))
	return err
}

func (p *parser) addSymbols(s string) error {
	it, err := p.parseItem(s)
	if err != nil {
		return err
	}
	l := p.libraries[it.key]
	if l == nil {
		return errUnknown
	}
	version, err := it.takeVersion()
	if err != nil {
		return err
	}
	if l.Symbols == nil {
		l.Symbols = make([]Symbol, 0, len(it.words))
	}
	for _, w := range it.words {
		w, n, _, err := cutSize(w)
		if err != nil {
			return err
		}
		w, hidden := strings.CutSuffix(w, "@")
		name, err := unescape(w)
		if err != nil {
			return err
		}
		l.Symbols = append(l.Symbols, Symbol{Name: name, Version: version, Hidden: hidden, Size: n})
	}
	return nil
}

func cutSize(w string) (name string, n uint64, ok bool, err error) {
	name, number, ok := strings.Cut(w, "=")
	if ok {
		n, err = strconv.ParseUint(number, 10, 64)
	}
	return name, n, ok, err
}

func (p *parser) addLink(s string) error {
	foo := ""
	if before, after, ok := strings.Cut(s, "("); ok {
		inner, closed := strings.CutSuffix(after, ")")
		words := strings.Fields(before)
		if !closed || len(words) != 2 || words[1] != "abi" {
			return errors.New("it is not of the form: NAME abi(SONAME)")
		}
		var err error
		if foo, err = unescape(words[0]); err != nil {
			return err
		}
		s = strings.TrimSpace(inner)
	}
	it, err := p.parseItem(s)
	if err == nil && (it.soname == "" || !it.versioned && len(it.words) > 0) {
		err = errEmpty
	}
	if err != nil {
		return err
	}
	versions, err := unescapeAll(it.words)
	l := p.links[it.key]
	if l == nil {
		l = &Link{Soname: it.soname, Arch: it.arch}
		p.links[it.key] = l
	}
	if foo != "" {
		l.FOO = foo
	}
	if len(versions) > 0 {
		l.Versions = sortUnique(append(l.Versions, versions...))
	}
	return err
}

func (p *parser) addPath(s string) error {
	it, err := p.parseItem(s)
	if err != nil {
		return err
	}
	l := p.links[it.key]
	if l == nil {
		return errors.New("no such library is linked to")
	}
	dirs, err := unescapeAll(it.words)
	l.RunPath = strings.Join(dirs, ":")
	return err
}

func (p *parser) addUses(s string) error {
	it, err := p.parseItem(s)
	if err != nil {
		return err
	}
	version, err := it.takeVersion()
	if err != nil {
		return err
	}
	if p.uses == nil {
		p.uses = []Use{}
	}
	for _, w := range it.words {
		w, n, copied, err := cutSize(w)
		if err != nil {
			return err
		}
		name, err := unescape(w)
		if err != nil {
			return err
		}
		p.uses = append(p.uses, Use{it.soname, it.arch, name, version, copied, n})
	}
	return nil
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
