package stow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/stow/farm"
	"converge/internal/stow/store"
	"converge/internal/stow/versiondir"
	"converge/resources"
)

// Review implements [resource.Reviewer]: it returns how many links a change affects, and the holder of a package that
// is left alone.
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast {
		return r
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	req, view, now, err := p.readStatus(ctx, c.Want)
	switch {
	case err != nil:
	case c.Empty() && now.left != "":
		r.Owner = leftNote(now)
	case !c.Empty() && now.err == nil:
		r.Notes = view.noteChange(ctx, req, now)
	}
	return r
}

// noteChange describes how many links a change of a package affects, and its other effects.
func (view *farmView) noteChange(ctx context.Context, req request, now *status) []string {
	var notes []string
	if now.state.Interrupted {
		notes = append(notes, fmt.Sprintf("its change to %s was interrupted: that is finished first", now.state.To))
	} else {
		where := ""
		if view.store != nil && view.store.IsView() {
			where = " (in the view " + view.at.target + ")"
		}
		notes = append(notes, now.summarize(req)+where)
		notes = append(notes, view.noteConfig(ctx, req, now)...)
	}
	if now.isForced() {
		notes = append(notes, "taken over (adopt = true): "+now.taken)
	}
	return notes
}

// summarize describes a change in one line: "foo 1.1 → 1.2: 37 links change, 2 added".
func (now *status) summarize(req request) string {
	from, to := now.installedVersion(), versiondir.VersionName(now.goal)
	c := now.counts
	head := req.name
	switch {
	case req.isGone():
		head += " " + from
	case from == "" || from == to:
		head += " " + to
	default:
		head += " " + from + " → " + to
	}
	if from == to && !req.isGone() {
		return head + ": " + now.describeDamage(c)
	}
	return head + ": " + linkWords(c, "change", "changes", "added", "removed")
}

// linkWords counts links: "37 links change, 2 added". The first count has the noun; change and changes are its plural
// and singular verbs.
func linkWords(c store.Counts, change, changes, added, removed string) string {
	if c.Changed == 1 {
		change = changes
	}
	text := strings.Join(countWords([]int{c.Changed, c.Added, c.Removed}, change, added, removed), ", ")
	n, words, _ := strings.Cut(text, " ")
	switch n {
	case "":
		return "no link changes"
	case "1":
		return "1 link " + words
	}
	return n + " links " + words
}

// describeDamage describes the damage to the links of a version that stays, with their paths.
func (now *status) describeDamage(c store.Counts) string {
	var paths []string
	for _, op := range now.plan.Ops {
		if (op.Kind == farm.Link || op.Kind == farm.Unlink) && !slices.Contains(paths, op.Path) {
			paths = append(paths, op.Path)
		}
	}
	if len(paths) == 0 {
		return "what is recorded of it changes, and no link"
	}
	more := ""
	if len(paths) > maxTold {
		more = fmt.Sprintf(" and %d more", len(paths)-maxTold)
		paths = paths[:maxTold]
	}
	return linkWords(c, "changed", "changed", "missing", "stale") + ": " + strings.Join(paths, ", ") + more
}

// nameHolder names the holder of a package if it is not converge, or returns "". A package that is shown without a
// holder was taken from its holder; one that is not shown, but has a record of a forced unstow, was taken from
// converge.
func (view *farmView) nameHolder(name string, st store.State) (string, error) {
	mine, err := view.store.Mine(name)
	if err != nil || mine {
		return "", err
	}
	forced, was, err := view.store.Forced(name)
	if err != nil {
		return "", err
	}
	switch {
	case st.Holder != "":
		text := "managed by " + st.Holder
		if st.Installed != "" {
			text = "version " + versiondir.VersionName(st.Installed) + " is " + text
		}
		if was && forced.Mine {
			text += ", " + describeForced(forced, "taken from converge")
		}
		return text, nil
	case st.Installed != "":
		text := "version " + versiondir.VersionName(st.Installed) + " is managed by nobody"
		if was {
			text += ", " + describeForced(forced, "taken from "+forced.Holder)
		}
		return text, nil
	case was && forced.Mine:
		text := "unstowed by force"
		if forced.Version != "" {
			text = "version " + versiondir.VersionName(forced.Version) + " was " + text
		}
		return describeForced(forced, text), nil
	}
	return "", nil
}

// describeForced appends when a change was forced, and by which user.
func describeForced(f store.Forced, what string) string {
	if f.UID != "" {
		what += " by user " + f.UID
	}
	if !f.At.IsZero() {
		what += " at " + f.At.UTC().Format(time.RFC3339)
	}
	return what
}

// leftNote describes, for a plan, a package that is left alone.
func leftNote(now *status) string {
	text := "left as it is: " + now.left
	if now.state.Interrupted {
		text += fmt.Sprintf(", whose change to %s was interrupted", now.state.To)
	}
	return text + " (adopt = true takes it over)"
}

// Record implements [resource.Recorder]: it records which files of :config the change will update, and from which
// holder it takes the package. A rollback cannot restore these, and must not claim that it did.
func (p *Provider) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	if c.Have.IsNull() {
		return c, nil, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	req, view, now, err := p.readStatus(ctx, c.Want)
	if err != nil {
		return c, nil, err
	}
	changes, err := view.updateConfig(ctx, req, now, false)
	if err != nil {
		return c, nil, err
	}
	if len(changes) > 0 {
		paths := make([]string, len(changes))
		for i, c := range changes {
			paths[i] = c.Path
		}
		c.Have = resource.With(c.Have, resources.PastConfig, cty.StringVal(strings.Join(paths, "\n")))
	}
	if now.isForced() {
		c.Have = resource.With(c.Have, resources.PastHolder, cty.StringVal(now.taken))
	}
	return c, nil, nil
}
