package units

import (
	"context"
	"iter"

	"converge/internal/resource"
	"converge/resources"
)

// Apply implements [resource.Provider].
func (t *Timers) Apply(ctx context.Context, c resource.Change) error {
	return t.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}

// Solve implements [resource.Transactor]. Timers need no solution; their unit files are judged together with those in
// beside.
func (t *Timers) Solve(_ context.Context, cs []resource.Change, beside iter.Seq[resource.Change]) (resource.Forecast, error) {
	t.timers.Units.analyzer.foresee(cs, beside)
	t.timers.Units.site.foresee(cs, beside)
	return resource.Forecast{}, nil
}

// ApplyAll implements [resource.Transactor]: systemd judges the files of all timers, they are written together, and
// then the timers are enabled and started. A timer that is removed is stopped with its command before its files are
// removed.
func (t *Timers) ApplyAll(ctx context.Context, cs []resource.Change, f resource.Forecast) resource.Outcome {
	b := &timerBatch{timers: t.timers, changes: make([]resource.TypedChange[resources.TimerWant], len(cs)), errs: make([]error, len(cs))}
	v := t.timers.judgeNow(ctx, cs, f.ListLater())
	for i, c := range cs {
		if b.changes[i], b.errs[i] = resource.TypeChange[resources.TimerWant](c); b.errs[i] == nil {
			b.errs[i] = v.refuseTimer(c, nil)
		}
	}
	b.applyUnits(ctx, stopped)
	b.writeFiles(ctx)
	b.applyUnits(ctx, started)
	return resource.Outcome{Errs: b.errs}
}

// timerBatch holds timers that are changed together. It does not change a timer with an error.
type timerBatch struct {
	*timers
	changes []resource.TypedChange[resources.TimerWant]
	errs    []error
}

// stopped returns the state that units need before the files of a timer are removed.
func stopped(w *resources.TimerWant) []resources.ServiceWant {
	if !w.IsAbsent() {
		return nil
	}
	return []resources.ServiceWant{unitWant(w.Name+".timer", false, false), {Name: w.Name + ".service", Running: resource.Some(false)}}
}

// started returns the state that units need once the files of a timer are written.
func started(w *resources.TimerWant) []resources.ServiceWant {
	if w.IsAbsent() || !w.Enabled.Set && !w.Running.Set {
		return nil
	}
	return []resources.ServiceWant{{Name: w.Name + ".timer", Enabled: w.Enabled, Running: w.Running}}
}

func (b *timerBatch) applyUnits(ctx context.Context, list func(w *resources.TimerWant) []resources.ServiceWant) {
	var cs []resource.Change
	var of []int
	for i := range b.changes {
		if b.errs[i] != nil {
			continue
		}
		for _, w := range list(&b.changes[i].Want) {
			cs, of = append(cs, resource.Change{Action: resource.Update, Want: resource.Encode(w)}), append(of, i)
		}
	}
	if len(cs) == 0 {
		return
	}
	b.note(of, b.Services.ApplyAll(ctx, cs, resource.Forecast{}))
}

// writeFiles writes or removes the two files of each timer in one group commit, and invalidates what the provider of
// services has cached.
func (b *timerBatch) writeFiles(ctx context.Context) {
	var cs []resource.Change
	var of []int
	for i, c := range b.changes {
		if b.errs[i] != nil {
			continue
		}
		own, err := b.fileChanges(ctx, c)
		if b.errs[i] = err; err != nil {
			continue
		}
		for _, f := range own {
			cs, of = append(cs, f), append(of, i)
		}
	}
	if len(cs) == 0 {
		return
	}
	done := b.Units.Files.ApplyAll(ctx, cs, resource.Forecast{})
	b.Units.Files.Invalidate(cs)
	b.Services.Invalidate(cs)
	b.note(of, done)
}

// note records the first error of each timer.
func (b *timerBatch) note(of []int, done resource.Outcome) {
	for k, i := range of {
		if err := done.Err(k); err != nil && b.errs[i] == nil {
			b.errs[i] = err
		}
	}
}

// fileChanges returns the changes of those files of a timer that differ from their wanted state.
func (t *timers) fileChanges(ctx context.Context, c resource.TypedChange[resources.TimerWant]) (cs []resource.Change, err error) {
	var texts resources.TimerFiles
	if !c.Want.IsAbsent() {
		if c.Want.Content == nil {
			return nil, nil
		}
		text, err := readBlob(c.Want.Content)
		if err != nil {
			return nil, err
		}
		texts = resources.SplitTimer(c.Want.Name, text)
	}
	files := timerFiles(c.Want.Name, texts)
	if c.Want.IsAbsent() {
		files = append(files, timerFile{path: stampOf(c.Want.Name)})
	}
	for _, f := range files {
		r := f.resource(t.file, c)
		have, err := t.Units.Files.Observe(ctx, r.Want)
		if err != nil {
			return nil, err
		}
		if d := resource.Diff(r, have); !d.Empty() {
			cs = append(cs, d)
		}
	}
	return cs, nil
}
