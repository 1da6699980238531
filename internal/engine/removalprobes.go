package engine

import (
	"slices"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// askAfter orders each check that concerns something removed, or a target that a removal notifies, after the removal,
// unless that would close a cycle. The check is then asked once, and its subject notified once.
func (b *removalBuilder) askAfter(g *assembly.Graph) {
	for p := range b.first {
		if !b.isProbe(p) || !takesActions(b.Resources[p]) {
			continue
		}
		ahead, behind := g.Ahead(p), g.Behind(p)
		about := func(n resource.Notify) bool {
			t, known := b.at.find(n.Target)
			return known && (t == p || ahead[t])
		}
		for i := b.first; i < b.targets; i++ {
			if !behind[i] && slices.ContainsFunc(b.resource(i).Notifies, about) {
				g.Add(i, p, assembly.Reason{Text: "it asks about that"})
			}
		}
	}
}

// postponeBehind postpones declared resources that come after a thing that is only removed when all the rest is right,
// and the checks that concern the targets of those.
func (b *removalBuilder) postponeBehind() {
	late := b.markPostponed()
	told := slices.Clone(late) // includes resources after a postponed one, or notified by one, directly or not
	for _, i := range b.order {
		if late[i] {
			continue
		}
		for e := range b.Graph.Before(i) {
			late[i] = late[i] || late[e.From] && !e.Reason.Guess && !e.Reason.Notice
			told[i] = told[i] || told[e.From] && !e.Reason.Guess
		}
		late[i] = late[i] || told[i] && b.isProbe(i)
		told[i] = told[i] || late[i]
		if late[i] && b.steps[i].state == waiting {
			b.postponed = append(b.postponed, i)
		}
	}
}
