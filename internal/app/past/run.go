package past

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/kinds"
	"converge/internal/event"
	"converge/internal/fsys"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/resource"
	"converge/internal/view"
)

// SummarizeRun returns the history's line of a run; debts are the present ones.
func SummarizeRun(r journal.RunSummary, debts []notify.Debt) view.Run {
	out := view.Run{
		ID: r.ID, Started: r.Started, Result: summarizeResult(r), Changed: r.Counts.Changed, Failed: r.Counts.Failed, Notified: r.Counts.Notified, Begun: r.Counts.Begun,
		User: r.Info.User, Command: r.Info.Args, Manifest: r.Info.Manifest, Version: r.Info.Version, Undoes: r.Info.Undoes,
		Site: displaySite(r.Info.Site),
	}
	if !r.Ended.IsZero() {
		out.Ended, out.Exit = &r.Ended, &r.Exit
	}
	out.Failures = viewFailures(r.Failed)
	if r.Err != nil {
		out.Error = r.Err.Error()
	}
	type action struct{ target, verb string }
	owed := map[action]bool{} // an action for several changes is owed once
	for _, d := range debts {
		if d.Run == r.ID {
			owed[action{d.Target.String(), d.Verb}] = true
		}
	}
	out.Owed = len(owed)
	return out
}

// summarizeResult returns one word for the end of a run.
func summarizeResult(r journal.RunSummary) string {
	switch {
	case r.Err != nil:
		return "damaged"
	case r.Running:
		return "running"
	case r.Ended.IsZero():
		return "killed"
	}
	return journal.Result(r.Exit, r.Counts)
}

// JoinCommandLine returns the command line of a run.
func JoinCommandLine(info journal.RunInfo) string {
	return strings.Join(append([]string{"converge"}, info.Args...), " ")
}

// ReadDetail returns the details of a run that a view shows.
func ReadDetail(state *journal.State, root string, r journal.RunSummary) (view.RunDetail, error) {
	d, err := state.Detail(r.ID)
	if err != nil {
		return view.RunDetail{}, err
	}
	out := view.RunDetail{Run: SummarizeRun(r, state.Owed()), Changes: []event.Event{}, Notified: []event.Event{}, Others: []event.Event{}}
	s := shower{state: state, kinds: kinds.New()}
	if s.fs, err = fsys.Open(root); err == nil {
		defer s.fs.Close() //nolint:errcheck // read only
	}
	for _, step := range d.Steps {
		if step.State == journal.Same {
			continue
		}
		e, err := s.showStep(step)
		if err != nil {
			return out, fmt.Errorf("cannot show run %s: %s: %w", r.ID, step.Addr, err)
		}
		if e.Type != "" {
			out.Changes = append(out.Changes, e)
		}
	}
	out.Inside = findInside(d.Steps)
	out.Notified = append(out.Notified, listNotified(d, state)...)
	out.Others = listOtherFailures(d, out.Notified)
	out.Forgot, out.Recalled = d.Forgot, d.Recalled
	out.Purged = findPurged(d.Forgot, out.Changes)
	return out, nil
}

// shower turns steps into their shown form.
type shower struct {
	state *journal.State
	fs    *fsys.FS // nil: the tree cannot be read
	kinds *resource.Kinds
}

func (s *shower) showStep(step journal.Step) (event.Event, error) {
	e := event.Event{
		Type: event.Applied, Resource: step.Addr.String(), Kind: step.Addr.Kind, Action: string(step.Action), Error: step.Error,
		Time: step.At.Wall,
	}
	switch step.State {
	case journal.Failed:
		e.Type = event.Failed
	case journal.Begun:
		e.Notes = append(e.Notes, "begun, and its end is not known: the run was killed")
	case journal.Done, journal.Same:
	}
	if step.Also {
		e.Notes = append(e.Notes, "not declared: it came along with another change")
	}
	k := s.kinds.Find(step.Addr.Kind)
	if k == nil {
		return e, nil
	}
	before, secret, err := s.state.Value(step.Before, k)
	if err != nil {
		return e, err
	}
	after, more, err := s.state.Value(step.After, k)
	if err != nil {
		return e, err
	}
	secret = MergeSecrets(secret, more)
	if after.IsNull() {
		return event.Event{}, nil // an action: it is shown with the notifications
	}
	if c := k.Content(after); c != nil && !k.TextContent && !secret[k.ContentAttr] {
		after = k.WithContent(after, s.findText(c, k.LabelOf(after)))
	}
	e.Changes = event.Attrs(s.diffStep(k, step, before, after, secret))
	return e, nil
}

// diffStep reconstructs the change of a step.
func (s *shower) diffStep(k *resource.Kind, step journal.Step, before, after cty.Value, secret map[string]bool) resource.Change {
	return resource.Diff(&resource.Resource{Addr: step.Addr, Kind: k, Want: after, Secret: k.Secrets(after, secret)}, before)
}

// findText returns a written content, with its text if that is still at the path.
func (s *shower) findText(c *resource.Blob, path string) *resource.Blob {
	if r, err := c.Open(); err == nil {
		r.Close()
		return c
	}
	digest, err := c.Digest()
	if err != nil || s.fs == nil {
		return c
	}
	text, err := s.fs.ReadFile(path, event.MaxDiff)
	if err != nil {
		return c
	}
	live := resource.BytesBlob(text)
	if d, err := live.Digest(); err != nil || d != digest {
		return c
	}
	return resource.DigestBlob(digest, int64(len(text)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil })
}

func MergeSecrets(a, b map[string]bool) map[string]bool {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]bool{}
	}
	maps.Copy(out, b)
	return out
}
