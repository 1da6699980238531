package edit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/internal/verify"
	"converge/resources"
)

// Review implements [resource.Reviewer].
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask == resource.AskRemains {
		return recorder{p}.reviewRemains(ctx, c)
	}
	if o.Ask == resource.AskContent {
		return candidates{p}.reviewContent(ctx, c, o.Later)
	}
	if o.Ask != resource.AskForecast && o.Ask != resource.AskCheck {
		return r
	}
	if c.Empty() && hasNoRemark(c.Want) {
		return r
	}
	w, err := p.decode(ctx, c.Want)
	if err != nil {
		return r // the change itself reports that
	}
	if c.Empty() {
		return resource.Review{Owner: p.owner(&w), Notes: founder{p}.remarks(ctx, &w)}
	}
	src, err := p.readPath(w.Path.Bytes())
	if err != nil || src.missing && !w.Create.Value {
		return r // the change itself reports that
	}
	if o.Ask == resource.AskCheck {
		if _, err := p.check(ctx, c, o.Ask); err != nil {
			return resource.Review{Blocked: err}
		}
		return resource.Review{Blocked: candidates{p}.forecastSet(ctx, c, src, o).Blocked}
	}
	if isSensitive(c.Secret, &w) { // even if only for its record
		w.Sensitive = resource.Some(true)
	}
	if note := where(&w, src); note != "" {
		r.Notes = append(r.Notes, note)
	}
	if note := repeated(&w, src); note != "" {
		r.Notes = append(r.Notes, note)
	}
	if note := (recorder{p}).restored(&w); note != "" {
		r.Notes = append(r.Notes, note)
	}
	if note := removedWords(&w, src); note != "" {
		r.Notes = append(r.Notes, note)
	}
	if note := (recorder{p}).sectionNote(c.Addr); note != "" {
		r.Notes = append(r.Notes, note)
	}
	if note := included(&w, src); note != "" {
		r.Notes = append(r.Notes, note)
	}
	if n, ok := p.Access.(Noter); ok {
		r.Notes = append(r.Notes, n.Notes(ctx, &w, src.path, src.memo)...)
	}
	if info, err := p.FS.Look(src.path); err == nil && info.Mount {
		r.Notes = append(r.Notes, "its file is a mount point: written in place, which is not atomic")
	}
	if o.Pending == resource.NothingPending {
		var warnings []string
		warnings, r.Blocked = p.blocked(ctx, c, src)
		r.Notes = append(r.Notes, warnings...)
	}
	if r.Blocked == nil {
		v := candidates{p}.forecastSet(ctx, c, src, o)
		r.Blocked, r.Notes = v.Blocked, append(r.Notes, v.Notes...)
	}
	return r
}

// where returns the line of a part, and the section of a setting. Several new parts may follow the same line, so a new
// one gets the line before it.
func where(w *part, src *source) string {
	wanted, err := wish(w)
	if err != nil {
		return ""
	}
	state, err := src.memo.Look(wanted)
	switch {
	case err != nil:
		return ""
	case src.missing:
		return "in the new file " + src.path
	case state.Line == 0, !state.Present && w.Was != nil: // it is restored in its former place
		return ""
	}
	at := fmt.Sprintf("new, after %s:%d", src.path, state.Line-1)
	switch {
	case state.Present:
		at = fmt.Sprintf("at %s:%d", src.path, state.Line)
	case state.Line == 1:
		at = "new, at the beginning of " + src.path
	}
	if s, ok := wanted.(*edit.Setting); ok && len(s.Section) > 0 {
		at += ": " + s.Place()
	}
	return at
}

// repeated describes which lines a change removes or replaces besides the one that the plan shows: a removal shows no
// attributes, and an attribute only the first line.
func repeated(w *part, src *source) string {
	wanted, err := wish(w)
	if err != nil {
		return ""
	}
	state, err := src.memo.Look(wanted)
	besides, verb := state.Besides, "replaced"
	if w.IsAbsent() {
		besides, verb = slices.Concat(state.Others, besides), "removed"
	}
	switch {
	case err != nil || len(besides) == 0:
		return ""
	case w.Sensitive.Value:
		return fmt.Sprintf("further lines (%d) are %s as well", len(besides), verb)
	}
	lines := make([]string, len(besides))
	for i, text := range besides {
		lines[i] = strconv.Quote(text)
	}
	return verb + " as well: " + strings.Join(lines, ", ")
}

// restored describes which lines are restored besides the one that the plan shows. A setting shows all of its lines.
func (p recorder) restored(w *part) string {
	past := p.pasts.of(w)
	if past == nil || !past.Present || w.IsAbsent() || w.Part == resources.PartSetting || w.Part == resources.PartBlock {
		return ""
	}
	var lines []string
	for _, h := range past.Hunks {
		for line := range strings.Lines(h.Old) {
			if line = strings.TrimRight(line, "\r\n"); line != "" {
				lines = append(lines, strconv.Quote(line))
			}
		}
	}
	switch shown := slices.Index(lines, strconv.Quote(resource.DecodeBytes(w.Line.Value))); {
	case len(lines) < 2:
		return ""
	case w.Sensitive.Value:
		return fmt.Sprintf("further lines (%d) come back as well", len(lines)-1)
	default:
		lines = slices.Delete(lines, max(shown, 0), max(shown, 0)+1)
	}
	return "comes back as well: " + strings.Join(lines, ", ")
}

// removedWords describes which words of a value are removed, because a removal shows no attributes. The key stays,
// with its other words.
func removedWords(w *part, src *source) string {
	if !w.Items.Set || !w.IsAbsent() || w.Sensitive.Value {
		return ""
	}
	wanted, err := wish(w)
	if err != nil {
		return ""
	}
	state, err := src.memo.Look(wanted)
	if err != nil || !state.Present {
		return ""
	}
	text, err := resources.ObservedText(edit.Format(w.Format.Value), state.Value)
	words := itemsIn(w, text)
	if err != nil || len(words) == 0 {
		return ""
	}
	for i, word := range words {
		words[i] = strconv.Quote(resource.DecodeBytes(word))
	}
	return "of its words are removed: " + strings.Join(words, ", ")
}

// included notes that other files may set a key, too, with precedence, or that another section sets it.
func included(w *part, src *source) string {
	wanted, err := wish(w)
	s, ok := wanted.(*edit.Setting)
	if err != nil || !ok {
		return ""
	}
	if line := src.memo.Included(s); line > 0 {
		return fmt.Sprintf("line %d takes in other files: if one of them sets %s, that counts", line, s.Key)
	}
	if line, section := edit.KeyOutside(src.memo, s); line > 0 {
		return fmt.Sprintf("[%s] sets %s at line %d: if that is the one that is meant, name the section", section, s.Key, line)
	}
	return ""
}

// owner explains why a part is left as it is although it differs.
func (p *Provider) owner(w *part) string {
	if w.OnEdit.Value != "keep" || w.IsAbsent() {
		return ""
	}
	src, err := p.readPath(w.Path.Bytes())
	if err != nil || src.missing {
		return ""
	}
	wanted, err := wish(w)
	if err != nil {
		return ""
	}
	switch state, err := src.memo.Look(wanted); {
	case err != nil || state.Right:
		return ""
	case !state.Present:
		return "left as it is: removed by hand"
	}
	return "left as it is: edited by hand"
}

// remarked are the attributes that decide whether there may be notes on a part that is as declared: for most there are
// none.
type remarked struct {
	Part   string               `attr:"part"`
	OnEdit resource.Opt[string] `attr:"on_edit"`
}

func hasNoRemark(want cty.Value) bool {
	w := resource.Part[remarked](want)
	return w.OnEdit.Value != "keep" && !isAccessPart(w.Part)
}

// remarks are the notes on a part that is as declared.
func (p founder) remarks(ctx context.Context, w *part) []string {
	n, ok := p.Access.(Noter)
	if !ok || !isAccess(w) {
		return nil
	}
	src, err := p.readPath(w.Path.Bytes())
	if err != nil {
		return nil // observing it has reported that
	}
	return n.Remarks(ctx, w, src.path)
}

// blocked explains why a change is certain to fail. warnings are those of checks that accept it.
func (p *Provider) blocked(ctx context.Context, c resource.Change, src *source) (warnings []string, err error) {
	if err := (founder{p}).checkFolder(ctx, c, src); err != nil {
		return nil, err
	}
	if readOnly, err := p.FS.ReadOnly(src.path); err == nil && readOnly {
		return nil, fmt.Errorf("cannot edit %q: its file system is mounted read-only", src.path)
	}
	if info, err := p.FS.Look(src.path); err == nil && info.Immutable {
		return nil, fmt.Errorf("cannot edit %q: it is immutable or append-only (see chattr)", src.path)
	}
	warnings, err = p.check(ctx, c, resource.AskForecast)
	if errors.Is(err, verify.ErrRefused) || errors.Is(err, resource.ErrMissing) {
		return nil, err
	}
	return warnings, nil
}

func (p founder) isDirectory(dir string) bool {
	_, err := p.held.ResolveFolder(dir)
	return err == nil
}

var _ interface {
	resource.Provider
	resource.Transactor
	resource.Reviewer
	resource.Recorder
	resource.Gatherer
	resource.Invalidator
} = (*Provider)(nil)
