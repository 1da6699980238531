package engine

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/event"
	"converge/internal/resource"
)

// fussy is a batcher whose things come right only when the world has "conf".
type fussy struct{ batcher }

func (p *fussy) ApplyAll(ctx context.Context, cs []resource.Change, f resource.Forecast) resource.Outcome {
	out := p.batcher.ApplyAll(ctx, cs, f)
	for k := range cs {
		if out.Errs[k] == nil && p.w.vals["conf"] == "" {
			p.w.vals[resource.StringAttr(cs[k].Want, "name")] = "half"
			out.Errs[k] = resource.Unfinished(errors.New("its script failed"))
		}
	}
	return out
}

func TestUnfinishedIsTriedAgainAfterWhatOnlyWritesFiles(t *testing.T) {
	for _, c := range []struct {
		summary string
		site    string
		log     []string
		failed  []string
		exit    int
	}{{
		summary: "a file that depends on it heals it, and what needs it whole waits",
		site:    "pack p=1\nthing cmd=1 after:p\nfile conf=1 after:p\nthing late=1 after:cmd\nfile last=1 after:cmd",
		log:     []string{"batch p", "apply conf", "batch p", "apply cmd", "apply late", "apply last"},
	}, {
		summary: "nothing else changes, so it has failed",
		site:    "pack p=1\nthing cmd=1 after:p",
		log:     []string{"batch p"},
		failed:  []string{"failed p: its script failed"},
		exit:    3,
	}, {
		summary: "what changes does not help: it fails once, and is not tried a third time",
		site:    "pack p=1\nthing cmd=1 after:p\nfile other=1",
		log:     []string{"batch p", "apply other", "batch p"},
		failed:  []string{"failed p: its script failed"},
		exit:    3,
	}, {
		summary: "its failure stops the run, if that is asked for",
		site:    "pack p=1 fails:stop\nfile conf=1 after:p",
		log:     []string{"batch p"},
		failed:  []string{"failed p: its script failed"},
		exit:    3,
	}} {
		t.Run(c.summary, func(t *testing.T) {
			w := newWorld(nil)
			s := newFakeSite(t, w)
			s.kinds["pack"].Provider = &fussy{batcher{provider{w: w}}}
			file := *s.kinds["thing"]
			file.Name, file.Inert = "file", true
			s.kinds["file"] = &file
			out := s.run(c.site, nil)
			if d := cmp.Diff(c.log, w.log); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.failed, out.apply.of(event.Failed)); d != "" {
				t.Error(d)
			}
			if out.result.Exit != c.exit {
				t.Errorf("exit %d, want %d", out.result.Exit, c.exit)
			}
		})
	}
}
