package engine

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine/assembly"
	"converge/internal/graph"
	"converge/internal/notify"
	"converge/internal/resource"
)

// RevertSource is what an earlier run did to one thing, to be taken back.
type RevertSource struct {
	Addr      resource.Addr
	Past      resource.Past
	Kind      *resource.Kind
	Secret    map[string]bool // attributes that must not be shown
	Batch     int             // of that run: a higher number came later
	Whole     bool            // it is known to be complete
	Later     string          // id of a later run that changed it, too
	Forgotten string          // id of a later run that let go of it
	Left      cty.Value       // of an incomplete change: what the next run found; cty.NilVal: not known
	Notifies  []resource.Notify
	Unseen    []notify.Debt // the debts behind Notifies that no run has tried to deliver
}

// Rollback is a site that takes a run back: every resource wants the earlier state of a thing. Plan and Apply work on
// it as on any other site, except that they refuse what was changed since.
type Rollback struct {
	Run            string // the run that is taken back
	Force          bool   // take back what was changed since, too
	Resources      []*resource.Resource
	Graph          *assembly.Graph
	Lost           []Lost                 // what cannot be taken back
	Along          []string               // ledger keys of things that are restored with the thing that contains them
	UnknownTargets []resource.Addr        // targets that the run notified and whose declarations are unknown
	Leaves         []string               // what is not restored with a thing, named for people
	Unasked        map[resource.Addr]bool // probes that ask nothing in the restored state
	First          map[resource.Addr]bool // probes that are asked, but were not before the run: a bad answer is no failure of the rollback

	steps []revertStep // one for each resource
}

// Lost is a change that cannot be taken back.
type Lost struct {
	Addr resource.Addr
	Err  error // [resource.ErrOpaque], or what is missing
}

// revertStep is what a rollback knows of one of its resources.
type revertStep struct {
	made       *resource.Resource // what the run left; nil: not known
	left       *resource.Resource // what a killed run left of that; nil: all or nothing, or not known
	notifyOnly bool               // it is only notified
	whole      bool
	later      string
	forgotten  string
	stage      int // resources of one stage may be removed together
	notes      []string
	unseen     []notify.Debt // see RevertSource
}

// Undo builds the site that takes back a run's changes, which are given in their order. notified are the targets that
// the run notified; kind finds a kind by name.
func Undo(run string, taken []RevertSource, notified []*resource.Resource, kind func(name string) *resource.Kind) *Rollback {
	r := &Rollback{Run: run}
	b := rollbackBuilder{Rollback: r, kind: kind, at: map[resource.Addr]int{}}
	slices.SortStableFunc(taken, func(a, b RevertSource) int { return cmp.Compare(a.Batch, b.Batch) })
	slices.Reverse(taken)
	undone := make([][]resource.RevertTarget, len(taken))
	for i, t := range taken {
		us, err := t.Kind.Undo(t.Past)
		if err != nil {
			r.Lost = append(r.Lost, Lost{t.Addr, err})
			if errors.Is(err, resource.ErrForgotten) { // the thing stays as it is
				us = nil
			}
		}
		undone[i] = us
	}
	replaced := findReplaced(taken, undone)
	for i, t := range taken {
		if in, ok := replaced.find(i, t, undone[i]); ok {
			taken[in].Notifies = append(slices.Clone(taken[in].Notifies), t.Notifies...)
			taken[in].Unseen = append(slices.Clone(taken[in].Unseen), t.Unseen...)
			r.Along = append(r.Along, t.Past.Key)
			undone[i] = nil
		}
	}
	leaveToParts(taken, undone)
	for i, t := range taken {
		for _, u := range undone[i] {
			b.add(t, u)
		}
	}
	for _, t := range notified {
		b.addNotified(t)
	}
	b.dropUnknownTargets()
	r.Graph = linkUndo(r.Resources, r.steps)
	r.addParts(taken, undone)
	return r
}

// addParts adds the keys of parts. A part may be restored under another key: every line of a key was removed, and one
// with options is restored. The entry of any other part is restored with its resource, and is right then.
func (r *Rollback) addParts(taken []RevertSource, undone [][]resource.RevertTarget) {
	for i, t := range taken {
		if _, _, isPart := resource.CutPartKey(t.Past.Key); isPart && len(undone[i]) > 0 {
			r.Along = append(r.Along, t.Past.Key)
		}
	}
}

// replacedPaths maps the paths of things that are restored with all their content to the index of the change.
type replacedPaths map[string]int

func findReplaced(taken []RevertSource, undone [][]resource.RevertTarget) replacedPaths {
	out := replacedPaths{}
	for i, us := range undone {
		for _, u := range us {
			for _, path := range pathsOf(taken[i].Kind, u) {
				if u.Replaces {
					out[path] = i
				}
			}
		}
	}
	return out
}

// find returns the change of the outermost thing whose restoration includes all targets of the ith change: that change
// takes over the debts of things inside.
func (r replacedPaths) find(i int, t RevertSource, us []resource.RevertTarget) (in int, ok bool) {
	if len(r) == 0 {
		return 0, false
	}
	for _, u := range us {
		for _, path := range pathsOf(t.Kind, u) {
			for end := 1; end < len(path); end++ {
				if path[end] != '/' {
					continue
				}
				if in, ok := r[path[:end]]; ok && in != i {
					return in, true
				}
			}
		}
	}
	return 0, false
}

// pathsOf returns the paths of a target's things, and of files that contain a part that it concerns.
func pathsOf(k *resource.Kind, u resource.RevertTarget) (paths []string) {
	want := cty.ObjectVal(u.Want)
	if u.Kind != "" && u.Kind != k.Name || k.Links == nil {
		return []string{resource.Change{Want: want}.Path()}
	}
	for _, key := range k.Links(want).Provides {
		path, ok := strings.CutPrefix(key, assembly.PathKey)
		if !ok {
			path, _, ok = resource.CutPartKey(key)
		}
		if ok {
			paths = append(paths, path)
		}
	}
	return paths
}

type rollbackBuilder struct {
	*Rollback
	kind func(string) *resource.Kind
	at   map[resource.Addr]int
}

func (b *rollbackBuilder) add(t RevertSource, u resource.RevertTarget) {
	k, addr := t.Kind, t.Addr
	if u.Kind != "" && u.Kind != addr.Kind {
		k, addr = b.kind(u.Kind), resource.Addr{Module: addr.Module, Kind: u.Kind, Name: addr.Name, Key: addr.Key, Each: addr.Each}
	}
	if u.Name != "" {
		addr = resource.Addr{Kind: addr.Kind, Name: u.Name}
	}
	for name, n := addr.Name, 2; ; n++ {
		if _, taken := b.at[addr]; !taken {
			break
		}
		addr.Name = fmt.Sprintf("%s#%d", name, n) // it belongs to another module, or a transaction caused it
	}
	want := cty.ObjectVal(u.Want)
	step := revertStep{whole: t.Whole, later: t.Later, forgotten: t.Forgotten, stage: -t.Batch, notes: u.Notes, unseen: t.Unseen}
	if u.Made != nil {
		step.made = &resource.Resource{Addr: addr, Kind: k, Want: cty.ObjectVal(u.Made)}
		step.made.Secret = t.Secret
		step.left = leftOf(step.made, t)
	}
	b.at[addr] = len(b.Resources)
	// A secret of the thing stays secret when the thing is removed, too.
	secret := k.Secrets(want, t.Secret)
	maps.Copy(secret, t.Secret)
	b.Resources = append(b.Resources, &resource.Resource{Addr: addr, Kind: k, Want: want, Secret: secret, Presumed: u.Presumed, Written: t.Past.Written, Notifies: t.Notifies})
	b.steps = append(b.steps, step)
	b.Leaves = append(b.Leaves, u.Lost...)
}

// leftOf returns a thing as a killed run left it, according to what the next run found: the killed run may have made
// some of several sides. nil: that is not known.
func leftOf(made *resource.Resource, t RevertSource) *resource.Resource {
	if t.Whole || t.Left == cty.NilVal || t.Left.IsNull() {
		return nil
	}
	attrs, found := resource.AttrsOf(made.Want), resource.AttrsOf(t.Left)
	for name := range attrs {
		if v, ok := found[name]; ok {
			attrs[name] = v
		}
	}
	left := *made
	left.Want = cty.ObjectVal(attrs)
	return &left
}

// addNotified adds a target. If the target is itself taken back, it only takes over the attributes that steer its
// actions.
func (b *rollbackBuilder) addNotified(t *resource.Resource) {
	i, ok := b.at[t.Addr]
	if !ok {
		b.at[t.Addr] = len(b.Resources)
		b.Resources = append(b.Resources, t)
		b.steps = append(b.steps, revertStep{notifyOnly: true})
		return
	}
	b.Resources[i].TakeOptions(t)
}

// dropUnknownTargets drops notifications of unknown targets.
func (b *rollbackBuilder) dropUnknownTargets() {
	reported := map[resource.Addr]bool{}
	for _, res := range b.Resources {
		res.Notifies = slices.DeleteFunc(slices.Clone(res.Notifies), func(n resource.Notify) bool {
			_, known := b.at[n.Target]
			if !known && !reported[n.Target] {
				reported[n.Target] = true
				b.UnknownTargets = append(b.UnknownTargets, n.Target)
			}
			return !known
		})
	}
}

// linkUndo orders a rollback. Dependents of a thing that the run made are removed before it; the kinds know the order
// of the rest. Where they do not, the stages do: the run backwards.
func linkUndo(rs []*resource.Resource, steps []revertStep) *assembly.Graph {
	g := graph.New[assembly.Reason](len(rs))
	backwards := map[[2]int]bool{}
	made := wantedLinks(rs, func(i int) (cty.Value, bool) {
		if steps[i].made == nil {
			return cty.NilVal, false
		}
		return steps[i].made.Want, true
	})
	made(func(from, to int, need resource.Need) {
		goes := resource.WantsAbsent(rs[from].Want) || steps[to].stage < steps[from].stage && movesFolder(rs[from], steps[from])
		if goes && !backwards[[2]int{to, from}] {
			backwards[[2]int{to, from}] = true
			g.Add(to, from, assembly.Reason{Text: "the run made it on top of that: " + need.Reason})
		}
	})
	again := wantedLinks(rs, func(i int) (cty.Value, bool) { return rs[i].Want, !steps[i].notifyOnly })
	again(func(from, to int, need resource.Need) {
		if !backwards[[2]int{to, from}] {
			g.Add(from, to, assembly.Reason{Text: need.Reason})
		}
	})
	if g.Cycle() != nil { // use the stages alone
		return graph.New[assembly.Reason](len(rs))
	}
	assembly.OrderGoing(g, rs, nil)
	return g
}

// movesFolder reports whether taking a change back moves a folder with other things in it, such as a home: what the
// run later did in it is at the new place.
func movesFolder(r *resource.Resource, s revertStep) bool {
	if r.Kind.Links == nil || s.made == nil || resource.WantsAbsent(s.made.Want) {
		return false
	}
	return !slices.Equal(r.Kind.Links(s.made.Want).Folders, r.Kind.Links(r.Want).Folders)
}

// wantedLinks returns the edges that kinds see between wanted values.
func wantedLinks(rs []*resource.Resource, want func(i int) (cty.Value, bool)) func(edge func(from, to int, need resource.Need)) {
	provides := map[string][]int{}
	needs := make([][]resource.Need, len(rs))
	for i, r := range rs {
		w, ok := want(i)
		if !ok || r.Kind.Links == nil {
			continue
		}
		l := r.Kind.Links(w)
		needs[i] = l.Needs
		for _, key := range l.Provides {
			provides[key] = append(provides[key], i)
		}
	}
	return func(edge func(from, to int, need resource.Need)) {
		for i := range needs {
			for _, n := range needs[i] {
				for _, from := range provides[n.Key] {
					if from != i {
						edge(from, i, n)
					}
				}
			}
		}
	}
}
