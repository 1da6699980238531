package apk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// problem is one entry of the block in which apk explains why it cannot select packages:
//
//	ERROR: unable to select packages:
//	NAME (no such package):
//	required by: world[NAME]
//	NAME-VERSION:
//	breaks: world[NAME=9.9-r0]
//	satisfies: OTHER-VERSION[NAME]
//
// Long lines continue in the next one, with more indentation.
type problem struct {
	label   string
	reasons []reason
}

// reason is a line "KIND: WHAT…"; each WHAT is a package, or a constraint in brackets that follows its owner.
type reason struct {
	kind string
	what []string
}

func parseProblems(out string) []problem {
	_, block, ok := strings.Cut(out, "ERROR: unable to select packages:\n")
	if !ok {
		_, block, _ = strings.Cut(out, "ERROR: unsatisfiable constraints:\n") // before 2.12
	}
	var list []problem
	for line := range strings.Lines(block) {
		text := strings.TrimSpace(line)
		depth := len(line) - len(strings.TrimLeft(line, " "))
		last := len(list) - 1
		switch {
		case depth < 2 || text == "":
			return list
		case depth == 2 && strings.HasSuffix(text, ":"):
			list = append(list, problem{label: strings.TrimSuffix(text, ":")})
		case last < 0:
			return list
		case depth == 4:
			kind, what, _ := strings.Cut(text, ":")
			list[last].reasons = append(list[last].reasons, reason{kind, strings.Fields(what)})
		default:
			if n := len(list[last].reasons); n > 0 {
				list[last].reasons[n-1].what = append(list[last].reasons[n-1].what, strings.Fields(text)...)
			}
		}
	}
	return list
}

// mentions reports whether the problem is about a word: by its label, or because the
// word's package or constraint is the reason.
func (p problem) mentions(w packages.Word) bool {
	if nameOf(p.label) == w.Name {
		return true
	}
	for _, r := range p.reasons {
		for _, what := range r.what {
			who, asked, _ := strings.Cut(strings.TrimSuffix(what, "]"), "[")
			if c, ok := parseConstraint(asked); ok && who == "world" && c.name == w.Name || who != "world" && nameOf(who) == w.Name {
				return true
			}
		}
	}
	return false
}

// nameOf is the name of "NAME-VERSION", or of "NAME (virtual)".
func nameOf(label string) string {
	label, _, _ = strings.Cut(label, " ")
	for i := 1; i < len(label)-1; i++ {
		if label[i] == '-' && '0' <= label[i+1] && label[i+1] <= '9' {
			return label[:i]
		}
	}
	return label
}

// explainTo describes the problem for a word.
func (p problem) explainTo(w packages.Word) error {
	name, what, _ := strings.Cut(p.label, " ")
	own := nameOf(p.label) == w.Name
	switch {
	case own && what == "(no such package)":
		return errors.New("it is in none of the package sources")
	case own && what == "(virtual)":
		return fmt.Errorf("it is a virtual package; name one that provides it: %s", strings.Join(p.of("provided by"), ", "))
	case own && w.Remove:
		return fmt.Errorf("%s needs it", whoOf(p.of("satisfies")))
	case own && slices.ContainsFunc(p.of("breaks"), func(s string) bool { return strings.HasPrefix(s, "world["+w.Name) }):
		return fmt.Errorf("it is not offered in version %s by any package source", w.Version)
	case what == "(no such package)":
		return fmt.Errorf("it needs %s, which is in none of the package sources", name)
	}
	return errors.New(p.String())
}

// String is the problem in one line.
func (p problem) String() string {
	parts := make([]string, len(p.reasons))
	for i, r := range p.reasons {
		parts[i] = r.kind + " " + strings.Join(r.what, " ")
	}
	return p.label + " " + strings.Join(parts, "; ")
}

// of returns the reasons of one kind of reason.
func (p problem) of(kind string) []string {
	var out []string
	for _, r := range p.reasons {
		if r.kind == kind {
			out = append(out, r.what...)
		}
	}
	return out
}

// whoOf names the packages that have constraints.
func whoOf(list []string) string {
	var out []string
	for _, what := range list {
		who, _, _ := strings.Cut(what, "[")
		if who != "world" {
			out = append(out, nameOf(who))
		}
	}
	return strings.Join(out, ", ")
}

// explain finds the words that make apk refuse.
func (s *solver) explain(ctx context.Context, o *order, r tool.Result) (map[int]error, error) {
	failed := map[int]error{}
	problems := parseProblems(joinOutput(r))
	for i, w := range o.words {
		if o.args[i] == "" {
			continue
		}
		if w.File != "" && strings.Contains(r.Stderr+r.Stdout, w.File+": UNTRUSTED signature") {
			failed[i] = fmt.Errorf("no key in %s has signed package file %q: put the key there, or sign the file with one that is", keysDir, w.File)
			continue
		}
		for _, p := range problems {
			if p.mentions(w) {
				failed[i] = p.explainTo(w)
				break
			}
		}
	}
	if len(failed) > 0 {
		return failed, nil
	}
	return s.searchCause(ctx, o, r)
}

// joinOutput joins the output of apk: it writes the head of the block to one stream, and in some versions the rest to
// the other.
func joinOutput(r tool.Result) string {
	if before, after, ok := strings.Cut(r.Stderr, "packages:\n"); ok && strings.TrimSpace(after) == "" {
		return before + "packages:\n" + r.Stdout
	}
	return r.Stderr + "\n" + r.Stdout
}

// searchCause asks apk for each word alone and, if each is possible, for growing sets of them, because apk's answer
// names no word.
func (s *solver) searchCause(ctx context.Context, o *order, whole tool.Result) (map[int]error, error) {
	failed := map[int]error{}
	var good []string
	for i, arg := range o.args {
		if arg == "" {
			continue
		}
		res, err := s.simulate(ctx, []string{"add", arg})
		if err != nil {
			return nil, err
		}
		if isRefused(res) {
			failed[i] = refusal(res)
			continue
		}
		if res, err = s.simulate(ctx, append([]string{"add"}, append(good, arg)...)); err != nil {
			return nil, err
		}
		if isRefused(res) {
			failed[i] = refusal(res)
			continue
		}
		good = append(good, arg)
	}
	if len(failed) == 0 {
		return nil, fmt.Errorf("cannot ask apk what it would do: %w", refusal(whole))
	}
	return failed, nil
}

// refusal is apk's answer in one line.
func refusal(r tool.Result) error {
	problems := parseProblems(joinOutput(r))
	if len(problems) == 0 {
		return failure(r)
	}
	said := make([]string, len(problems))
	for i, p := range problems {
		said[i] = p.String()
	}
	return errors.New(strings.Join(said, "; "))
}
