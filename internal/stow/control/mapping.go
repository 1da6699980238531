package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"converge/internal/fsys"
	"converge/internal/stow/stanza"
)

// Rule is a line of the mapping from tags to stow directories.
type Rule struct {
	Stow, Target string   // absolute
	Tags         []string // one of them suffices; none: the default
	Line         int
}

// Mapping determines the stow directory of a package, by its tags. The first
// rule that matches wins.
type Mapping []Rule

// DefaultMapping applies if there is no mapping, or if the mapping has no default of its own.
func DefaultMapping() Mapping {
	return Mapping{{Stow: "/usr/local/stow", Target: "/usr/local"}}
}

// MappingFile is the path of the mapping.
const MappingFile = "/etc/converge/stow.conf"

// ReadMapping reads the mapping of a disk; without one, it returns [DefaultMapping].
func ReadMapping(ctx context.Context, disk Disk) (Mapping, error) {
	text, err := disk.ReadFile(ctx, MappingFile)
	if errors.Is(err, fs.ErrNotExist) {
		return DefaultMapping(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read which stow directories there are: %w", err)
	}
	return ParseMapping(MappingFile, text)
}

// ParseMapping reads a mapping, one rule a line:
//
//	stowdir /boot/stow  target /boot  tags boot kernel
//	stowdir /usr/stow   target /usr   default
//
// Empty lines and lines that begin with # are ignored. The default comes last; without one, [DefaultMapping] supplies
// it. The error, if any, is [stanza.Problems].
func ParseMapping(file string, text []byte) (Mapping, error) {
	var m Mapping
	var problems stanza.Problems
	closed := 0 // line of the default
	for i, line := range strings.Split(string(text), "\n") {
		n := i + 1
		complain := func(word, text string) {
			problems = append(problems, stanza.Problem{File: file, Line: n, Word: word, Text: text})
		}
		words := strings.Fields(line)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		r, word, wrong := parseRule(words)
		switch {
		case wrong != "":
			complain(word, wrong)
		case closed > 0:
			complain(r.Stow, "comes after the default, and never matches")
		}
		r.Line = n
		if wrong == "" && len(r.Tags) == 0 && closed == 0 {
			closed = n
		}
		m = append(m, r)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	if closed == 0 {
		m = append(m, DefaultMapping()...)
	}
	return m, nil
}

// parseRule reads the words of a line; wrong describes a fault in word.
func parseRule(words []string) (r Rule, word, wrong string) {
	for len(words) > 0 {
		key := words[0]
		words = words[1:]
		switch {
		case key == "default" && len(words) == 0:
			return r, key, r.findMissing()
		case key == "default":
			return r, words[0], "is too much: default ends the line"
		case key == "tags" && len(words) > 0:
			r.Tags = words
			return r, key, r.findMissing()
		case key != "stowdir" && key != "target" && key != "tags":
			return r, key, "is unknown here (want: stowdir DIR target DIR tags TAG... | default)"
		case len(words) == 0:
			return r, key, "has nothing after it"
		case !path.IsAbs(words[0]):
			return r, words[0], "is not an absolute path"
		case key == "stowdir" && r.Stow == "":
			r.Stow = path.Clean(words[0])
		case key == "target" && r.Target == "":
			r.Target = path.Clean(words[0])
		default:
			return r, key, "occurs twice"
		}
		words = words[1:]
	}
	return r, "", "the line ends without tags or default"
}

func (r Rule) findMissing() string {
	if r.Stow == "" || r.Target == "" {
		return "comes before stowdir and target are both set"
	}
	return ""
}

// Target returns the target of a stow directory for users without a mapping: that of its link :target, else its parent.
func (s Store) Target(ctx context.Context) (string, error) {
	link, err := s.Disk.Look(ctx, path.Join(s.Dir, ":target"))
	switch {
	case err != nil:
		return "", err
	case link.Type != fsys.Symlink:
		return path.Dir(s.Dir), nil
	case path.IsAbs(link.Text):
		return path.Clean(link.Text), nil
	}
	return path.Join(s.Dir, link.Text), nil
}
