package assembly

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

// merger finds resources of one thing and merges them.
type merger struct {
	rs    []*resource.Resource
	links linkList
	into  map[int]int // resource → the earlier one of the same thing
	diags hcl.Diagnostics
}

func (m *merger) merge(ctx context.Context, names Names) {
	first := make(map[string]int, len(m.rs))
	for i, r := range m.rs {
		if r.Off || len(m.links.at(i).Provides) == 0 {
			continue
		}
		j, taken := first[r.Key]
		if !taken {
			first[r.Key] = i
			continue
		}
		if d := disagreement(ctx, names, m.rs[j], r); d != nil {
			m.diags = append(m.diags, d)
			continue
		}
		m.into[i] = j
	}
	if len(m.into) > 0 && len(m.diags) == 0 {
		m.join()
	}
}

// disagreement describes two resources that declare one thing differently.
func disagreement(ctx context.Context, names Names, old, r *resource.Resource) *hcl.Diagnostic {
	var what string
	differ := slices.DeleteFunc(resource.Disagree(old, r), func(attr string) bool { return nameOneAccount(ctx, names, old, r, attr) })
	switch {
	case len(differ) == 0:
		return nil
	case slices.Contains(differ, "type"):
		what = fmt.Sprintf("one is %s, the other %s", resource.WithArticle(typeOf(old)), resource.WithArticle(typeOf(r)))
	default:
		what = "they differ in " + strings.Join(differ, ", ")
	}
	_, name, _ := strings.Cut(r.Key, ":")
	at := r.Range
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Declared twice", Subject: &at,
		Detail: fmt.Sprintf("%s and %s (%s:%d) both stand for %q%s, and say different things of it: %s.",
			r.Addr, old.Addr, old.Range.Filename, old.Range.Start.Line, name, spellings(old, r, name), what) + cmp.Or(linkInPlace(old, r, name), wayOut(old, r)),
	}
}

// typeOf is the type of thing that a resource makes: kinds whose resources are of several types state it.
func typeOf(r *resource.Resource) string {
	if a, ok := r.Kind.Attr("type"); ok {
		return cmp.Or(a.Text(r.Want), r.Addr.Kind)
	}
	return r.Addr.Kind
}

// linkInPlace describes what to do if one of two resources is a directory with a link in its place, which makes it the
// same thing as the other: an earlier run may have made the link.
func linkInPlace(a, b *resource.Resource, name string) string {
	for _, r := range []*resource.Resource{a, b} {
		if p := r.Label(); typeOf(r) == "directory" && path.Base(p) != path.Base(name) {
			return fmt.Sprintf(" A directory is managed where a link in its place leads: remove the link %q if it is to be a directory.", p)
		}
	}
	return ""
}

// wayOut describes what to do about two resources that declare one thing differently.
func wayOut(a, b *resource.Resource) string {
	files := []string{"file", "template"}
	switch {
	case slices.Contains(files, a.Addr.Kind) && slices.Contains(files, b.Addr.Kind):
		return fmt.Sprintf(" Remove one of them, or give it another path; a part of a file that another block writes is a resource of the kind line, block or setting, and that other block then leaves content out.")
	case a.Addr.Kind == b.Addr.Kind:
		return " Remove one of them, and put what both say into the other."
	}
	return " Remove one of them, or give it another name."
}

// nameOneAccount reports whether one resource names an account by its name and the other by its number. Without a
// machine to ask, any name and number count as one account: a plan asks the machine.
func nameOneAccount(ctx context.Context, names Names, old, r *resource.Resource, attr string) bool {
	a, known := r.Kind.Attr(attr)
	v, w := a.Text(old.Want), a.Text(r.Want)
	if !known || !a.ByNumber || v == "" || w == "" || isNumber(v) == isNumber(w) {
		return false
	}
	return names.SameAccount == nil || names.SameAccount(ctx, attr, v, w)
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

// spellings describes how two resources spell the name of one thing, if the spellings differ from name.
func spellings(a, b *resource.Resource, name string) string {
	var other []string
	for _, r := range []*resource.Resource{b, a} {
		if s := r.Label(); s != "" && s != name && !slices.Contains(other, fmt.Sprintf("%q", s)) {
			other = append(other, fmt.Sprintf("%q", s))
		}
	}
	if len(other) == 0 {
		return ""
	}
	return " (as " + strings.Join(other, " and ") + ")"
}

// join keeps one resource for each thing. That resource takes over all edges and all notifications, and references to
// the others mean it.
func (m *merger) join() {
	names := make(map[resource.Addr]resource.Addr, len(m.into))
	more := map[int][]int{}
	for _, i := range slices.Sorted(maps.Keys(m.into)) {
		j := m.into[i]
		more[j] = append(more[j], i)
		for _, a := range append([]resource.Addr{m.rs[i].Addr}, m.rs[i].Also...) {
			names[a] = m.rs[j].Addr
		}
	}
	for j, is := range more {
		m.rs[j], m.links.others[j] = m.joined(j, is)
	}
	left := linkList{others: map[int]resource.Links{}}
	for i, r := range m.rs {
		if _, gone := m.into[i]; gone {
			continue
		}
		if other, ok := m.links.others[i]; ok {
			left.others[len(left.rs)] = other
		}
		left.rs = append(left.rs, rename(r, names))
	}
	m.rs, m.links = left.rs, left
}

// joined is resource j with the additions of the others.
func (m *merger) joined(j int, others []int) (*resource.Resource, resource.Links) {
	r, l := *m.rs[j], m.links.at(j)
	r.Also, r.DependsOn, r.Notifies = slices.Clone(r.Also), slices.Clone(r.DependsOn), slices.Clone(r.Notifies)
	r.Secret = maps.Clone(r.Secret)
	l.Provides, l.Shares, l.Needs, l.Before = slices.Clone(l.Provides), slices.Clone(l.Shares), slices.Clone(l.Needs), slices.Clone(l.Before)
	for _, i := range others {
		o, more := m.rs[i], m.links.at(i)
		r.Also = append(append(r.Also, o.Addr), o.Also...)
		r.DependsOn, r.Notifies = append(r.DependsOn, o.DependsOn...), append(r.Notifies, o.Notifies...)
		if r.Secret == nil {
			r.Secret = map[string]bool{}
		}
		maps.Copy(r.Secret, o.Secret)
		r.Protect = r.Protect || o.Protect
		l.Provides, l.Shares, l.Needs = append(l.Provides, more.Provides...), append(l.Shares, more.Shares...), append(l.Needs, more.Needs...)
		l.Before = append(l.Before, more.Before...)
	}
	return &r, l
}

// rename makes a resource name others by their present addresses, each once. It omits itself.
func rename(r *resource.Resource, names map[resource.Addr]resource.Addr) *resource.Resource {
	named := func(a resource.Addr) bool { return names[a] != resource.Addr{} }
	if !slices.ContainsFunc(r.DependsOn, func(d resource.Dep) bool { return named(d.On) }) &&
		!slices.ContainsFunc(r.Notifies, func(n resource.Notify) bool { return named(n.Target) }) && len(r.Also) == 0 {
		return r
	}
	type edge struct {
		target resource.Addr
		verb   string
		when   resource.Timing
	}
	seen := map[edge]bool{}
	now := func(a resource.Addr, verb string, when resource.Timing) (resource.Addr, bool) {
		if named(a) {
			a = names[a]
		}
		t := edge{a, verb, when}
		again := a == r.Addr || seen[t]
		seen[t] = true
		return a, !again
	}
	out := *r
	var fresh bool
	out.DependsOn, out.Notifies = nil, nil
	for _, d := range r.DependsOn {
		if d.On, fresh = now(d.On, "", ""); fresh {
			out.DependsOn = append(out.DependsOn, d)
		}
	}
	for _, n := range r.Notifies {
		if n.Target, fresh = now(n.Target, n.Verb, n.When); fresh {
			out.Notifies = append(out.Notifies, n)
		}
	}
	return &out
}
