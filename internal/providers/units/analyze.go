package units

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
)

const (
	analyzeTimeout = time.Minute
	analyzeOutput  = 256 << 10
)

// analyzer lets systemd-analyze(1) check unit files before they are written.
type analyzer struct {
	fs *fsys.FS

	mu      sync.Mutex
	planned []candidate // of all kinds, in the plan
}

// foresee records the unit files of a plan: one unit file may need another one, of the same kind or of another.
func (a *analyzer) foresee(cs []resource.Change, beside iter.Seq[resource.Change]) {
	planned := plannedCandidates(slices.Values(cs))
	if beside != nil {
		planned = append(planned, plannedCandidates(beside)...)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.planned = planned
}

// judgePlanned judges candidates of a plan, together with all others of the plan.
func (a *analyzer) judgePlanned(ctx context.Context, cs []candidate) *verdict {
	a.mu.Lock()
	planned := a.planned
	a.mu.Unlock()
	return a.judge(ctx, cs, planned)
}

// judgeNow judges candidates just before they are written, together with those that the run makes later, but not with
// those that it failed to make.
func (a *analyzer) judgeNow(ctx context.Context, cs []candidate, later []resource.Change) *verdict {
	return a.judge(ctx, cs, plannedCandidates(slices.Values(later)))
}

// judge judges candidates together: each sees the others, those in beside, and the unit files of the machine. It
// ignores what systemd-analyze reports without the candidates.
func (a *analyzer) judge(ctx context.Context, cs, beside []candidate) *verdict {
	v := &verdict{lines: map[string][]string{}, set: cs}
	if len(cs) == 0 {
		return v
	}
	v.beside = without(beside, cs)
	dir, remove, err := a.stage(slices.Concat(v.beside, cs))
	if err != nil {
		v.unable = err
		return v
	}
	defer remove()
	found, ok, err := a.analyze(ctx, unitNames(cs), dir)
	if err != nil || ok {
		v.unable = err
		return v
	}
	before, _, err := a.analyze(ctx, unitNames(cs), "")
	if err != nil {
		v.unable = err
		return v
	}
	for _, line := range found {
		if !slices.Contains(before, line) {
			v.add(line, a.fs.HostPath(dir))
		}
	}
	return v
}

// without returns the candidates whose paths are not in cs.
func without(all, cs []candidate) (out []candidate) {
	judged := make(map[string]bool, len(cs))
	for _, c := range cs {
		judged[c.path] = true
	}
	for _, c := range all {
		if !judged[c.path] {
			out = append(out, c)
		}
	}
	return out
}

// unitNames returns the units of the candidates.
func unitNames(cs []candidate) []string {
	var names []string
	for _, c := range cs {
		names = append(names, c.unit)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// analyze runs systemd-analyze on units, with the unit files of a folder before all others; "": without a folder. It
// returns the printed lines.
func (a *analyzer) analyze(ctx context.Context, units []string, dir string) (lines []string, ok bool, err error) {
	cmd := process.Command{Argv: []string{"systemd-analyze"}, Timeout: analyzeTimeout, Grace: time.Second, Output: analyzeOutput, Head: true}
	if root := a.fs.Root(); root != "/" {
		cmd.Argv = append(cmd.Argv, "--root="+root)
	}
	cmd.Argv = append(append(cmd.Argv, "verify", "--man=no", "--recursive-errors=no", "--"), units...)
	if dir != "" {
		cmd.Env = process.With(process.Environment(), "SYSTEMD_UNIT_PATH="+dir+":") // the usual folders follow
	}
	r, err := process.Run(ctx, cmd)
	if err != nil {
		return nil, false, err
	}
	if r.OK() {
		return nil, true, nil
	}
	for line := range strings.Lines(r.Stdout) {
		lines = append(lines, process.Plain(strings.TrimSuffix(line, "\n")))
	}
	if slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "unrecognized option") }) {
		return nil, false, errors.New("systemd-analyze of this machine is older than version 250, which is the first that can judge single files")
	}
	return lines, false, nil
}

// verdict holds what systemd-analyze found in a set of candidates.
type verdict struct {
	set    []candidate
	beside []candidate         // staged together with them
	lines  map[string][]string // by the path of a candidate
	unable error               // why nothing was judged, or nil
}

// add attributes a line to the candidates that it is about: the file that it names, the files of the unit that it
// names, or all candidates. staged is their folder.
func (v *verdict) add(line, staged string) {
	about := slices.Clone(v.set)
	if file, text, ok := strings.Cut(strings.TrimPrefix(line, staged+"/"), ":"); ok && strings.HasPrefix(line, staged+"/") {
		about = slices.DeleteFunc(about, func(c candidate) bool {
			folder, name := c.staged()
			return strings.TrimPrefix(folder+"/"+name, "/") != file
		})
		if len(about) == 1 {
			line = about[0].path + ":" + quoteLine(about[0], text)
		}
	} else if slices.ContainsFunc(about, func(c candidate) bool { return names(line, c.unit) }) {
		about = slices.DeleteFunc(about, func(c candidate) bool { return !names(line, c.unit) })
	} else if slices.ContainsFunc(v.beside, func(c candidate) bool { return strings.HasPrefix(line, c.unit+":") }) {
		return // the change of that unit reports it
	}
	for _, c := range about {
		v.lines[c.path] = append(v.lines[c.path], line)
	}
}

// quoteLine appends the text of the line whose number systemd-analyze reports: an author who wrote sections knows the
// key, not the number.
func quoteLine(c candidate, says string) string {
	number, rest, ok := strings.Cut(says, ":")
	n, err := strconv.Atoi(number)
	lines := strings.Split(string(c.text), "\n")
	if !ok || err != nil || n < 1 || n > len(lines) {
		return says
	}
	text := strings.TrimSpace(lines[n-1])
	if len(text) > 80 || text == "" || strings.Contains(rest, text) {
		return says
	}
	return says + " (" + process.Plain(text) + ")"
}

// names reports whether a line is about a unit: "x.service: Command …", "Unit x.service
// not found.".
func names(line, unit string) bool {
	return strings.HasPrefix(line, unit+":") || strings.Contains(line, "Unit "+unit+" ")
}

// errRefused is wrapped by the error of a file that systemd rejects.
var errRefused = errors.New("systemd-analyze does not accept the new content")

// refuse returns why systemd rejects a file, or nil. Only lines for which counts returns true count; if it is nil, all
// do.
func (v *verdict) refuse(c candidate, counts func(line string) bool) error {
	lines := v.lines[c.path]
	if counts != nil {
		lines = slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return !counts(l) })
	}
	wayOut := ""
	if c.uncheckable {
		wayOut = " (verify = false writes it unchecked)"
	}
	switch {
	case len(lines) == 0:
		return nil
	case slices.ContainsFunc(v.set, func(c candidate) bool { return c.secret }):
		return fmt.Errorf("cannot write %q: %w%s; its output is not shown, because the content is sensitive", c.path, errRefused, wayOut)
	}
	return fmt.Errorf("cannot write %q: %w%s:\n%s", c.path, errRefused, wayOut, strings.Join(lines, "\n"))
}

// refuseChange is refuse for a change that writes one of the candidates.
func (v *verdict) refuseChange(c resource.Change) error {
	k, ok := candidateOf(c)
	if !ok {
		return nil
	}
	return v.refuse(k, nil)
}
