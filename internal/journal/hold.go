package journal

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"converge/internal/resource"
)

// NoSite is the site of a manifest with neither a name nor a path: one that was read from standard input. Its things
// are never found undeclared.
const NoSite = "-"

// Hold is one site's record of a thing that it declares or declared.
type Hold struct {
	Site     string
	Deps     []string // ledger keys that the thing depends on, sorted
	Notifies []LedgerNotify

	// Protected names the site that protects the thing, and the place in its manifest; "": no site does.
	Protected string
	Kept

	Files      // that contain the thing
	Whole bool // the site declares the content of the file, and converge did not write it
	Idle  bool // the site now only compares the thing, or has switched it off

	Content string // the digest of that content, sealed if it is sensitive; "": unknown
}

// LedgerNotify is a notification that a change of a thing sends.
type LedgerNotify struct {
	Target resource.Addr
	Key    string // the key of the target; "": it has none
	Verb   string
	When   resource.Timing

	// Want is the wanted value of the target, without secrets, so that it can be notified when no manifest declares it
	// any more. nil: not known.
	Want json.RawMessage
}

// holder is a Hold in the ledger's encoding: fields of escaped items.
type holder struct{ site, deps, tells string }

// Links are a site's dependencies and notifications of a thing, encoded by
// [EncodeLinks]. The zero value has none of either.
type Links struct{ deps, tells string }

// EncodeLinks writes dependencies, which it sorts, and notifications.
func EncodeLinks(deps []string, notifies []LedgerNotify) Links {
	slices.Sort(deps)
	var l Links
	l.deps = joinItems(slices.Compact(deps))
	if len(notifies) > 0 {
		items := make([]string, 0, 3*len(notifies))
		for _, n := range notifies {
			items = append(items, n.Key, strings.TrimSuffix(n.Verb+" "+string(n.When), " "+string(resource.Delayed)), n.Target.String())
		}
		l.tells = joinItems(items)
	}
	return l
}

// splitHolds splits the last part of a line of the ledger: three fields a site.
func splitHolds(text string) []holder {
	if text == "" {
		return nil
	}
	f := strings.Split(text, "\t")
	out := make([]holder, 0, (len(f)+2)/3)
	for ; len(f) > 0; f = f[min(3, len(f)):] {
		h := holder{site: f[0]}
		if len(f) > 1 {
			h.deps = f[1]
		}
		if len(f) > 2 {
			h.tells = f[2]
		}
		if h.site != "" {
			out = append(out, h)
		}
	}
	return out
}

func joinHolds(hs []holder) string {
	slices.SortFunc(hs, func(a, b holder) int { return strings.Compare(a.site, b.site) })
	var b strings.Builder
	for i, h := range hs {
		if i > 0 {
			b.WriteByte('\t')
		}
		b.WriteString(h.site + "\t" + h.deps + "\t" + h.tells)
	}
	return strings.TrimRight(b.String(), "\t")
}

// withHold returns holds with the site's present record of the thing, without the site's former names.
func withHold(holds, site string, former []string, l Links) string {
	site = escapeItem(site)
	if holds == "" && l == (Links{}) {
		return site
	}
	hs := slices.DeleteFunc(splitHolds(holds), func(h holder) bool {
		return h.site == site || slices.Contains(former, unescapeItem(h.site))
	})
	return joinHolds(append(hs, holder{site, l.deps, l.tells}))
}

// withoutHold is holds without the records of the sites.
func withoutHold(holds string, sites []string) string {
	return joinHolds(slices.DeleteFunc(splitHolds(holds), func(h holder) bool {
		return slices.Contains(sites, unescapeItem(h.site))
	}))
}

// isHeldBy reports whether one of the sites, given escaped, holds the entry.
func isHeldBy(holds string, sites []string) bool {
	if holds == "" {
		return false
	}
	if slices.Contains(sites, holds) { // the usual case
		return true
	}
	return slices.ContainsFunc(splitHolds(holds), func(h holder) bool { return slices.Contains(sites, h.site) })
}

// isHeldByOther reports whether a site other than these holds an entry.
func isHeldByOther(holds string, sites []string) bool {
	for n := 0; holds != ""; n++ {
		var item string
		if item, holds, _ = strings.Cut(holds, "\t"); n%3 == 0 && item != "" && !slices.Contains(sites, item) {
			return true
		}
	}
	return false
}

// decodeHolds returns the decoded holds. want returns the wanted value of a target.
func decodeHolds(text string, want func(site string, target resource.Addr) json.RawMessage) []Hold {
	var out []Hold
	for _, h := range splitHolds(text) {
		d := Hold{Site: unescapeItem(h.site)}
		d.Deps, d.Protected = cutProtected(splitItems(h.deps))
		d.Deps, d.Kept = cutKept(d.Deps)
		d.Deps, d.Files = cutFiles(d.Deps)
		d.Deps, d.Idle = cutIdle(d.Deps)
		d.Deps, d.Content, d.Whole = cutWhole(d.Deps)
		for t := splitItems(h.tells); len(t) >= 3; t = t[3:] {
			addr, err := resource.ParseAddr(t[2])
			if err != nil {
				continue // another version wrote it in another form
			}
			verb, when, _ := strings.Cut(t[1], " ")
			d.Notifies = append(d.Notifies, LedgerNotify{
				Target: addr, Key: t[0], Verb: verb, When: cmp.Or(resource.Timing(when), resource.Delayed), Want: want(d.Site, addr),
			})
		}
		out = append(out, d)
	}
	return out
}

// joinItems writes a list as one field of a line: items between spaces.
func joinItems(items []string) string {
	var b strings.Builder
	for i, it := range items {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(escapeItem(it))
	}
	return b.String()
}

func splitItems(field string) []string {
	if field == "" {
		return nil
	}
	items := strings.Split(field, " ")
	for i, it := range items {
		items[i] = unescapeItem(it)
	}
	return items
}

// escapeItem escapes spaces, too, and an empty item.
func escapeItem(s string) string {
	if s == "" {
		return `\e`
	}
	return strings.ReplaceAll(escapeField(s), " ", `\_`)
}

// unescapeItem restores an item or a field.
func unescapeItem(s string) string {
	switch {
	case s == `\e`:
		return ""
	case strings.IndexByte(s, '\\') < 0:
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			if at := strings.IndexByte(`\tn_`, s[i+1]); at >= 0 {
				c, i = "\\\t\n "[at], i+1
			}
		}
		out = append(out, c)
	}
	return string(out)
}
