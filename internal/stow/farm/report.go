package farm

import "fmt"

func (p *Planner) sayTask(op Op, remark string) {
	if p.Verbose < 1 || p.Log == nil {
		return
	}
	text := op.String()
	if remark != "" {
		text += " (" + remark + ")"
	}
	p.Log(1, text)
}

func (p *Planner) log(level int, format string, args ...any) {
	if p.Log != nil && level <= p.Verbose {
		p.Log(level, fmt.Sprintf(format, args...))
	}
}

func (w *stower) addConflict(s spot, format string, args ...any) {
	w.conflicts = append(w.conflicts, Conflict{
		Action: "stow", Package: w.image.Package, Text: fmt.Sprintf(format, args...), Image: w.image, Path: s.target,
	})
}

func (t *imageTree) reportDecision(d Decision, s spot) {
	if t.OnDecision != nil {
		t.OnDecision(Decided{Decision: d, Image: t.image, Path: s.target, Type: s.typ})
	}
}

func (t *imageTree) reportShut(target, by string) {
	if t.OnDecision != nil {
		t.OnDecision(Decided{Decision: Shut, Image: t.image, Path: target, Type: Dir, By: by})
	}
}
