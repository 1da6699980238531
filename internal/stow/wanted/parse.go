package wanted

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"converge/internal/stow/control"
	"converge/internal/stow/stanza"
)

type parser struct{ problems stanza.Problems }

// parseField reads a field with read; a missing one is a problem if it is needed.
func (p *parser) parseField(s *stanza.Stanza, name string, needed bool, read func(value string) error) {
	f, ok := s.Get(name)
	if !ok {
		if needed {
			p.problems = append(p.problems, s.Problem(name, "is missing"))
		}
		return
	}
	if err := read(f.Value); err != nil {
		p.problems = append(p.problems, f.Problem(err))
	}
}

func (p *parser) parseHead(f *File, s *stanza.Stanza) {
	p.parseField(s, "Requirements-Version", true, func(v string) error {
		if v != strconv.Itoa(Version) {
			return &stanza.WordError{Word: v, Text: "is not a version of requirement files that is known here (want " + strconv.Itoa(Version) + ")"}
		}
		return nil
	})
	p.parseField(s, "Requested-By", true, func(v string) error {
		if f.RequestedBy = v; v == "" || strings.ContainsAny(v, "\n/") {
			return &stanza.WordError{Word: v, Text: "is not the name of an application"}
		}
		return nil
	})
	p.parseField(s, "Requested-At", true, func(v string) (err error) {
		if f.RequestedAt, err = time.Parse(time.RFC3339, v); err != nil {
			return &stanza.WordError{Word: v, Text: "is not a time (want one like 2011-09-21T21:17:00Z)"}
		}
		return nil
	})
}

func (p *parser) parseWant(s *stanza.Stanza) Want {
	w := Want{Kinds: []Kind{App}, Line: s.Line()}
	p.parseField(s, "Want", true, func(v string) (err error) {
		w.Names, err = control.ParseNames(v)
		return err
	})
	p.parseField(s, "Version", false, func(v string) (err error) {
		w.Versions, err = control.ParseVersions(v)
		return err
	})
	p.parseField(s, "Kind", false, func(v string) (err error) {
		w.Kinds, err = parseKinds(v)
		return err
	})
	p.parseField(s, "Need", false, func(v string) error {
		w.Optional = v == "optional"
		if !w.Optional && v != "required" {
			return &stanza.WordError{Word: v, Text: "is not a need (want required or optional)"}
		}
		return nil
	})
	w.Why = s.Value("Why")
	return w
}

func parseKinds(value string) ([]Kind, error) {
	var out []Kind
	for at, word := range control.EachWord(value) {
		k := Kind(word)
		if !slices.Contains(allKinds(), k) {
			return nil, &stanza.WordError{At: at, Word: word, Text: "is not a kind (want app, shared-lib, static-lib, dev-headers, doc, data, source or any)"}
		}
		out = append(out, k)
	}
	if len(out) == 0 {
		return []Kind{App}, nil
	}
	return out, nil
}
