package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"converge/internal/stow/store"
)

// standing is the status of a package.
type standing struct {
	Package string `json:"package"`
	State   string `json:"state"`
	extent

	Version  string   `json:"version,omitempty"`  // the stowed version
	Versions []string `json:"versions,omitempty"` // all existing versions
	Holder   string   `json:"holder,omitempty"`   // the text of its :managed-by
	Config   string   `json:"config,omitempty"`   // the state of :config

	Interrupted string `json:"interrupted,omitempty"` // the goal of the interrupted change
	Problem     string `json:"problem,omitempty"`     // why the status is unknown
}

// printStatus prints the status of packages, all of them or the named ones.
func (q *inquiry) printStatus(ctx context.Context) error {
	args, err := q.parseArgs()
	if err != nil {
		return err
	}
	states, err := q.readStates(ctx, args)
	if err != nil {
		return err
	}
	list := []standing{}
	for _, st := range states {
		s, err := q.findStanding(ctx, st)
		if err != nil {
			return err
		}
		list = append(list, s)
	}
	if !q.cmd.JSON {
		q.printStandings(list)
	} else if err := q.writeJSON(list); err != nil {
		return err
	}
	return q.findInterrupted(ctx, args)
}

// readStates reads the states of the named packages, or of all. Each named package must exist.
func (o *opener) readStates(ctx context.Context, args []store.Arg) ([]store.State, error) {
	if len(args) == 0 {
		return o.st.Packages(ctx)
	}
	var out []store.State
	for _, arg := range args {
		if slices.ContainsFunc(out, func(st store.State) bool { return st.Package == arg.Package }) {
			continue
		}
		st, err := o.st.Observe(ctx, arg.Package)
		if err != nil {
			return nil, err
		}
		if !st.Protocol && !o.isDir(o.at.stow+"/"+arg.Package) {
			return nil, &store.MissingError{Stow: o.at.path, Part: arg.Package}
		}
		out = append(out, st)
	}
	return out, nil
}

func (q *inquiry) findStanding(ctx context.Context, st store.State) (standing, error) {
	s := standing{Package: st.Package, Version: st.Installed, Holder: st.Holder}
	for _, v := range st.Versions {
		s.Versions = append(s.Versions, v.Disk)
	}
	if slices.Contains(q.broken, st.Package) {
		s.State, s.Interrupted = "interrupted", st.To.String()
		return s, nil
	}
	s.State = not
	var err error
	switch {
	case st.Missing:
		s.State, s.Problem = partly, st.Package+"/"+st.Installed+" is gone"
	case !st.Protocol || st.Installed != "":
		var e extent
		if e, err = q.measureExtent(ctx, store.Arg{Package: st.Package, Part: st.Installed}); err == nil {
			s.extent, s.State = e, e.String()
		}
	}
	if st.Config && err == nil {
		var e extent
		if e, err = q.measureExtent(ctx, store.Arg{Package: st.Package, Part: store.Config}); err == nil {
			s.Config = e.String()
		}
	}
	if err != nil && ctx.Err() == nil {
		s.State, s.Problem, err = "unknown", err.Error(), nil
	}
	return s, err
}

// printStandings prints a table of standings.
func (p *printer) printStandings(list []standing) {
	width := 0
	for _, s := range list {
		width = max(width, len(s.name()))
	}
	for _, s := range list {
		fmt.Fprintf(p.Stdout, "%-*s  %s\n", width, s.name(), strings.Join(s.toWords(), "; "))
	}
}

func (s standing) name() string {
	return quoteControls(store.Arg{Package: s.Package, Part: s.Version}.String())
}

// toWords describes the status of a package.
func (s standing) toWords() []string {
	words := []string{s.State}
	switch {
	case s.Interrupted != "":
		words[0] += " on the way to " + s.Interrupted
	case s.State == partly && s.Problem == "":
		words[0] += fmt.Sprintf(": %d of %s", s.Links, countOf(s.Of, "link"))
	case s.State == stowed:
		words[0] += ": " + countOf(s.Links, "link")
	}
	switch {
	case s.Folded == 0:
	case s.Folded == 1 && s.Links == 1:
		words[0] += " to a directory"
	case s.Folded == 1:
		words[0] += ", 1 to a directory"
	default:
		words[0] += fmt.Sprintf(", %d to directories", s.Folded)
	}
	if s.Problem != "" {
		words = append(words, s.Problem)
	}
	if s.Config != "" {
		words = append(words, ":config "+s.Config)
	}
	if s.Holder != "" {
		words = append(words, "held by "+quoteControls(s.Holder))
	}
	others := slices.DeleteFunc(slices.Clone(s.Versions), func(v string) bool { return v == s.Version })
	switch {
	case len(others) == 0:
	case s.Version == "":
		words = append(words, "has "+strings.Join(others, ", "))
	default:
		words = append(words, "also has "+strings.Join(others, ", "))
	}
	return words
}

func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
