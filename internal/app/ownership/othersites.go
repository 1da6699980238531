package ownership

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"converge/internal/app/past"
	"converge/internal/journal"
	"converge/internal/resource"
)

// NoteFormer returns, in a line for each, the sites that may be this one under a former path or name. To the ledger a
// manifest that was moved or renamed is a new site, and a plan would otherwise not mention what stays recorded for the
// old one.
func NoteFormer(o *Ledger) (notes []string) {
	if o.ID.Name == "" || o.ID.Name == journal.NoSite {
		return nil
	}
	lost, renamed := map[string]string{}, map[string]string{}
	counts := o.State.LedgerOf(o.ID).CountHeld(func(site string) bool {
		if lost[site] = adviseMoved(o, site); lost[site] == "" {
			renamed[site] = adviseRenamed(o.State.Status(), o.ID, site)
		}
		return lost[site]+renamed[site] != ""
	}, o.Site.Identity.Declares)
	for _, site := range slices.Sorted(maps.Keys(counts)) {
		// Any manifest may be lost, but only that of this site has things in common with it.
		if n := counts[site]; n.Made > 0 && n.Declared > 0 && lost[site] != "" || n.Undeclared > 0 && renamed[site] != "" {
			notes = append(notes, fmt.Sprintf("%s recorded for %s, %s; if not, they stay once nothing declares them, and converge forget lets go of them",
				countThings(n.Made), nameSite(site), lost[site]+renamed[site]))
		}
	}
	return notes
}

func countThings(n int) string {
	if n == 1 {
		return "1 thing that converge made is"
	}
	return fmt.Sprintf("%d things that converge made are", n)
}

// adviseMoved gives advice on another site of this tree whose manifest is missing; "": it exists.
func adviseMoved(o *Ledger, site string) string {
	tree := "@" + resource.EncodeBytes(o.Site.Root)
	if !strings.HasSuffix(o.ID.Name, tree) {
		tree = ""
	}
	if resource.EncodeBytes(past.LostManifest(site))+tree != site {
		return ""
	}
	return lostManifest + adviseLost(site)
}

const lostManifest = "whose manifest is not there any more: "

// describeOther returns another site than own in words for people.
func describeOther(st *journal.Status, own journal.Site, site string) string {
	if renamed := adviseRenamed(st, own, site); renamed != "" {
		return nameSite(site) + ", " + renamed
	}
	return describeSite(site)
}

// adviseRenamed gives advice on a site whose last run used own's manifest, and which may be own under a former name; "":
// it did not.
func adviseRenamed(st *journal.Status, own journal.Site, site string) string {
	if st == nil || strings.HasPrefix(site, "/") || st.Sites[site].Manifest == "" {
		return ""
	}
	name, tree, ok := strings.Cut(site, "@")
	if ok {
		tree = "@" + tree
	}
	if path := st.Sites[site].Manifest + tree; path != own.Name && !slices.Contains(own.Former, path) {
		return ""
	}
	return fmt.Sprintf("which was in this manifest: if that was its name, settings { formerly = [%q] } says so", name)
}

// describeSite returns a site in words for people.
func describeSite(site string) string {
	if lost := adviseLost(site); lost != "" {
		return nameSite(site) + ", " + lostManifest + lost
	}
	return nameSite(site)
}

func nameSite(site string) string {
	if site == journal.NoSite {
		return "a manifest from standard input"
	}
	return "site " + site
}

// adviseLost gives advice on a site whose manifest is missing; "": it exists.
func adviseLost(site string) string {
	path := past.LostManifest(site)
	if site == journal.NoSite || path == "" {
		return ""
	}
	return fmt.Sprintf("if it has moved here, settings { formerly = [%q] } says so", path)
}
