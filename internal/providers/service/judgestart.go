package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"converge/internal/process"
	"converge/internal/resource"
)

// leastSettle is how long after its start a unit is checked again at the earliest.
const leastSettle = time.Second

// startJudge judges whether started units have stayed up.
type startJudge struct {
	client   *client
	followed *followed
	starts   *startLog
}

// awaitStarted waits until every unit that this run started has been up for a second, or for its settle time, and
// returns a verdict on each unit that did not stay up.
func (j *startJudge) awaitStarted(ctx context.Context) error {
	todo, err := j.takeStarted(ctx)
	if err != nil || len(todo) == 0 {
		return err
	}
	defer j.client.forgetListing()
	verdicts := resource.Verdicts{}
	for _, unit := range slices.Sorted(maps.Keys(todo)) {
		st := todo[unit]
		err := j.waitWhileUp(ctx, unit, time.Until(st.at.Add(max(leastSettle, st.w.settle))))
		var verdict error
		if err == nil {
			verdict, err = j.judgeStarted(ctx, unit, st)
		}
		if err != nil {
			return errors.Join(verdicts.OrNil(), err) // present verdicts do not depend on the rest
		}
		if verdict != nil {
			verdicts[j.starts.keyOf(unit)] = verdict
		}
	}
	return verdicts.OrNil()
}

// takeStarted returns the units that this run started, and those that should run and came up during the run: a package
// starts its own.
func (j *startJudge) takeStarted(ctx context.Context) (map[string]started, error) {
	todo, watched := j.starts.take()
	if todo == nil {
		todo = map[string]started{}
	}
	if !j.followed.hasChanged() {
		return todo, nil // no other provider changed anything
	}
	b, err := j.client.connect(ctx)
	if err != nil {
		return nil, err
	}
	began := j.followed.began()
	for unit, w := range watched {
		if _, ours := todo[unit]; ours {
			continue
		}
		p, err := b.readUnitProps(ctx, unit)
		if err != nil {
			return nil, fmt.Errorf("cannot look at unit %s: %w", unit, explainDenied(err))
		}
		if active := time.UnixMicro(p.num("ActiveEnterTimestamp")); isUp(p) && active.After(began) {
			todo[unit] = started{w: w, verb: "start", at: active, began: active, restarts: p.num("NRestarts")}
		}
	}
	return todo, nil
}

// waitWhileUp waits for that time, or until the unit is down. For a unit that is up without a process, a oneshot with
// RemainAfterExit=, it only waits if more than the default is declared: nothing could end.
func (j *startJudge) waitWhileUp(ctx context.Context, unit string, left time.Duration) error {
	b, err := j.client.connect(ctx)
	if err != nil {
		return err
	}
	for end := time.Now().Add(left); left > 0; left = time.Until(end) {
		p, err := b.readUnitProps(ctx, unit)
		if err != nil {
			return fmt.Errorf("cannot look at unit %s: %w", unit, explainDenied(err))
		}
		pid := int(p.num("MainPID"))
		switch {
		case !isUp(p), p.str("SubState") == "exited" && left <= leastSettle:
			return nil
		case pid > 0:
			err = process.AwaitExit(ctx, pid, left)
		default:
			err = process.Pause(ctx, left)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// judgeStarted returns a verdict on a unit that was started and did not stay up.
func (j *startJudge) judgeStarted(ctx context.Context, unit string, st started) (verdict, err error) {
	b, err := j.client.connect(ctx)
	if err != nil {
		return nil, err
	}
	p, err := b.readUnitProps(ctx, unit)
	if err != nil {
		return nil, fmt.Errorf("cannot look at unit %s: %w", unit, explainDenied(err))
	}
	why := ""
	again := p.num("NRestarts") - st.restarts
	switch {
	case again > 0 && isUp(p):
		why = fmt.Sprintf("it ended after its %s, and systemd started it again (%d so far)", st.verb, again)
	case isUp(p) || st.w.ranToItsEnd(p) || st.w.wasSkipped(p):
	case p.str("ActiveState") == stInactive && p.str("Result") == "success" && wasStopped(ctx, unit, st.began):
		// It did not end: something in the run stopped it. It is not as declared, and the contradiction is found as
		// for everything else.
	case p.str("ActiveState") == stActivating && again > 0:
		why = fmt.Sprintf("it ended after its %s: %s", st.verb, explainDown(p))
	default:
		why = fmt.Sprintf("it is not running any more, %s after its %s: %s",
			time.Since(st.began).Round(100*time.Millisecond), st.verb, explainDown(p))
	}
	if why == "" {
		return nil, nil
	}
	return addJournal(ctx, fmt.Errorf("unit %s %w: %s", unit, resource.ErrShortLived, why), unit, st.began), nil
}

// judgeEarly judges a unit that this run started and that is already down. The verdict contains the unit's last
// messages as the reason.
func (j *startJudge) judgeEarly(ctx context.Context, unit string) error {
	st, ours := j.starts.find(unit)
	if !ours || st.seenUp {
		return nil
	}
	verdict, err := j.judgeStarted(ctx, unit, st)
	return cmp.Or(err, verdict)
}

// settleExpected waits until a unit that an earlier run queued has been up for a second, as for units that this run
// starts. A unit that does not stay up is an error.
func (j *startJudge) settleExpected(ctx context.Context, b *bus, unit string) error {
	p, err := b.readUnitProps(ctx, unit)
	if err != nil {
		return fmt.Errorf("cannot look at unit %s: %w", unit, explainDenied(err))
	}
	active := time.UnixMicro(p.num("ActiveEnterTimestamp"))
	if !isUp(p) || time.Since(active) > leastSettle || time.Now().Before(active) {
		return nil
	}
	if err := j.waitWhileUp(ctx, unit, time.Until(active.Add(leastSettle))); err != nil {
		return err
	}
	verdict, err := j.judgeStarted(ctx, unit, started{verb: "start", began: active, at: active})
	return cmp.Or(err, verdict)
}
