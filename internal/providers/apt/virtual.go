package apt

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"converge/internal/version"

	"converge/internal/providers/packages/tool"
)

// offeredAs is a package of the sources that provides a name.
type offeredAs struct{ name, version, provides string }

// reverseProvides reads the answer of `apt-cache showpkg NAME…`: what provides
// each name that no package bears. Its blocks are
//
//	Package: NAME
//	Versions:
//	…
//	Reverse Provides:
//	PROVIDER VERSION (= PROVIDED)
func reverseProvides(out string) map[string][]offeredAs {
	found := map[string][]offeredAs{}
	name, section := "", ""
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if n, ok := strings.CutPrefix(line, "Package: "); ok {
			name, section = n, ""
			continue
		}
		if head, rest, ok := strings.Cut(line, ":"); ok && (head == "Versions" || head == "Reverse Depends" || head == "Dependencies" || head == "Provides" || head == "Reverse Provides") && strings.TrimSpace(rest) == "" {
			section = head
			continue
		}
		f := strings.Fields(line)
		if section != "Reverse Provides" || len(f) < 2 {
			continue
		}
		o := offeredAs{name: f[0], version: f[1], provides: strings.TrimSuffix(f[len(f)-1], ")")}
		if len(f) < 4 || o.provides == "" {
			o.provides = ""
		}
		found[name] = append(found[name], o)
	}
	return found
}

// providersOf asks apt which packages of the sources provide the names.
func (q *request) providersOf(ctx context.Context, names []string) (map[string][]offeredAs, error) {
	argv := append([]string{"apt-cache", "-q"}, q.lists.options...)
	res, err := q.sources.Run(ctx, tool.Command{Argv: append(append(argv, "showpkg", "--"), names...)})
	if err == nil && res.Status != 0 {
		err = errors.New(firstErrors(res))
	}
	if err != nil {
		return nil, fmt.Errorf("cannot ask apt what provides %s: %w", strings.Join(names, ", "), err)
	}
	return reverseProvides(res.Stdout), nil
}

// calledFor is the name of an item in the manifest.
func (it *item) calledFor() string {
	if it.asked != "" {
		return it.asked
	}
	return it.name
}

// pickVirtual picks, for names that no package bears and that are wanted in
// certain versions, the package that provides them so.
func (j *job) pickVirtual(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	if !j.lists.fresh {
		return errStale
	}
	names := make([]string, len(items))
	for i, it := range items {
		names[i] = it.calledFor()
	}
	of, err := j.providersOf(ctx, names)
	if err != nil {
		return err
	}
	for _, it := range items {
		var fit, all []string
		var pick offeredAs
		for _, o := range of[it.calledFor()] {
			all = append(all, o.name+" "+o.version)
			if o.provides == "" || !it.set.AllowsPlace(o.provides) {
				continue
			}
			if pick.name == "" || o.name == pick.name && version.Compare(o.version, pick.version) > 0 {
				pick = o
			}
			if !slices.Contains(fit, o.name) {
				fit = append(fit, o.name)
			}
		}
		switch {
		case len(fit) == 1:
			it.asked, it.provides = it.calledFor(), pick.provides
			it.name, it.word = pick.name, pick.name+"="+pick.version
			it.have, _ = j.db.findByName(it.name)
		case len(fit) > 1:
			it.err = errors.New("it is a virtual package; name one that provides it: " + strings.Join(fit, ", "))
		case len(all) > 0:
			it.err = errors.New("no package is called so, and those that provide it do so in other versions: " + strings.Join(all, ", "))
		}
	}
	return nil
}

// nameVirtual determines which packages apt would install for virtual names, and refuses names for which apt would do
// nothing. It reports whether it refused any.
func (j *job) nameVirtual(ctx context.Context) (refused bool, err error) {
	var open []*item
	var names []string
	for _, it := range j.items {
		if it.err == nil && it.word != "" && !it.removes && it.source == "" && it.have.isGone() && j.operationOn(it.name) == nil {
			open, names = append(open, it), append(names, it.name)
		}
	}
	if len(open) == 0 {
		return false, nil
	}
	of, err := j.providersOf(ctx, names)
	if err != nil {
		return false, err
	}
	for _, it := range open {
		for _, o := range of[it.name] {
			if op := j.operationOn(o.name); op != nil && !op.removes() && op.new == o.version {
				it.asked, it.provides, it.name = it.name, o.provides, o.name
				it.have, _ = j.db.findByName(o.name)
				break
			}
		}
		if it.asked == "" {
			it.err, refused = errors.New(j.nothingUnder(it.name)), true
		}
	}
	return refused, nil
}

// nothingUnder explains why apt does nothing for a name and exits with 0.
func (q *request) nothingUnder(name string) string {
	base, arch, qualified := strings.Cut(name, ":")
	if have, ok := q.db.findByName(base); ok && qualified && !have.isGone() {
		return fmt.Sprintf("there is no such package of architecture %s: %s is one of %s", arch, base, have.arch)
	}
	return "apt has nothing to install under that name"
}

// operationOn finds the operation of the transaction on a package.
func (q *request) operationOn(name string) *operation {
	for i := range q.ops {
		if q.ops[i].name == name {
			return &q.ops[i]
		}
	}
	return nil
}

// offeredInstead is a clause about the versions that are offered in place of the wanted one, which may be one of
// them without its epoch or its revision.
func (q *request) offeredInstead(ctx context.Context, it *item) string {
	want, ok := it.set.Exact()
	if !ok {
		return ""
	}
	of, err := q.sources.askOffers(ctx, q.lists, []string{it.name})
	if err != nil {
		return "" // it is only a hint
	}
	versions := of[it.name].versions
	if !it.have.isGone() {
		versions = append(versions, it.have.version)
	}
	for _, v := range versions {
		epoch, rest, ok := strings.Cut(v, ":")
		switch upstream, _, _ := strings.Cut(v, "-"); {
		case ok && rest == want:
			return fmt.Sprintf("; it has epoch %s: write version = %q", epoch, v)
		case upstream == want:
			return fmt.Sprintf("; write it in full: version = %q", v)
		}
	}
	const most = 4
	switch n := len(of[it.name].versions); {
	case n == 0:
		return ""
	case n > most:
		return fmt.Sprintf("; offered are %s and %d more", strings.Join(of[it.name].versions[:most], ", "), n-most)
	}
	return "; offered: " + strings.Join(of[it.name].versions, ", ")
}

// didYouMean is "; did you mean NAME?" if apt knows a name much like this one.
func (s *sources) didYouMean(ctx context.Context, l lists, name string) string {
	argv := append([]string{"apt-cache"}, l.options...)
	res, err := s.Run(ctx, tool.Command{Argv: append(argv, "pkgnames")})
	if err != nil || res.Status != 0 {
		return "" // it is only a hint
	}
	best := nearestName(name, strings.Lines(res.Stdout))
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// nearestName returns the name that was probably meant; "" if none is near.
func nearestName(name string, known iter.Seq[string]) string {
	limit := 3 // edits that are too many; of short names fewer
	if len(name) < 6 {
		limit = 2
	}
	best, least := "", limit
	for k := range known {
		k = strings.TrimSpace(k)
		if d := len(k) - len(name); d >= limit || -d >= limit {
			continue
		}
		d := levenshtein.Distance(name, k, nil)
		if haveSwapped(name, k) {
			d = 1
		}
		if d < least || best != "" && d == least && k < best {
			best, least = k, d
		}
	}
	return best
}

// haveSwapped reports whether two names differ by two neighbouring letters that changed places.
func haveSwapped(a, b string) bool {
	for i := 1; i < len(a) && len(a) == len(b); i++ {
		if a[i-1] != b[i-1] {
			return a[i-1] == b[i] && a[i] == b[i-1] && a[i+1:] == b[i+1:]
		}
	}
	return false
}
