package ownership

import (
	"fmt"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// account is a user or a group, with its declaration of the other.
type account struct {
	*resource.Resource
	in resources.Membership
}

func (f *filesOf) addAccount(a account) {
	if !a.Off {
		for _, p := range resources.AccountFiles(a.Key) {
			f.accounts[p] = append(f.accounts[p], a.Resource)
		}
	}
	kind, _, _ := strings.Cut(a.in.Account(), ":")
	if kind == "" {
		return
	}
	if f.about[kind] == nil {
		f.about[kind] = map[string][]account{}
	}
	for _, key := range append(a.in.Others(), a.in.Account()) {
		f.about[kind][key] = append(f.about[kind][key], a)
	}
}

// findSeverer returns the resource that removes a user from a group although another site wants it there, or adds one
// although that site does not; nil: there is none.
func (f filesOf) findSeverer(e other) *contradiction {
	if resources.AccountFiles(e.LedgerEntry.Key) == nil {
		return nil
	}
	theirs := resources.ReadMembership(e.Resource)
	about := f.about["group"] // users and groups sever each other
	if strings.HasPrefix(theirs.Account(), "group:") {
		about = f.about["user"]
	}
	for _, key := range append(theirs.Others(), theirs.Account()) {
		for _, a := range about[key] {
			if group, user, ok := a.in.Severs(theirs); ok {
				return newContradiction(a.Resource, e.LedgerEntry, fmt.Sprintf("takes the user %q out of the group %q", user, group), "wants it in that group", adviceParts)
			}
			if group, user, ok := theirs.Severs(a.in); ok {
				return newContradiction(a.Resource, e.LedgerEntry, fmt.Sprintf("puts the user %q into the group %q", user, group), "does not want it in that group", adviceParts)
			}
		}
	}
	return nil
}

// findReplacer returns the resource that declares a whole file of accounts without the lines of another site's
// account; nil: there is none.
func (f filesOf) findReplacer(e other) *contradiction {
	if e.Resource == nil {
		return nil
	}
	for _, p := range resources.AccountFiles(e.LedgerEntry.Key) {
		if r := f.whole[p]; r != nil && !r.Off && resources.IsReplaced(f.files, p, e.Resource, r, e.Protect) {
			return newContradiction(r, e.LedgerEntry, fmt.Sprintf("wants another thing of %q", p), "wants it as it is", adviceParts)
		}
	}
	return nil
}

// findAccountIn returns the account of this site that wants something else in a file that another site declares as a
// whole; nil: there is none, or the file is not as that site has written it.
func (o *Ledger) findAccountIn(e other, f filesOf, path string) *contradiction {
	if len(f.accounts[path]) == 0 {
		return nil
	}
	digest, err := resource.BytesBlob(f.read(path)).Digest()
	if same, known := o.State.Wrote(e.LedgerEntry.Key, digest); known && !same || err != nil {
		return nil
	}
	for _, r := range f.accounts[path] {
		if resources.IsMissing(f.files, path, r) {
			return newContradiction(r, e.LedgerEntry, fmt.Sprintf("wants another thing of %q", path), "declares the whole of it", adviceParts)
		}
	}
	return nil
}

// findRemover returns the resource that wants absent what another site declares; nil: there is none. Its removal would
// end the ledger's entry for that site, too. The engine itself keeps protected things.
func (f filesOf) findRemover(e other) *contradiction {
	r := f.absent[e.LedgerEntry.Key]
	if r == nil || isProtected(e.LedgerEntry) || e.Resource != nil && e.Resource.Kind != nil && e.Resource.WantsAbsent() {
		return nil
	}
	return newContradiction(r, e.LedgerEntry, "wants it absent", "declares it", adviceParts)
}
