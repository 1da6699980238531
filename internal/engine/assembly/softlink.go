package assembly

// addSoftEdges draws the edges of [resources.Links.Before]: from a resource to
// all that need one of its keys, unless such an edge would close a cycle. An
// explicit dependency (a source of packages that depends on a package) wins over
// the usual order.
func (l *linker) addSoftEdges() {
	needers := l.softNeeds()
	for j := range l.rs {
		var later []softNeed
		for _, key := range l.links[j].Before {
			later = append(later, needers[key]...)
		}
		if len(later) == 0 {
			continue
		}
		earlier := l.g.Ahead(j)
		for _, n := range later {
			if n.i != j && !earlier[n.i] {
				l.g.Add(j, n.i, n.reason)
			}
		}
	}
}

// softNeed is a resource that needs a key of [resources.Links.Before].
type softNeed struct {
	i      int
	reason Reason
}

// softNeeds lists, by key, the resources that need what some resource has in
// [resources.Links.Before].
func (l *linker) softNeeds() map[string][]softNeed {
	needers := map[string][]softNeed{}
	for _, links := range l.links {
		for _, key := range links.Before {
			needers[key] = nil
		}
	}
	if len(needers) == 0 {
		return nil
	}
	for i, r := range l.rs {
		for _, need := range l.links[i].Needs {
			if _, soft := needers[need.Key]; soft {
				needers[need.Key] = append(needers[need.Key], softNeed{i, Reason{Text: need.Reason, Range: r.Range}})
			}
		}
	}
	return needers
}
