package kernel

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// Record implements [resource.Recorder]: it saves the file of the line, and the bytes that a change replaces if the
// line exists. A new line is removed without a trace.
func (p *Provider) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	t, err := resource.TypeChange[resources.SysctlWant](c)
	if err != nil || t.Have == nil || !c.Differs("saved_value") && !c.Differs("line") && c.Action != resource.Delete {
		return c, nil, err
	}
	all, err := p.parameters.settings(ctx)
	if err != nil {
		return c, nil, err
	}
	past, err := p.parameters.recordLines(all, t.Want)
	if err != nil {
		return c, nil, err
	}
	was, err := json.Marshal(past)
	if err != nil {
		return c, nil, err
	}
	c.Have = resource.With(c.Have, "was", cty.StringVal(resource.EncodeText(string(was))))
	return c, nil, nil
}

// recordLines returns the state of a parameter's line in its file, and in another one from which it is removed.
func (p *parameters) recordLines(all *savedIndex, want resources.SysctlWant) (*resources.PartPast, error) {
	past, err := p.recordLine(all, want)
	other := p.elsewhere(want)
	if err != nil || other == nil {
		return past, err
	}
	moved, err := p.recordLine(all, *other)
	if want.IsAbsent() && !past.Present {
		return moved, err
	}
	past.Moved = moved
	return past, err
}

// recordLine returns the state of a parameter's line in the file of a wanted one.
func (p *parameters) recordLine(all *savedIndex, want resources.SysctlWant) (*resources.PartPast, error) {
	past := &resources.PartPast{At: resource.EncodeBytes(want.Path())}
	own, there := all.findIn(want.Path(), resources.SysctlPath(want.Key))
	if !there {
		return past, nil
	}
	text, err := readFile(p.FS, want.Path())
	past.Present, past.Value, past.Hunks = true, &own.value, recordLines(text, want)
	return past, err
}

// recordLines returns what undoing the wanted lines of a parameter needs. Each of several lines is taken back
// separately, because others may change the text between them.
func recordLines(text []byte, want resources.SysctlWant) []edit.Hunk {
	after := setLines(text, []resources.SysctlWant{want})
	if pastOf(want) != nil {
		return edit.Replaced(text, after)
	}
	var splices []edit.Splice
	at, path, value := 0, resources.SysctlPath(want.Key), want.Line.Or(want.AtBoot.Value)
	for line := range bytes.Lines(text) {
		if s := parse("", line); len(s) > 0 && s[0].key == path && !s[0].none {
			made := edit.Splice{At: at, Old: string(line)}
			if value != "" {
				made.New = string(assign(line, []*assignment{{key: want.Key, value: value}}))
			}
			splices, value = append(splices, made), ""
		}
		at += len(line)
	}
	return edit.RecordSplices(text, splices)
}
