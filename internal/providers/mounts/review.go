package mounts

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// Review implements [resource.Reviewer].
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast || c.Empty() {
		return r
	}
	w, err := p.prepare(ctx, c)
	if err == nil && !w.lines().isNone() {
		err = p.checkFstab()
	}
	if err != nil {
		return resource.Review{Blocked: err}
	}
	if s, ok := w.(*swapChange); ok {
		return resource.Review{Blocked: s.blocked(o.Pending), Notes: s.notes()}
	}
	m, _ := w.(*mountChange)
	if o.AfterActs {
		o.Pending = resource.UnknownPending
	}
	if len(m.view.found) > 0 && m.changesLine() {
		r.Notes = append(r.Notes, fmt.Sprintf("at %s:%d", resources.Fstab, m.view.found[0].Line))
	}
	if m.changesLine() {
		r.Notes = append(r.Notes, noteTheirs(m.view.stays)...)
	}
	if line := p.lineAsWritten(ctx, c, m); line != "" {
		r.Notes = append(r.Notes, "the line becomes: "+line)
	}
	for _, note := range []string{p.hides(m), p.loses(m), p.rebinds(m), p.ignores(m)} {
		if note != "" {
			r.Notes = append(r.Notes, note)
		}
	}
	if note := p.noteMissing(ctx, m, o.Pending); note != "" {
		r.Notes = append(r.Notes, note)
	}
	r.Blocked, r.Hides = p.blocked(ctx, m, o.Pending), m.hidden()
	return r
}

// lineAsWritten returns the resulting line of a change, if the difference does not show it exactly: the spelling of
// words that stay, and a comment behind them. "": it does, or the line is secret.
func (p *Provider) lineAsWritten(ctx context.Context, c resource.Change, m *mountChange) string {
	l, exact := m.lines(), m.view.line.Exact
	i := slices.IndexFunc(c.Attrs, func(a resource.AttrChange) bool { return a.Name == "saved" })
	if i < 0 || c.Attrs[i].Secret || len(m.view.found) == 0 || len(l.parts) != 1 {
		return ""
	}
	if len(l.hunks) > 0 {
		if exact == resource.DecodeBytes(c.Attrs[i].Want.AsString()) {
			return ""
		}
		return resource.EncodeText(exact)
	}
	f, err := p.lines(ctx)
	if err != nil {
		return ""
	}
	hunks, err := f.memo.Record(l.parts[0])
	if err != nil || len(hunks) == 0 {
		return ""
	}
	line := editedLine(f.bytes, m.view.found[0].Text, hunks)
	if line == "" || strings.Contains(line, "\n") || c.Attrs[i].Want.Type() == cty.String && resource.DecodeBytes(c.Attrs[i].Want.AsString()) == line {
		return ""
	}
	return resource.EncodeText(line)
}

// editedLine returns the result of hunks for the line of a file in which they begin.
func editedLine(src []byte, text string, hunks []edit.Hunk) string {
	start := 1 + bytes.LastIndexByte(src[:hunks[0].At], '\n')
	if !bytes.HasPrefix(src[start:], []byte(text)) {
		return ""
	}
	for _, h := range hunks { // those before it have moved it
		at := h.At - start
		if at+len(h.Old) > len(text) {
			return ""
		}
		text = text[:at] + h.New + text[at+len(h.Old):]
	}
	return text
}

// notes name the swap space that a change removes, which no attribute shows.
func (s *swapChange) notes() (notes []string) {
	if !s.isGoing() {
		return noteTheirs(s.view.stays)
	}
	used, lines := make([]string, len(s.view.areas)), make([]string, len(s.view.found))
	for i, a := range s.view.areas {
		used[i] = resource.EncodeText(a.path)
	}
	for i, e := range s.view.found {
		lines[i] = fmt.Sprintf("%s:%d", resources.Fstab, e.Line)
	}
	going := "lines that go: "
	if s.Want.IsAll() {
		going = "lines that become comments: "
	}
	for _, of := range []struct {
		what  string
		names []string
	}{{"no longer used: ", used}, {going, lines}, {"masked: ", s.view.units}} {
		if len(of.names) > 0 {
			notes = append(notes, of.what+nameSome(of.names))
		}
	}
	return notes
}

// checkFstab returns why no line can be written.
func (p *Provider) checkFstab() error {
	if fixed, err := p.FS.ReadOnly(resources.Fstab); err == nil && fixed {
		return fmt.Errorf("cannot edit %s: its file system is mounted read-only", resources.Fstab)
	}
	return nil
}

// blocked explains why a change is certain to fail.
func (p *Provider) blocked(ctx context.Context, m *mountChange, pending resource.Pending) error {
	v := m.view
	if !m.changesLive() {
		return nil
	}
	if !p.MayMount() {
		return fmt.Errorf("cannot change what is mounted at %q: converge may not mount here; with state = \"saved\" only the line is managed", v.point)
	}
	if m.isGoing() || m.Want.Live.Value == "" {
		return nil
	}
	if v.live != nil {
		same, err := p.devices().isSameThing(v.table, v.live, v.wantedState())
		switch {
		case err != nil || same || p.devices().isReplaced(v.table, v.live, v.wantedState()):
			return err
		case m.Want.Remount.Value != "replace":
			return errOther(v)
		}
		return p.refuseMissing(ctx, v, pending)
	}
	if len(v.found) == 0 && v.line.Want[0] == "*" {
		return fmt.Errorf("cannot mount at %q: there is no line for it in %s, and nothing is mounted there; set device and type", v.point, resources.Fstab)
	}
	if pending == resource.NothingPending {
		if err := p.checkPoint(v.point, edit.SplitOptions(v.line.Want[edit.FstabOptions])); err != nil {
			return err
		}
	}
	return p.refuseMissing(ctx, v, pending)
}

var _ interface {
	resource.Provider
	resource.Transactor
	resource.Reviewer
	resource.Recorder
	resource.Invalidator
} = (*Provider)(nil)
