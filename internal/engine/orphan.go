package engine

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// orphanReviewer decides what to do with the things that earlier runs created and nothing declares any more.
type orphanReviewer struct {
	*planner
	purged map[string]int  // key of a path that a directory's purge removes → that directory's resource
	parted map[string]bool // see whoseParts
	wholes map[string]int  // see findWholes
}

// Orphan is a thing that nothing declares any more, and that converge created or would put back.
type Orphan struct {
	Key    string // ledger key
	Addr   resource.Addr
	Kind   *resource.Kind
	ID     string // value of the kind's label attribute: the path or the name
	Digest string // of the content last written; empty: it has none
	Secret bool   // that content was sensitive

	// Past is its state before converge first changed it, and the state that converge made last. nil: it was created,
	// or that is not known.
	Past *resource.Past

	// Declared is its last declaration by the site. The null value: not known.
	Declared cty.Value

	// Within are the paths of files that it is a part of, if the key does not name them.
	Within []string

	Deps     []string // ledger keys that it depended on
	Notifies []OrphanNotify

	// Protected names the site that protected it in its last declaration; "": none did.
	Protected string

	// Forget means that the site lets go of it, and it stays on the host.
	Forget bool

	// Undoes is a declared thing of another site that would differ from its declaration if this one were removed or
	// put back; "": none. By names the protector of that thing; "": it is not protected.
	Undoes, By string

	Others  []string // other sites that declare it: this site may not remove it
	Unknown bool     // it is not known which site made it, so none may remove it
}

// OrphanNotify is a notification that the removal of an orphan sends.
type OrphanNotify struct {
	Target resource.Addr
	Key    string // what the target stands for; "": nothing
	Verb   string
	When   resource.Timing

	// Resource is the target's last declaration, for a target that nothing declares any more; nil: not known.
	Resource *resource.Resource
}

// review checks for every orphan whether it exists, whether it is still as converge left it, and whether it may be
// removed.
func (r *orphanReviewer) review(ctx context.Context) {
	if len(r.o.Orphans) > 0 || r.o.Unreviewed != nil {
		r.purged, r.wholes = r.findPurged(ctx), r.findWholes()
		r.readConcerned(ctx)
		r.parted = r.o.whoseParts()
	}
	r.orphans = make([]orphanStep, len(r.o.Orphans))
	for _, files := range [...]bool{false, true} { // the decision about a file depends on its parts
		for k, o := range r.o.Orphans {
			if strings.HasPrefix(o.Key, assembly.PathKey) == files {
				r.orphans[k] = orphanStep{Orphan: o, node: -1}
				r.reviewOrphan(ctx, &r.orphans[k])
			}
		}
	}
	r.releaseNotEmpty(ctx)
	r.keepNeeded(ctx)
}

func (r *orphanReviewer) reviewOrphan(ctx context.Context, s *orphanStep) {
	if s.Forget {
		s.note = "no longer declared; forgotten: it stays on the host"
		if by := r.purgerOf(&s.Orphan); by != "" {
			s.note, s.goes = "no longer declared; forgotten, and removed with what "+by+" purges", []string{by}
		}
		s.letGo = len(s.Others) > 0
		return
	}
	if s.Kind == nil || s.Kind.Label == "" {
		s.release, s.note = true, "of a kind that this build does not know: released"
		return
	}
	if link, to := r.Identity.Strayed(s.Key); link != "" && len(s.Others) == 0 {
		s.release, s.note = true, fmt.Sprintf("released: what it was is no longer there: %s is a link to %s now", link, to)
		return
	}
	if folder := assembly.Occupied(r.Identity, s.Key); folder != "" && len(s.Others) == 0 {
		s.note = leftAlone + ": " + folder + " is declared as a link, and is a directory"
		return
	}
	heir, isPartOfWhole := r.heirOf(&s.Orphan)
	if isPartOfWhole && !r.steps[heir].needsNothing() {
		s.release, s.heir = true, heir+1
		s.note = fmt.Sprintf("released: %s declares the whole of that file", r.Resources[heir].Addr)
		return
	}
	res, made, err := s.WantNoMore()
	if err != nil {
		s.release, s.note = true, "released: "+r.oneLine(err)
		return
	}
	have, err := observe(ctx, res)
	switch {
	case errors.Is(err, resource.ErrNoPlace):
		s.release, s.note = true, "released: "+r.oneLine(err)
		return
	case errors.Is(err, resource.ErrReplaced):
		s.note = leftAlone + ": " + r.oneLine(err)
		return
	case err != nil:
		s.leaveFailed(r.oneLine(err))
		return
	}
	s.res, s.made, s.change = res, made, resource.Diff(res, have)
	_, purged := r.purged[s.Key]
	switch {
	case s.change.Empty():
		s.release = true
		if stays := review(ctx, res, s.change, resource.Outlook{Ask: resource.AskRemains}).Notes; len(stays) > 0 {
			s.note = "released: " + strings.Join(stays, "; ")
		}
	case len(s.Others) > 0:
		s.letGo, s.note = true, "no longer declared here; stays, for it is declared by "+strings.Join(s.Others, " and ")
	case s.Protected != "":
		s.kept, s.note = r.o.Prune, noteProtected(s.Protected)
	case s.By != "":
		s.note = noteUndoes(&s.Orphan)
	case purged: // it is removed even if it was edited since, and its targets are notified
	case r.isEditedBeside(ctx, s) && !r.spareSide(ctx, s):
		s.release, s.note = true, "changed since converge wrote it: released"
	case s.Digest == "" && !r.parted[pathOfKey(s.Key)] && s.sparesFilled(ctx, r.oneLine):
	case isPartOfWhole:
		s.note = fmt.Sprintf("no longer declared; stays, for %s declares the whole of that file", r.Resources[heir].Addr)
	case s.Unknown:
		s.note = "made before converge kept apart what belongs to which site: not removed until a site declares it again"
	case !r.o.Prune && !res.WantsAbsent():
		s.note = notePutBack
	case !r.o.Prune:
		s.note = notePrune
	}
}

// purgerOf returns the address of the resource that removes a thing, or the file that contains it, with a directory;
// "": none does.
func (r *orphanReviewer) purgerOf(o *Orphan) string {
	keys := []string{o.Key}
	if file, _, ok := resource.CutPartKey(o.Key); ok {
		keys = append(keys, assembly.PathKey+file)
	}
	for _, path := range o.Within {
		keys = append(keys, assembly.PathKey+path)
	}
	for _, key := range keys {
		if i, ok := r.purged[key]; ok {
			return r.Resources[i].Addr.String()
		}
	}
	return ""
}

// findPurged maps the keys of things that declared changes remove in addition to their own, to the indexes of these
// changes: purging a directory removes the orphans in it.
func (r *orphanReviewer) findPurged(ctx context.Context) map[string]int {
	out := map[string]int{}
	for i := range r.steps {
		s := &r.steps[i]
		if s.state != waiting || s.unseen != nil || s.needsNothing() {
			continue
		}
		paths, err := removedBy(ctx, r.Resources[i], s.plan())
		if err != nil {
			continue // the plan of the step will report that
		}
		for _, p := range paths {
			out[assembly.PathKey+p] = i
		}
	}
	return out
}

// absentResource builds the resource that declares an orphan absent. Its name is that of the thing, not of the block
// that declared it: that block may declare another thing by now.
func absentResource(o Orphan) (*resource.Resource, error) {
	attrs := o.Kind.NameOf(o.Key, o.ID)
	if !o.Kind.SetAbsent(attrs) {
		return nil, fmt.Errorf("%s cannot be removed", resource.WithArticle(o.Kind.Name))
	}
	addr := resource.Addr{Kind: o.Kind.Name, Name: o.ID}
	if o.Kind.Prepare != nil {
		var err error
		if attrs, err = o.Kind.Prepare(resource.Input{Addr: addr, Attrs: attrs, Node: func(string) any { return nil }}); err != nil {
			return nil, err
		}
	}
	o.addOptions(attrs, o.Declared)
	res := &resource.Resource{Addr: addr, Kind: o.Kind, Want: cty.ObjectVal(attrs), Key: o.Key}
	if o.Secret {
		res.Secret = o.Kind.Secrets(res.Want, map[string]bool{o.Kind.ContentAttr: true}) // the attributes made from it
		res.Secret[o.Kind.ContentAttr] = true
	}
	return res, nil
}

// noteFilled is the note on an orphan that was made empty and has a content by now.
const noteFilled = "it was made empty, and has a content now that nobody declared: released"

// notePrune is the note on an orphan that --prune removes, in a run without --prune.
const notePrune = "no longer declared; --prune removes it"

// notePutBack is notePrune for a thing that existed before converge changed it.
const notePutBack = "no longer declared; --prune puts it back as it was"

// releaseNotEmpty releases directories with entries that this run does not remove. Without --prune it only reports
// them.
func (r *orphanReviewer) releaseNotEmpty(ctx context.Context) {
	goes, along, holds := r.listRemovals(ctx)
	// The deepest directory is decided first: a directory that stays keeps its parents.
	order := make([]int, len(r.orphans))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(r.orphans[b].Key, r.orphans[a].Key) })
	for _, i := range order {
		s := &r.orphans[i]
		removable := s.removable()
		if !removable && !s.awaitsPrune() {
			continue
		}
		below := slices.DeleteFunc(holds[i], func(p string) bool { return goes[assembly.PathKey+p] || along.holds(p) })
		if len(below) > 0 && !removable { // as --prune would say
			s.note = "no longer declared; --prune keeps and releases it, for it is not empty: " + nameSome(below)
		} else if len(below) > 0 {
			s.release, s.note = true, "no longer declared; kept and released, for it is not empty: "+nameSome(below)
		}
		if !s.removable() && !s.awaitsPrune() {
			delete(goes, s.Key)
		}
	}
}

// listRemovals returns the keys of the orphans that are removed, the paths that are removed with all their contents,
// and the entries of each directory among the orphans.
func (r *orphanReviewer) listRemovals(ctx context.Context) (goes map[string]bool, along pathSet, holds map[int][]string) {
	goes, along, holds = map[string]bool{}, pathSet{}, map[int][]string{}
	var all []resource.Change
	for i := range r.orphans {
		if s := &r.orphans[i]; s.removable() || s.awaitsPrune() {
			all = append(all, s.change)
		}
	}
	for i := range r.orphans {
		s := &r.orphans[i]
		if !s.removable() && !s.awaitsPrune() {
			continue
		}
		found := review(ctx, s.res, s.change, resource.Outlook{Ask: resource.AskContent, Later: all})
		if found.Blocked != nil {
			s.leaveFailed(r.oneLine(found.Blocked))
			continue
		}
		goes[s.Key], holds[i] = true, found.Holds
		for _, p := range found.Removes {
			along[p] = true
			r.goneAlong = append(r.goneAlong, p)
		}
	}
	return goes, along, holds
}

// pathSet is a set of paths, each with everything below it.
type pathSet map[string]bool

func (s pathSet) holds(p string) bool {
	for ; len(s) > 0 && len(p) > 1; p = path.Dir(p) {
		if s[p] {
			return true
		}
	}
	return false
}

// nameSome names some of many paths, and counts the rest.
func nameSome(paths []string) string {
	const most = 3
	if len(paths) <= most {
		return strings.Join(paths, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(paths[:most], ", "), len(paths)-most)
}
