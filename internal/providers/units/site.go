package units

import (
	"slices"
	"strings"
	"sync"

	"converge/internal/resource"
	"converge/resources"
)

// site is what the site declares besides unit files.
type site struct {
	declared []*resource.Resource
	read     sync.Once       // of declared, when the first unit asks
	makes    map[string]bool // keys of units and paths that are to be there
	restarts map[string]bool // "KEY UNIT": a change of the thing KEY restarts the unit
}

func (s *site) declare(rs []*resource.Resource) { s.declared, s.read = rs, sync.Once{} }

// isMade reports whether the site makes the thing of a key.
func (s *site) isMade(key string) bool {
	s.read.Do(s.readDeclared)
	return s.makes[key]
}

func (s *site) readDeclared() {
	rs := s.declared
	s.makes, s.restarts = map[string]bool{}, map[string]bool{}
	services := map[resource.Addr]string{}
	for _, r := range rs {
		if r.Kind.Name == "service" {
			services[r.Addr] = resource.Must[resources.ServiceWant](r.Want).Name
		}
	}
	for _, r := range rs {
		if r.Off || r.Kind.Links == nil || resource.WantsAbsent(r.Want) {
			continue
		}
		keys := r.Kind.Links(r.Want).Provides
		for _, key := range keys {
			s.makes[key] = true
		}
		for _, n := range r.Notifies {
			if unit := services[n.Target]; unit != "" && slices.Contains([]string{"restart", "reload"}, n.Verb) && len(keys) > 0 {
				s.restarts[keys[0]+" "+unit] = true
			}
		}
	}
}

// restartsUnit reports whether a change of the file at a path restarts a unit, or an
// instance of it.
func (s *site) restartsUnit(path, unit string) bool {
	s.read.Do(s.readDeclared)
	key := "path:" + resource.EncodeBytes(path)
	if s.restarts[key+" "+unit] {
		return true
	}
	prefix, ok := strings.CutSuffix(unit, "@.service")
	for k := range s.restarts {
		if ok && strings.HasPrefix(k, key+" "+prefix+"@") {
			return true
		}
	}
	return false
}
