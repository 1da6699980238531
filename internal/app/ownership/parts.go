package ownership

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine/assembly"
	"converge/internal/journal"
	"converge/internal/resource"
	"converge/resources"
)

// filesOf contains the files that a site declares, by their paths.
type filesOf struct {
	whole    map[string]*resource.Resource
	parts    map[string][]*resource.Resource
	absent   map[string]*resource.Resource   // by key
	accounts map[string][]*resource.Resource // those that may have a line in a file
	about    map[string]map[string][]account // by the kind of the account, and the keys of itself and of those that it names
	folders  folders
	access   map[string]*resource.Resource // those that may declare the owner, the group or the mode of a path
	boot     map[string][]bootSetting      // by parameter
	sysctls  []*resource.Resource          // those that have, or remove, a file that is read for parameters, or a part of it
	conf     func() string                 // the name by which sysctl.conf is read among the files of sysctl.d; "": it is not read
	modules  []*resource.Resource          // those that have a file that is read for modules, or a part of it
	units    map[string][]unitState        // by unit
	dropIns  map[string][]dropIn           // by the name of the unit, or of the units
	left     map[string]*resource.Resource // the resource that puts a path out of use; a path that ends in a slash is a folder with all its contents
	turned   map[string]*resource.Resource // links that get another target, by key
	hiders   []hider
	ssh      []*resource.Resource // those that have a configuration of ssh, or a part of it
	earlier  *earlier
	read     resources.Reader
	files    *resources.Files
}

// editing returns the resources with parts or lines in a file.
func (f filesOf) editing(path string) []*resource.Resource {
	return slices.Concat(f.parts[path], f.accounts[path])
}

func (f filesOf) isEdited(path string) bool { return len(f.parts[path])+len(f.accounts[path]) > 0 }

// FindContradictions finds declarations of this site and another one for one file such that each run of one would undo
// the other. A whole file and a part of it are an error, and so is what would undo a protected part. Two parts that
// exclude each other, and two contents of one file, only cause a warning: the other site may be the same manifest
// under an earlier path.
func (o *Ledger) FindContradictions() (warnings []string, err error) {
	files := sync.OnceValue(func() filesOf { return o.findFiles(o.Site.Resources) }) // most hosts have only one site
	return o.compare(o.listOthers(files), files)
}

// RefuseUndo returns the error of a rollback that would undo a protected thing of another site. The rollback's site
// declares the things that it restores. The engine itself checks the restored parts of a protected thing.
func (o *Ledger) RefuseUndo() error {
	declared := map[string]bool{}
	for _, r := range o.Site.Resources {
		declared[r.Key] = true
	}
	files := sync.OnceValue(func() filesOf { return o.findFiles(o.Site.Resources) })
	others := slices.DeleteFunc(o.listOthers(files), func(e other) bool { return !isProtected(e.LedgerEntry) || declared[e.own] })
	_, err := o.compare(others, files)
	return err
}

// compare compares the site with entries of others.
func (o *Ledger) compare(others []other, files func() filesOf) (warnings []string, err error) {
	if len(others) == 0 {
		return nil, nil
	}
	f := files()
	undone := o.findUndone(others, f)
	var errs []error
	warned, refused := map[*resource.Resource]bool{}, map[*resource.Resource]bool{}
	for _, other := range others {
		switch c := findContradiction(o, other, f, undone); {
		case c == nil:
		case c.isRefused && !refused[c.ours]:
			refused[c.ours] = true
			errs = append(errs, errors.New(c.text))
		case !c.isRefused && !warned[c.ours]:
			warned[c.ours] = true
			warnings = append(warnings, c.text)
		}
	}
	return warnings, errors.Join(errs...)
}

// findFiles finds the files that resources declare.
func (o *Ledger) findFiles(rs []*resource.Resource) filesOf {
	f := filesOf{
		whole: map[string]*resource.Resource{}, parts: map[string][]*resource.Resource{}, absent: map[string]*resource.Resource{},
		accounts: map[string][]*resource.Resource{}, about: map[string]map[string][]account{}, access: map[string]*resource.Resource{}, boot: map[string][]bootSetting{}, units: map[string][]unitState{}, dropIns: map[string][]dropIn{}, left: map[string]*resource.Resource{}, turned: map[string]*resource.Resource{}, earlier: newEarlier(), read: o.Read.Once(),
	}
	f.files = resources.NewFiles(f.read)
	if f.conf = sync.OnceValue(func() string { return "" }); o.SysctlConf != nil {
		f.conf = sync.OnceValue(o.SysctlConf)
	}
	for _, r := range rs {
		if r.Audit {
			continue
		}
		if keys, file := findKeys(r, o.KeyFile, f.read); keys != nil {
			f.parts[file] = append(f.parts[file], keys)
		}
		if resources.AccountFiles(r.Key) != nil {
			f.addAccount(account{r, resources.ReadMembership(r)})
		}
		f.folders.add(r)
		f.addBoot(r)
		if p, isPath := strings.CutPrefix(r.Key, "path:"); isPath && r.IsEnforced() {
			f.access[p] = r
		}
		f.addUnit(r)
		if resources.SSHFile(r) != "" {
			f.ssh = append(f.ssh, r)
		}
		o.addLeft(f.left, r)
		addTurned(o, f.turned, r)
		f.hiders = append(f.hiders, listHider(o, r)...)
		if r.IsEnforced() && r.WantsAbsent() && r.Key != "" {
			f.absent[r.Key] = r
		}
		for _, p := range resources.WholeFiles(r) {
			f.whole[p] = r
		}
		if !r.Off {
			for _, p := range resources.PartsIn(r) {
				f.parts[p] = append(f.parts[p], r)
			}
		}
	}
	return f
}

// other is an entry of another site, with the resource that it applied; nil: that is not known.
type other struct {
	journal.LedgerEntry
	*resource.Resource
	own string // key of the thing: the entry may concern a part of it
}

// listOthers returns the entries of other sites that may be in one of the files.
func (o *Ledger) listOthers(files func() filesOf) (out []other) {
	mayMeet := func(key string) bool { return files().mayMeet(key) }
	for _, e := range o.State.LedgerOf(o.ID).ListOfOthers(mayMeet) {
		var r *resource.Resource
		if !strings.HasPrefix(e.Key, "path:") {
			r = o.readDeclared(e)
		}
		if r == nil && resources.AccountFiles(e.Key) != nil { // its line in the file shows what it is
			r = &resource.Resource{Addr: e.Addr, Key: e.Key}
		}
		if r != nil {
			r.Protect = isProtected(e)
		}
		own := e.Key
		out = append(out, other{e, r, own})
		if keys, _ := findKeys(r, o.KeyFileNow, files().read); keys != nil {
			e.Key, e.Former = keys.Key, ""
			out = append(out, other{e, keys, own})
		}
	}
	return out
}

// findUndone returns for each file the resources of other sites that this site may undo in it. Most files have none,
// and need no comparison of each with each.
func (o *Ledger) findUndone(others []other, f filesOf) map[string]map[*resource.Resource]bool {
	theirs := map[string][]*resource.Resource{}
	for _, e := range others {
		if e.Resource == nil {
			continue
		}
		for _, p := range e.listEdited() {
			if f.isEdited(p) {
				theirs[p] = append(theirs[p], e.Resource)
			}
		}
	}
	undone := map[string]map[*resource.Resource]bool{}
	for p, rs := range theirs {
		undone[p] = resources.FindUndone(f.files, p, rs, f.editing(p))
	}
	return undone
}

// contradiction is a contradiction between a resource of this site and one of another.
type contradiction struct {
	ours      *resource.Resource
	text      string
	isRefused bool
	theirs    string // the thing of the other site, in words for people
	by        string // the protecting site; "": none
}

// mayMeet reports whether the thing with a key may be in one of the files.
func (f filesOf) mayMeet(key string) bool {
	if f.absent[key] != nil || len(f.turned) > 0 {
		return true
	}
	if p, ok := strings.CutPrefix(key, "path:"); ok {
		service := resources.ServiceOfTimer(p)
		return f.parts[p] != nil || f.whole[p] != nil || f.whole[service] != nil || f.parts[service] != nil || f.accounts[p] != nil || f.units[path.Base(p)] != nil || f.access[p] != nil || f.folders.mayMeet(p) || f.findLeaver(p) != nil || f.dropsInto(p) || f.hides(p) || f.mayPrecede(p)
	}
	if p, _, ok := resource.CutPartKey(key); ok {
		return f.whole[p] != nil || f.isEdited(p) || f.findLeaver(p) != nil || f.hides(p) || f.mayPrecede(p)
	}
	return true // its entry names the files that contain it
}

// findContradiction returns the contradiction to an entry of another site; nil: there is none.
func findContradiction(o *Ledger, e other, f filesOf, undone map[string]map[*resource.Resource]bool) *contradiction {
	if c := cmp.Or(f.findRemover(e), o.findOverlap(e, &f.folders), f.findOpposite(e), o.findOtherAccess(e, f), f.findLeft(e), f.findHidden(o, e), findTurned(o, e, f), f.findDropIn(e), findEarlier(e, f)); c != nil {
		return c
	}
	if p, ok := strings.CutPrefix(e.LedgerEntry.Key, "path:"); ok {
		if !hasContent(e.LedgerEntry) { // a file with only a mode and an owner
			return nil
		}
		if c := f.findEditor(e.LedgerEntry, filesAt(e.LedgerEntry, p)); c != nil {
			return c
		}
		if r, file := findOtherContent(o, e.LedgerEntry, f, p); r != nil {
			theirs := "has written it"
			if e.Digest == "" {
				theirs = "wants the one that it has found"
			}
			return newContradiction(r, e.LedgerEntry, fmt.Sprintf("wants another content of %q", file), theirs, adviceParts)
		}
		return o.findAccountIn(e, f, p)
	}
	if e.Resource != nil && e.Resource.Kind != nil {
		if c := f.findEditor(e.LedgerEntry, resources.WholeFiles(e.Resource)); c != nil {
			return c
		}
	}
	if r := f.findTaker(e); r != nil {
		return newContradiction(r, e.LedgerEntry, "wants no swap space at all", "declares some", adviceAll)
	}
	for _, p := range filesIn(e.LedgerEntry) {
		if r := f.whole[p]; r != nil && !o.mayStay(e, r, p) {
			return newContradiction(r, e.LedgerEntry, fmt.Sprintf("declares the whole of %q", p), "edits a part of it", adviceWhole)
		}
	}
	if c := cmp.Or(f.findReplacer(e), f.findSeverer(e), f.findOverride(e), f.findModuleOverride(e)); c != nil {
		return c
	}
	return f.findUndoer(e, undone)
}

// findUndoer returns the resource that undoes the lines of another site's entry in files; nil: there is none.
func (f filesOf) findUndoer(e other, undone map[string]map[*resource.Resource]bool) *contradiction {
	for _, p := range e.listEdited() {
		if !undone[p][e.Resource] {
			continue
		}
		for _, r := range f.editing(p) {
			if file := f.findUndoing(r, e.Resource); file != "" {
				return newContradiction(r, e.LedgerEntry, fmt.Sprintf("wants another thing of %q", file), "wants it as it is", adviceParts)
			}
		}
	}
	return nil
}

// listEdited lists the files in which an entry has parts or lines.
func (e other) listEdited() []string {
	return append(filesIn(e.LedgerEntry), resources.AccountFiles(e.LedgerEntry.Key)...)
}

// filesAt lists the whole files of an entry, by the path of its key: a timer has its service as well.
func filesAt(e journal.LedgerEntry, path string) []string {
	if e.Addr.Kind == "timer" {
		return []string{path, resources.ServiceOfTimer(path)}
	}
	return []string{path}
}

// findEditor returns the resource that edits a part of a file that another site declares as a whole; nil: there is
// none.
func (f filesOf) findEditor(e journal.LedgerEntry, whole []string) *contradiction {
	for _, p := range whole {
		for _, r := range f.parts[p] {
			if r.Kind.Holds == nil { // otherwise the content of the file decides
				return newContradiction(r, e, fmt.Sprintf("edits a part of %q", p), "declares the whole of it", adviceWhole)
			}
		}
	}
	return nil
}

// findTaker returns the resource of this site that removes all swap space, if an entry of another site is swap space
// that should exist; nil: there is none.
func (f filesOf) findTaker(e other) *resource.Resource {
	if !strings.HasPrefix(e.LedgerEntry.Key, swapKey) || !e.OnlyDeclared && e.Resource == nil {
		return nil
	}
	for _, r := range f.parts[resources.Fstab] {
		if r.Key == swapKey+resources.AllSwap && r.WantsAbsent() {
			return r
		}
	}
	return nil
}

const swapKey = "swap:"

// hasContent reports whether a site declares the content of a file.
func hasContent(e journal.LedgerEntry) bool {
	return e.Digest != "" || slices.ContainsFunc(e.Holds, func(h journal.Hold) bool { return h.Whole })
}

// filesIn returns the files that contain the thing of an entry.
func filesIn(e journal.LedgerEntry) (paths []string) {
	for _, key := range []string{e.Key, e.Former} {
		if p, _, ok := resource.CutPartKey(key); ok {
			paths = append(paths, p)
		}
	}
	for _, h := range e.Holds {
		for _, p := range h.Within {
			if !slices.Contains(paths, p) {
				paths = append(paths, p)
			}
		}
	}
	return paths
}

// readDeclared returns the resource of another site, as converge last applied it; nil: that is not known.
func (o *Ledger) readDeclared(e journal.LedgerEntry) *resource.Resource {
	for _, h := range e.Holds {
		if r := o.readKept(h.Kept); r != nil {
			r.Addr, r.Key = e.Addr, e.Key
			return r
		}
	}
	k := o.Site.Kind(e.Addr.Kind)
	if k == nil || e.After == nil {
		return nil
	}
	want, secret, err := o.State.Value(e.After, k)
	if err != nil || resource.WantsAbsent(want) {
		return nil
	}
	attrs := resource.AttrsOf(want)
	delete(attrs, k.RecordAttr) // its earlier state is not declared
	return &resource.Resource{Addr: e.Addr, Kind: k, Key: e.Key, Want: cty.ObjectVal(attrs), Secret: secret}
}

// findUndoing returns the file in which a resource undoes what another site declares; "": none. A thing that both
// declare, this site as absent, is handed over.
func (f filesOf) findUndoing(r, theirs *resource.Resource) string {
	if theirs == nil || r.Key == theirs.Key && r.WantsAbsent() {
		return ""
	}
	return resources.Undone(f.files, theirs, r)
}

// mayStay reports whether the other site's declarations for a file are compatible with a whole of it.
func (o *Ledger) mayStay(e other, whole *resource.Resource, path string) bool {
	if e.Resource == nil {
		k := o.Site.Kind(e.LedgerEntry.Addr.Kind)
		return k != nil && k.Holds != nil
	}
	return assembly.Agree(e.Resource, whole, path)
}

// Advice on a contradiction.
const (
	adviceWhole  = "remove one of them (a file with only mode and owner is fine), or let go of what its site no longer declares with converge forget"
	adviceAll    = "remove one of them, or let go of what its site no longer declares with converge forget"
	adviceFails  = "a run of that site fails then; remove one of them"
	adviceLater  = "only the later one counts; take it out of one of them"
	adviceFirst  = "only the first one counts; take it out of one of them"
	adviceLink   = "declare the link in one site alone, or have that site name the folder itself"
	adviceHidden = "have one of them use another path, or take what is there away first"
	adviceHome   = "have that site declare it below the new home as well, or set create_home = false, which leaves what is in the old home where it is"
	adviceKeys   = "have that site declare the keys below the new home as well, or let the user keep its home"
	adviceParts  = "each undoes the other in every run; remove one of them, or let go of what its site no longer declares with converge forget"
)

func newContradiction(r *resource.Resource, e journal.LedgerEntry, ours, theirs, advice string) *contradiction {
	c := &contradiction{ours: r, isRefused: advice == adviceWhole || advice == adviceAll, theirs: fmt.Sprintf("%s of %s", e.Addr, nameSite(e.Holds[0].Site))}
	for _, h := range e.Holds {
		if h.Protected != "" {
			theirs += ", which is protected by " + h.Protected
			c.isRefused, c.by = true, h.Protected
			break
		}
	}
	who := r.Addr.String()
	if at := r.Place(); at != "" { // a rollback has no place
		who += " (" + at + ")"
	}
	site := e.Holds[0].Site
	whose := nameSite(site)
	if lost := adviseLost(site); lost != "" { // as far as known, nothing applies it any more
		whose, advice = whose+", whose manifest is not there any more,", lost+"; if not, let go of it with converge forget"
	}
	c.text = fmt.Sprintf("%s %s, and %s of %s %s: %s", who, ours, e.Addr, whose, theirs, advice)
	return c
}
