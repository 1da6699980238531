package engine

import (
	"fmt"
	"slices"
	"strings"

	"converge/internal/resource"
)

// adviser says what brings a thing that a resource lacks.
type adviser struct{ *plan }

// advise completes the error of a resource that lacks something: with packages of this run that may
// bring it and that the resource does not come after, or else with one that is known to bring it.
func (r adviser) advise(i int, err error) error {
	key, own := resource.LackOf(err)
	if key == "" {
		return err
	}
	if packages := r.listLaterPackages(i, key); len(packages) > 0 {
		return resource.Advise(err, advisePending(packages)+"; otherwise "+own)
	}
	if r.Machine.Brings == nil {
		return err
	}
	name := r.Machine.Brings(key)
	switch {
	case name == "", r.declares("package:" + name):
		return err
	case r.ordersPackage(i, key, name):
		return resource.Advise(err, fmt.Sprintf("declare what brings it: package %q {}", name))
	}
	return resource.Advise(err, fmt.Sprintf("declare what brings it, package %q {}, and add depends_on = [%s]", name, resource.Addr{Kind: "package", Name: name}))
}

// declares reports whether a resource of the site provides a key.
func (r adviser) declares(key string) bool {
	return slices.ContainsFunc(r.Resources, func(res *resource.Resource) bool { return slices.Contains(res.Links().Provides, key) })
}

// ordersPackage reports whether a resource comes after a package by itself, once that is declared:
// see [lateLinker].
func (r adviser) ordersPackage(i int, key, name string) bool {
	isAccount := strings.HasPrefix(key, "user:") || strings.HasPrefix(key, "group:")
	return slices.ContainsFunc(r.Resources[i].Links().Needs, func(n resource.Need) bool {
		return n.Key == "package:"+name || n.Key == key && (n.Late || isAccount)
	})
}

// advisePending says what to add to a manifest that installs packages.
func advisePending(packages []string) string {
	const most = 3
	switch last := len(packages) - 1; {
	case last == 0:
		return fmt.Sprintf("if %s brings it, add depends_on = [%s]", packages[0], packages[0])
	case last < most:
		return fmt.Sprintf("if %s or %s brings it, name that in depends_on", strings.Join(packages[:last], ", "), packages[last])
	}
	return "if a package of this run brings it, name that in depends_on"
}

// listLaterPackages lists the packages that this run installs and that a resource does not come
// after: those whose names have to do with what it lacks, or else all.
func (r adviser) listLaterPackages(i int, key string) []string {
	var all, akin []string
	words := wordsOf(key)
	for p, res := range r.Resources {
		s := &r.steps[p]
		if r.Machine.shipperOf(res.Provider()) == nil || s.state == off || s.err != nil || s.action() != resource.Create || r.comesAfter(i, p) {
			continue
		}
		all = append(all, res.Addr.String())
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(res.Label(), w) }) {
			akin = append(akin, res.Addr.String())
		}
	}
	if len(akin) > 0 {
		return akin
	}
	return all
}

// wordsOf returns the words of a key that tell what a path or a program belongs to: of
// "path:/etc/ssh/sshd_config" "ssh".
func wordsOf(key string) (words []string) {
	_, name, _ := strings.Cut(key, ":")
	for _, w := range strings.FieldsFunc(name, func(c rune) bool { return strings.ContainsRune("/-_.@", c) }) {
		w = strings.TrimSuffix(w, "d") // that of daemons
		switch w {
		case "etc", "usr", "var", "opt", "srv", "lib", "bin", "sbin", "share", "local", "default", "conf", "config", "main", "service":
			continue
		}
		if len(w) > 2 {
			words = append(words, w)
		}
	}
	return words
}
