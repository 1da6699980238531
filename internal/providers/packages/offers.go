package packages

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// errStale means that a newer index may offer what the present one does not.
var errStale = errors.New("the package index may be out of date")

// pickOffers picks a package and a version for every item that needs one.
func (j *job) pickOffers(ctx context.Context) error {
	var open []*item
	var names []string
	for _, it := range j.items {
		if it.needsOffer() {
			open, names = append(open, it), append(names, it.calledFor())
		}
	}
	if len(open) == 0 {
		return nil
	}
	offers, err := j.Index.ListOffers(ctx, names)
	if err != nil {
		return fmt.Errorf("cannot ask %s what is offered: %w", j.Name, err)
	}
	for _, it := range open {
		of := offers[it.calledFor()]
		o, ok := j.chooseOffer(it, of)
		switch {
		case ok:
			j.takeOffer(it, o, of)
		case !j.fresh:
			return errStale
		default:
			it.err = errors.New(explainOffers(it, of))
		}
	}
	return nil
}

// calledFor is the name of an item in the manifest.
func (it *item) calledFor() string {
	if it.asked != "" {
		return it.asked
	}
	return it.name
}

// chooseOffer returns the manager's preferred offer among the allowed ones: by packages with that name, then by those
// that provide it.
func (j *job) chooseOffer(it *item, of []Offer) (Offer, bool) {
	_, arch, _ := j.cutArch(it.calledFor())
	for _, virtual := range []bool{false, true} {
		for _, o := range of {
			if o.Virtual != virtual || arch != "" && o.Arch != arch && o.Name != it.calledFor() {
				continue
			}
			v := o.Version
			if virtual {
				v = o.Provides
			}
			if len(it.set) == 0 || v != "" && j.allows(it.set, v) {
				return o, true
			}
		}
	}
	return Offer{}, false
}

// takeOffer has the word name an offer. A name that only others provide becomes
// theirs.
func (j *job) takeOffer(it *item, o Offer, all []Offer) {
	if o.Virtual {
		it.asked, it.name = it.calledFor(), o.Name
		it.word.Name = o.Name
		for _, other := range all {
			if other.Virtual && other.Name != o.Name && !slices.Contains(it.others, other.Name) {
				it.others = append(it.others, other.Name)
			}
		}
	}
	it.word.Version, it.word.Source = o.Version, o.Source
	have, there := j.db.find(it.name)
	if !there {
		return
	}
	it.f.have, it.f.there = have, true
	c := j.Compare(o.Version, have.Version)
	it.word.Downgrade = c < 0
	if it.ensure == "latest" && have.Broken == "" && (c == 0 || c < 0 && !it.downgrade) {
		it.word = nil // it is installed
	}
}

// explainOffers explains why no offer is wanted.
func explainOffers(it *item, of []Offer) string {
	if len(of) == 0 {
		return "it is in none of the package sources"
	}
	var plain, virtual []string
	for _, o := range of {
		switch {
		case !o.Virtual && !slices.Contains(plain, o.Version):
			plain = append(plain, o.Version)
		case o.Virtual:
			virtual = append(virtual, o.Name+" "+o.Version)
		}
	}
	if len(plain) == 0 {
		return "no package is called so, and those that provide it do so in other versions: " + strings.Join(virtual, ", ")
	}
	msg := "it is offered only in versions that are not wanted: " + strings.Join(plain, ", ")
	want, exact := it.set.Exact()
	for _, v := range plain {
		epoch, rest, ok := strings.Cut(v, ":")
		switch base, _, _ := cutLast(v, "-"); {
		case !exact:
		case ok && rest == want:
			msg += fmt.Sprintf("; it has epoch %s: write version = %q", epoch, v)
		case base == want, ok && strings.HasPrefix(rest, want+"-"):
			msg += fmt.Sprintf("; write it in full: version = %q", v)
		}
	}
	return msg
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
