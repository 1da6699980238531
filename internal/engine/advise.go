package engine

import (
	"fmt"
	"slices"
	"strings"

	"converge/internal/resource"
)

// advise completes the error of a resource that lacks something: with packages of this run that may
// bring it and that the resource does not come after, or else with one that is known to bring it.
func (r *adviser) advise(i int, err error) error {
	key, own := resource.LackOf(err)
	if key == "" {
		return err
	}
	b := r.bringersOf(key)
	if packages := r.listLaterPackages(i, b); len(packages) > 0 {
		return resource.Advise(err, advisePending(packages)+"; otherwise "+own)
	}
	name := b.known
	switch {
	case name == "", b.isDeclared:
		return err
	case r.ordersPackage(i, key, name):
		return resource.Advise(err, fmt.Sprintf("declare what brings it: package %q {}", name))
	}
	return resource.Advise(err, fmt.Sprintf("declare what brings it, package %q {}, and add depends_on = [%s]", name, resource.Addr{Kind: "package", Name: name}))
}

// ordersPackage reports whether a resource comes after a package by itself, once that is declared:
// see [lateLinker].
func (r *adviser) ordersPackage(i int, key, name string) bool {
	isAccount := strings.HasPrefix(key, "user:") || strings.HasPrefix(key, "group:")
	return slices.ContainsFunc(r.Resources[i].Links().Needs, func(n resource.Need) bool {
		return n.Key == "package:"+name || n.Key == key && (n.Late || isAccount)
	})
}

// mostAdvised is how many packages an advice names.
const mostAdvised = 3

// advisePending says what to add to a manifest that installs packages.
func advisePending(packages []string) string {
	switch last := len(packages) - 1; {
	case last == 0:
		return fmt.Sprintf("if %s brings it, add depends_on = [%s]", packages[0], packages[0])
	case last < mostAdvised:
		return fmt.Sprintf("if %s or %s brings it, name that in depends_on", strings.Join(packages[:last], ", "), packages[last])
	}
	return "if a package of this run brings it, name that in depends_on"
}

// listLaterPackages lists packages that this run installs and that a resource does not come after: those whose names have
// to do with what it lacks, or else any. It ends where there are more than an advice names.
func (r *adviser) listLaterPackages(i int, b bringers) (later []string) {
	before := map[int]bool{}
	for e := range r.Graph.Before(i) {
		before[e.From] = true
	}
	for _, packages := range [][]int{b.akin, r.packages} {
		for _, p := range packages {
			if !before[p] && r.isInstalled(p) {
				later = append(later, r.Resources[p].Addr.String())
			}
			if len(later) > mostAdvised {
				return later
			}
		}
		if len(later) > 0 {
			break
		}
	}
	return later
}
