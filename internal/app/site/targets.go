package site

import (
	"path"
	"slices"
	"strings"

	"converge/internal/app/exit"
	"converge/internal/manifest/diag"
	"converge/internal/resource"
)

// mostAddresses is the number of addresses that are proposed for an undeclared one.
const mostAddresses = 5

// proposeAddresses returns hints about a value of --target or --exclude without a resource: the addresses with its
// name or a similar one, quoted for a shell.
func (s *Site) proposeAddresses(flag, given string) []string {
	isNear := func(a, b string) bool { return diag.Misspelt(a, []string{b}) != "" }
	found := s.findByName(given, func(a, b string) bool { return a == b })
	if len(found) == 0 {
		found = s.findByName(given, isNear)
	}
	if len(found) == 0 {
		kind, _ := splitAddress(given)
		for _, r := range s.Resources {
			if r.Addr.Kind == kind || isNear(kind, r.Addr.Kind) {
				found = append(found, r.Addr.String())
			}
		}
	}
	if len(found) == 0 {
		return []string{"converge graph lists the addresses"}
	}
	rest := len(found) - mostAddresses
	found = found[:min(len(found), mostAddresses)]
	for i, addr := range found {
		found[i] = flag + " " + quoteForShell(addr)
	}
	hint := "did you mean " + strings.Join(found, " or ") + "?"
	if rest > 0 {
		hint += " converge graph lists the others"
	}
	return []string{hint}
}

// findByName returns the addresses with a part similar to a part of the given one: the whole, the name of a resource,
// that of a module or a key. If some are of the given kind, it returns only these.
func (s *Site) findByName(given string, like func(given, name string) bool) (found []string) {
	kind, name := splitAddress(given)
	last := name[strings.LastIndexAny(name, ".[")+1:]
	var ofKind []string
	for _, r := range s.Resources {
		for _, a := range append([]resource.Addr{r.Addr}, r.Also...) {
			text := a.String()
			names := []string{a.Name, path.Base(a.Name), a.Key, r.Key, strings.TrimPrefix(r.Key, a.Kind+":"), strings.TrimPrefix(r.Key, "path:"), text}
			hit := like(given, text) || slices.ContainsFunc(names, func(n string) bool {
				return n != "" && (like(name, n) || like(given, n) || like(last, n))
			})
			isInModule := a.Module != "" && like(strings.TrimPrefix(given, "module."), a.Module)
			switch {
			case isInModule && !slices.Contains(found, "module."+a.Module):
				found = append(found, "module."+a.Module)
			case hit && !slices.Contains(found, text):
				found = append(found, text)
				if kind == a.Kind || diag.Misspelt(kind, []string{a.Kind}) != "" {
					ofKind = append(ofKind, text)
				}
			}
		}
	}
	if len(ofKind) > 0 {
		return ofKind
	}
	return found
}

// splitAddress extracts the kind and the name from a possible address in any notation: service.nginx, service/nginx,
// Service[nginx], file[/etc/motd], nginx.
func splitAddress(given string) (kind, name string) {
	i := strings.IndexAny(given, ".[/:")
	if i <= 0 {
		return "", given
	}
	kind, name = strings.ToLower(given[:i]), strings.Trim(given[i:], ".[]:\"'")
	if given[i] == '/' {
		name = strings.TrimPrefix(name, "/")
	}
	return kind, name
}

// quoteForShell quotes an address for a shell.
func quoteForShell(addr string) string {
	if strings.ContainsAny(addr, "[]\"'* $\\;&|<>()!`?") {
		return "'" + strings.ReplaceAll(addr, "'", `'\''`) + "'"
	}
	return addr
}

// refuseAddress returns the error about a value of --target or --exclude without a resource.
func (s *Site) refuseAddress(err error, flag, given string) error {
	return exit.With(exit.Failure, err, s.proposeAddresses(flag, given)...)
}
