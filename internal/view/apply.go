package view

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"converge/internal/event"
)

// noticeable is how long work lasts before its duration is worth a word.
const noticeable = time.Second

func (h *Human) applied(e event.Event) {
	if e.Action == "none" {
		if h.opt.Verbose {
			h.header(e, "")
		}
		return
	}
	tail := ""
	if e.Elapsed >= noticeable {
		tail = h.paint(dim, " ("+elapsed(e.Elapsed)+")")
	}
	h.header(e, tail)
	if !h.opt.ShowPlan || h.shown[e.Resource] != changeShown(e) { // else it stands above, in the plan
		h.attrs(e)
	}
	for _, n := range e.Notes {
		h.block(4, dim, "note: "+n)
	}
}

// restored tells what was only put right again: the plan has no line for it,
// because it was as declared when the run began, or had been made so by then.
func (h *Human) restored(e event.Event) {
	h.shownAny = true
	names := make([]string, len(e.Changes))
	for i, a := range e.Changes {
		names[i] = a.Name
	}
	what := ""
	if len(names) > 0 {
		what = " (" + safe(some(names, 3)) + ")"
	}
	symbol, st := look("none")
	did, why := " made as declared again", ""
	if e.Action == "run" {
		symbol, st = look(e.Action)
		did, why, what = " run", ", since what was changed before asks for it", ""
	}
	if e.Pass > 1 {
		did += " in a second pass"
	}
	h.line(h.paint(st, symbol+" "), h.paint(bold, safe(e.Resource)), did, why, what)
	h.removes(e)
}

// changeShown identifies all that is shown of a change.
func changeShown(e event.Event) [sha256.Size]byte {
	b, _ := json.Marshal(event.Event{Action: e.Action, Changes: e.Changes, Removes: e.Removes}) // cannot fail: it goes to --json too
	return sha256.Sum256(b)
}

func (h *Human) failed(e event.Event) {
	h.shownAny = true
	where := ""
	if e.Place != "" {
		where = h.paint(dim, "  # "+safe(e.Place))
	}
	name := e.Resource
	if name == "" { // no resource is to blame
		name = "the end of the run"
	}
	h.line(h.paint(red, "! "), h.paint(bold, safe(name)), h.paint(red, " failed"), where)
	h.cause(e)
	for _, n := range e.Notes {
		h.block(4, dim, "note: "+n)
	}
}

// cause shows an error, without the lines that an action of the same resource,
// which failed, has shown: the service that is down because of it has that journal.
func (h *Human) cause(e event.Event) {
	key := func(line string) string { return e.Resource + "\x00" + strings.TrimSpace(line) }
	all := strings.Split(strings.TrimRight(e.Error, "\n"), "\n")
	lines := slices.DeleteFunc(slices.Clone(all), func(l string) bool { return h.told[key(l)] })
	if len(lines) < len(all) {
		lines = append(lines, "(the rest stands above)")
	}
	h.block(4, plain, strings.Join(lines, "\n"))
	if !e.Tried {
		return
	}
	if h.told == nil {
		h.told = map[string]bool{}
	}
	for _, l := range all {
		h.told[key(l)] = true
	}
}

func (h *Human) skipped(e event.Event) {
	h.shownAny = true
	why := "."
	if len(e.Causes) > 0 {
		why = ": it comes after " + safe(some(e.Causes, 3))
	}
	h.line(h.paint(yellow, "! "), h.paint(bold, safe(e.Resource)), h.paint(yellow, " skipped"), why)
}

func (h *Human) notified(e event.Event) {
	h.shownAny = true
	tail := causes(e.Causes)
	if e.Void {
		tail += h.paint(dim, ", no longer needed")
	}
	if e.Elapsed >= noticeable {
		tail += h.paint(dim, " ("+elapsed(e.Elapsed)+")")
	}
	h.line(h.paint(purple, "* "), h.paint(bold, safe(e.Resource)), " ", safe(e.Verb), tail)
	for _, n := range e.Notes {
		h.block(4, dim, "note: "+n)
	}
}

func (h *Human) held(e event.Event) {
	h.shownAny = true
	how := "" // not sent
	if e.Tried {
		how = ": tried, and failed"
	}
	h.line(h.paint(yellow, "! "), h.paint(bold, safe(e.Resource)), " ", safe(e.Verb), h.paint(yellow, " held"), causes(e.Causes), how)
	h.cause(e)
	h.block(4, dim, "It stays owed; the next run delivers it.")
}

// dropped reports a debt that cannot be delivered any more. A plan lists those
// with the debts.
func (h *Human) dropped(e event.Event) {
	if !h.planDone {
		h.drops = append(h.drops, e)
		return
	}
	h.shownAny = true
	h.line(h.paint(yellow, "- "), h.paint(bold, safe(e.Resource)), " ", safe(e.Verb), h.paint(yellow, " dropped"), causes(e.Causes))
	h.block(4, plain, "It was owed since run "+e.Run+", and nothing can deliver it: "+e.Error)
}

func (h *Human) runFinished(e event.Event) {
	if h.mode == "plan" || e.Counts == nil {
		return
	}
	c := *e.Counts
	done, left := doneSentence(c), leftSentence(c)
	if done != "" {
		h.summary(bold, done+" in "+elapsed(h.took(e))+".")
	}
	if left != "" {
		h.summary(red, left)
	}
	switch {
	case e.Exit == 130:
		h.summary(yellow, "Interrupted between steps: the rest was not started.")
	case e.Exit == 1:
		h.summary(red, "Stopped: nothing was changed.")
	case e.Exit != 0 && left == "":
		h.summary(red, "Stopped: the rest was not started.")
	case done == "" && left == "":
		h.summary(green, h.nothing(c))
	case left != "":
	default:
		h.claim(e)
	}
	h.switchedOff(c)
}

// queued shows a job that the run does not wait for.
func (h *Human) queued(e event.Event) {
	h.shownAny = true
	h.line(h.paint(yellow, "* "), h.paint(bold, safe(e.Resource)), " "+safe(e.Verb)+" is queued: it waits for "+safe(some(e.Causes, 3))+
		", in which this run goes on.")
}

// claim tells what was proved, or what prevents a proof.
func (h *Human) claim(e event.Event) {
	switch {
	case e.Proved && h.undone != "":
		h.summary(green, "Proved: what run "+safe(h.undone)+" changed is as it was before"+h.exceptions()+".")
	case e.Proved && e.Partial:
		h.summary(green, "Proved: an immediate plan of what was chosen is empty. Nothing is said of the rest.")
	case e.Proved:
		h.summary(green, "Proved: an immediate plan is empty.")
	case e.Counts.Queued > 0:
		h.summary(yellow, "Queued and not waited for: "+plural(e.Counts.Queued, "service")+". The next run, or converge status --wait, looks again.")
	case len(e.Altered) > 0:
		h.summary(yellow, "Not proved: the manifest was evaluated from "+safe(some(e.Altered, 3))+
			", which changed during the run. converge plan shows what is left.")
	case len(e.Recurring) > 0:
		h.summary(green, "Proved: an immediate plan holds nothing but "+safe(some(e.Recurring, 3))+", which every run does.")
	default:
		h.summary(yellow, "Not proved: something changed while the run went on. converge plan shows what is left.")
	}
}

// took is how long the run lasted.
func (h *Human) took(e event.Event) time.Duration {
	if e.Elapsed == 0 && !h.started.IsZero() {
		return e.Time.Sub(h.started)
	}
	return e.Elapsed
}

// text writes a labelled sentence, folded.
func (h *Human) text(st style, label, s string) {
	h.shownAny = true
	for i, l := range wrap(safe(s), h.room(columns(label))) {
		if i == 0 {
			h.line(h.paint(st, label), l)
		} else {
			h.line(strings.Repeat(" ", columns(label)), l)
		}
	}
}

// block writes foreign text of any number of lines, indented and folded.
func (h *Human) block(indent int, st style, s string) {
	for raw := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
		for _, l := range wrap(clip(safeTabs(raw), h.longest()), h.room(indent)) {
			h.line(strings.Repeat(" ", indent), h.paint(st, l))
		}
	}
}

// room is how many cells are left after an indent; 0: any number.
func (h *Human) room(indent int) int {
	if h.opt.Width <= 0 {
		return 0
	}
	return max(h.opt.Width-indent, 20)
}

// longest is how many cells of one foreign line are shown.
func (h *Human) longest() int {
	if h.opt.Verbose {
		return 4000
	}
	return 400
}
