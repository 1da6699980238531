package apktest

import (
	"fmt"
	"slices"
	"strings"
)

// report prints a change as apk does.
func (k *call) report(i, n int, c change, w *state) {
	verb := c.verb()
	switch {
	case c.from == nil:
		k.say("(%d/%d) %s %s (%s)", i, n, verb, c.to.name, c.to.version)
	case c.to == nil:
		k.say("(%d/%d) %s %s (%s)", i, n, verb, c.from.name, c.from.version)
	case verb == "Reinstalling":
		if w.fileOf(c.to) == "" && c.to.file == "" {
			verb = "[APK unavailable, skipped] Reinstalling"
		}
		k.say("(%d/%d) %s %s (%s)", i, n, verb, c.to.name, c.to.version)
	default:
		k.say("(%d/%d) %s %s (%s -> %s)", i, n, verb, c.to.name, c.from.version, c.to.version)
	}
}

// summarize prints apk's last line.
func (k *call) summarize(errs, installed int) {
	head := "OK:"
	if errs == 1 {
		head = "1 error;"
	} else if errs > 1 {
		head = fmt.Sprintf("%d errors;", errs)
	}
	k.say("%s 9 MiB in %d packages", head, installed)
}

// reportProblems prints why no packages could be selected, as apk does: names that
// nothing has, names that are only provided, and packages that something breaks.
func (k *call) reportProblems(w *state) {
	k.complain("unable to select packages:")
	asked, chosen := w.greedy()
	done := map[string]bool{}
	for _, a := range asked {
		if a.not || done[a.name] {
			continue
		}
		switch have := w.named(a.name); {
		case len(have) == 0:
			done[a.name] = true
			k.reportName(a.name, asked, w.providing(a.name))
		case !slices.ContainsFunc(chosen, a.matches):
			done[a.name] = true
			k.reportPackage(have[0], asked)
		}
	}
	for _, p := range chosen {
		if !done[p.name] && slices.ContainsFunc(asked, func(a request) bool { return a.not && a.matches(p) || !a.not && a.name == p.name && !a.matches(p) }) {
			k.reportPackage(p, asked)
		}
	}
}

// request is a constraint with its owner, "world" or a package.
type request struct {
	dep
	by string
}

func (r request) String() string { return r.by + "[" + r.dep.String() + "]" }

// greedy chooses a package for every constraint as if it were the only one.
func (w *state) greedy() (asked []request, chosen []*pkg) {
	for _, d := range w.world {
		asked = append(asked, request{d, "world"})
	}
	for i := 0; i < len(asked); i++ {
		a := asked[i]
		if a.not || slices.ContainsFunc(chosen, a.matches) {
			continue
		}
		for _, p := range w.candidates(a.dep) {
			if slices.ContainsFunc(chosen, func(c *pkg) bool { return c.name == p.name }) {
				continue
			}
			chosen = append(chosen, p)
			for _, d := range p.depends {
				asked = append(asked, request{d, p.String()})
			}
			break
		}
	}
	return asked, chosen
}

func (w *state) named(name string) (list []*pkg) {
	for _, p := range slices.Concat(w.offers, w.installed) {
		if p.name == name {
			list = append(list, p)
		}
	}
	return list
}

func (w *state) providing(name string) (list []string) {
	for _, p := range slices.Concat(w.offers, w.installed) {
		if slices.ContainsFunc(p.provide, func(d dep) bool { return d.name == name }) && !slices.Contains(list, p.name) {
			list = append(list, p.name)
		}
	}
	return list
}

func (k *call) reportName(name string, asked []request, providers []string) {
	if len(providers) > 0 {
		fmt.Fprintf(&k.err, "  %s (virtual):\n    provided by: %s\n", name, strings.Join(providers, "\n                 "))
	} else {
		fmt.Fprintf(&k.err, "  %s (no such package):\n", name)
	}
	var by []string
	for _, a := range asked {
		if !a.not && a.name == name {
			by = append(by, a.String())
		}
	}
	fmt.Fprintf(&k.err, "    required by: %s\n", strings.Join(by, "\n                 "))
}

func (k *call) reportPackage(p *pkg, asked []request) {
	fmt.Fprintf(&k.err, "  %s:\n", p)
	var breaks, satisfies []string
	for _, a := range asked {
		matches := a.matches(p)
		switch {
		case a.not && matches, !a.not && a.name == p.name && !matches:
			breaks = append(breaks, a.String())
		case !a.not && matches:
			satisfies = append(satisfies, a.String())
		}
	}
	if len(breaks) > 0 {
		fmt.Fprintf(&k.err, "    breaks: %s\n", strings.Join(breaks, "\n            "))
	}
	if len(satisfies) > 0 {
		fmt.Fprintf(&k.err, "    satisfies: %s\n", strings.Join(satisfies, "\n               "))
	}
}
