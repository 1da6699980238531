package packagestest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"converge/internal/resource"
)

func (s *suite) cases() []testCase {
	return []testCase{
		{Absent, checkAbsent}, {Present, checkPresent}, {Latest, checkLatest}, {Exact, checkExact},
		{Constraint, checkConstraint}, {Downgrade, checkDowngrade}, {Hold, checkHold}, {Purge, checkPurge},
		{LocalFile, checkLocalFile}, {Virtual, checkVirtual}, {Unknown, checkUnknown}, {Conflict, checkConflict},
		{Refused, checkRefused}, {Locked, checkLocked}, {Script, checkScript}, {OneForAll, checkOneForAll},
		{SolverInPlan, checkSolverInPlan}, {Rollback, checkRollback}, {Killed, checkKilled},
		{FileConflict, checkFileConflict}, {ShippedUnits, checkShippedUnits}, {NoOpReadsOnce, checkNoOp},
		{Sourceless, checkSourceless}, {Planned, checkPlanned}, {MovedOn, checkMovedOn},
	}
}

func checkAbsent(r *run) {
	r.converge(r.want("app"))
	f, o := r.converge(r.want("lib", "ensure", "absent"))
	r.is("lib", "")
	r.is("app", "") // it depends on lib, so it is removed with it, as the plan shows
	if also(f.Also) != "delete app" || also(o.Also) != "delete app" {
		r.Errorf("the plan shows %q, and %q was done", also(f.Also), also(o.Also))
	}
}

func checkPresent(r *run) {
	r.converge(r.want("app"))
	r.is("app", "1.0")
	r.is("lib", "1.0")
	if r.Automatic == nil {
		return
	}
	if r.Automatic(r.T, Prefix+"app") || !r.Automatic(r.T, Prefix+"lib") {
		r.Error("app was asked for, and lib came along")
	}
	r.converge(r.want("lib")) // now it is requested
	if r.Automatic(r.T, Prefix+"lib") {
		r.Error("lib is declared, and still counts as unneeded")
	}
}

func checkLatest(r *run) {
	r.converge(r.want("many", "version", r.Full("1.0")))
	_, f, _ := r.plan(r.want("many", "ensure", "latest"))
	if len(f.Changes) != 1 || versionOf(f.Changes[0]) != r.Full("2.0") {
		r.Errorf("the plan shows %+v", f.Changes)
	}
	r.reopen()
	r.converge(r.want("many", "ensure", "latest"))
	r.is("many", "2.0")
	r.reopen()
	r.converge(r.want("many"))
}

func checkExact(r *run) {
	f, _ := r.converge(r.want("many", "version", r.Full("1.1")))
	if versionOf(f.Changes[0]) != r.Full("1.1") {
		r.Errorf("the plan shows %q", versionOf(f.Changes[0]))
	}
	r.is("many", "1.1")
	_, _, bad := r.plan(r.want("many", "version", r.Full("7.0")))
	if bad["many"] == nil {
		r.Errorf("a version that is not offered: %v", bad)
	}
}

func checkConstraint(r *run) {
	f, _ := r.converge(r.want("many", "version", ">= 1.0, < 2"))
	if versionOf(f.Changes[0]) != r.Full("1.1") {
		r.Errorf("the plan shows %q", versionOf(f.Changes[0]))
	}
	r.is("many", "1.1")
	r.converge(r.want("many", "version", "> "+r.Full("1.1")))
	r.is("many", "2.0")
}

func checkDowngrade(r *run) {
	r.converge(r.want("many"))
	r.is("many", "2.0")
	_, _, bad := r.plan(r.want("many", "version", r.Full("1.0")))
	if bad["many"] == nil || !strings.Contains(bad["many"].Error(), "allow_downgrade") {
		r.Errorf("plan: %v", bad)
	}
	r.converge(r.want("many", "version", r.Full("1.0"), "allow_downgrade", true))
	r.is("many", "1.0")
}

func checkHold(r *run) {
	held := func(want bool) {
		r.Helper()
		if got := r.Held(r.T, Prefix+"many"); got != want {
			r.Errorf("held: %v, want %v", got, want)
		}
	}
	r.converge(r.want("many", "version", r.Full("1.0"), "hold", true))
	held(true)
	r.reopen()
	_, _, bad := r.plan(r.want("many", "ensure", "latest"), r.want("lib"))
	if bad["many"] == nil || !strings.Contains(bad["many"].Error(), "held") || bad["lib"] != nil {
		r.Errorf("plan of a held package: %v", bad)
	}
	_, _, bad = r.plan(r.want("many", "ensure", "absent"))
	if bad["many"] == nil {
		r.Error("a package that is held by hand would be removed")
	}
	r.converge(r.want("many", "ensure", "latest", "hold", true)) // the manifest decides
	r.is("many", "2.0")
	held(true)
	r.converge(r.want("many", "hold", false))
	held(false)
	r.Do(r.T, "hold", Prefix+"many")
	r.reopen()
	r.converge(r.want("many", "hold", false))
	held(false)
}

func checkPurge(r *run) {
	conf := "/etc/" + Prefix + "conf"
	r.converge(r.want("conf"))
	writeFile(r.T, conf, "changed by hand\n")
	r.converge(r.want("conf", "ensure", "purged"))
	r.is("conf", "")
	for _, file := range []string{conf, conf + ".rpmsave", conf + ".pacsave", conf + ".dpkg-old", conf + ".apk-new"} {
		if _, err := os.Lstat(file); err == nil {
			r.Errorf("%s is still there", file)
		}
	}
}

func checkLocalFile(r *run) {
	file := filepath.Join(r.TempDir(), "local.package"+filepath.Ext(r.find("local")))
	data, err := os.ReadFile(r.find("local"))
	if err != nil {
		r.Fatal(err)
	}
	writeFile(r.T, file, string(data))
	r.converge(r.want("local", "source", file))
	r.is("local", "1.0")
	cs := r.changes(r.want("local", "source", file))
	if len(cs) > 0 {
		r.Errorf("it is installed from that file: %v", cs)
	}
	w := r.want("other", "source", file)
	if have, err := r.p.Observe(r.Context(), w.Want); err == nil {
		_, _, bad := r.plan(w)
		if bad["other"] == nil {
			r.Errorf("a file of another package is taken: %v", have)
		}
	}
	if have, err := r.p.Observe(r.Context(), r.want("local", "source", file+".not").Want); err == nil {
		r.Errorf("a file that is not there: %v", have)
	}
}

// find is the file of a fixture of version 1.0.
func (s *suite) find(name string) string {
	all, _ := filepath.Glob(filepath.Join(s.all, Prefix+name+"?1*"))
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

func checkVirtual(r *run) {
	f, _ := r.converge(r.want("virtual"))
	r.is("server", "3.0")
	if notes := strings.Join(f.Changes[0].Notes, ";"); !strings.Contains(notes, Prefix+"server provides it") {
		r.Errorf("the plan says %q", notes)
	}
	r.reopen()
	if cs := r.changes(r.want("virtual")); len(cs) > 0 {
		r.Errorf("a provider is installed, and a change is planned: %v", cs)
	}
	r.converge(r.want("virtual", "ensure", "absent"))
	r.is("server", "")
}

func checkUnknown(r *run) {
	cs, f, bad := r.plan(r.want("lib"), r.want("nope"), r.want("many"))
	if bad["nope"] == nil || len(bad) != 1 {
		r.Errorf("plan: %v", bad)
	}
	o := r.p.ApplyAll(r.Context(), cs, f)
	if o.Err(0) != nil || o.Err(2) != nil || o.Err(1) == nil || !strings.Contains(o.Err(1).Error(), Prefix+"nope") {
		r.Errorf("apply: %v", o.Errs)
	}
	r.is("lib", "1.0")
	r.is("many", "2.0")
}

func checkConflict(r *run) {
	r.converge(r.want("loser"))
	f, o := r.converge(r.want("rival"))
	if also(f.Also) != "delete loser" || also(o.Also) != "delete loser" {
		r.Errorf("the plan shows %q, and %q was done", also(f.Also), also(o.Also))
	}
	r.is("loser", "")
	r.is("rival", "1.0")
}

func checkRefused(r *run) {
	rival, lib := r.want("rival"), r.want("lib")
	cs, f, _ := r.plan(rival, lib)
	r.Do(r.T, "install", Prefix+"loser") // after the plan
	r.reopen()
	o := r.p.ApplyAll(r.Context(), cs, f)
	if o.Err(0) == nil || !strings.Contains(o.Err(0).Error(), "the plan did not show") || o.Err(1) != nil {
		r.Errorf("apply: %v", o.Errs)
	}
	r.is("loser", "1.0")
	r.is("lib", "1.0")
}

func checkScript(r *run) {
	cs, f, _ := r.plan(r.want("badscript"), r.want("lib"))
	o := r.p.ApplyAll(r.Context(), cs, f)
	if !errors.Is(o.Err(0), resource.ErrUnfinished) || !strings.Contains(o.Err(0).Error(), "script") || o.Err(1) != nil {
		r.Errorf("apply: %v", o.Errs)
	}
	r.is("lib", "1.0")
	r.reopen() // the next run tries it again
	if cs := r.changes(r.want("badscript")); len(cs) != 1 {
		r.Fatalf("the next run plans %v", cs)
	}
	writeFile(r.T, "/run/"+Prefix+"mended", "")
	r.converge(r.want("badscript"))
	r.reopen()
	if cs := r.changes(r.want("badscript")); len(cs) > 0 {
		r.Errorf("it is right now: %v", cs)
	}
}

func checkOneForAll(r *run) {
	var rs []*resource.Resource
	for _, n := range numbers() {
		rs = append(rs, r.want("p"+n))
	}
	before := r.Transactions(r.T)
	r.converge(rs...)
	if n := r.Transactions(r.T) - before; n != 1 {
		r.Errorf("%d transactions", n)
	}
	for _, n := range []string{"00", "29"} {
		r.is("p"+n, "1.0")
	}
}

func checkSolverInPlan(r *run) {
	_, f, _ := r.plan(r.want("app"), r.want("many", "version", "< 2"))
	if also(f.Also) != "create lib" || versionOf(f.Also[0]) != r.Full("1.0") || versionOf(f.Changes[1]) != r.Full("1.1") {
		r.Errorf("the plan shows %q and %+v", also(f.Also), f.Changes)
	}
	r.is("app", "")
}

func checkFileConflict(r *run) {
	r.converge(r.want("lib"))
	cs, f, _ := r.plan(r.want("thief"), r.want("loser"))
	o := r.p.ApplyAll(r.Context(), cs, f)
	if o.Err(0) == nil || o.Err(1) != nil {
		r.Errorf("apply: %v", o.Errs)
	}
	r.is("thief", "")
	r.is("loser", "1.0")
}

func checkShippedUnits(r *run) {
	r.converge(r.want("units"))
	keys, err := r.p.Ships(r.Context(), []string{Prefix + "units", Prefix + "nope"})
	if err != nil || len(keys) != 1 || strings.Join(keys[Prefix+"units"], " ") != "unit:"+Prefix+"units.service" {
		r.Errorf("%v %v", keys, err)
	}
}
