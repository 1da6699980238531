package units

import (
	"sync"

	"converge/internal/resource"
	"converge/resources"
)

// Restart is a unit that a change of the resource with the key restarts or reloads.
type Restart struct{ Key, Unit string }

// site knows what the site declares besides unit files.
type site struct {
	dropped  func() []Restart // for orphans; nil: there are none
	declared []*resource.Resource
	read     sync.Once         // of declared, on first use
	makes    map[string]bool   // keys of units and paths that the site makes
	modes    map[string]string // of declared files, by key; "": none is declared
	opaque   bool              // it declares what may change files that it does not name
	restarts map[string]bool   // "KEY UNIT": a change of the resource with KEY restarts the unit
}

func (s *site) declare(rs []*resource.Resource) { s.declared, s.read = rs, sync.Once{} }

// isMade reports whether the site makes the thing with a key.
func (s *site) isMade(key string) bool {
	s.read.Do(s.readDeclared)
	return s.makes[key]
}

// modeOf returns the mode that the site declares of a file, by its key; "" leaves it as it is.
func (s *site) modeOf(key string) (mode string, isFile bool) {
	s.read.Do(s.readDeclared)
	mode, isFile = s.modes[key]
	return mode, isFile
}

// isOpaque reports whether the site declares what may change files without naming them.
func (s *site) isOpaque() bool {
	s.read.Do(s.readDeclared)
	return s.opaque
}

// fileMode is the part of a wanted value that says which mode a file is to have.
type fileMode struct {
	Type string               `attr:"type"`
	Mode resource.Opt[string] `attr:"mode"`
}

func (s *site) readDeclared() {
	rs := s.declared
	s.makes, s.restarts, s.modes, s.opaque = map[string]bool{}, map[string]bool{}, map[string]string{}, false
	services := map[resource.Addr]string{}
	for _, r := range rs {
		if r.Kind.Name == "service" {
			services[r.Addr] = resource.Must[resources.ServiceWant](r.Want).Name
		}
	}
	for _, r := range rs {
		s.opaque = s.opaque || r.Kind.Opaque && r.IsEnforced()
		if !r.IsEnforced() || r.Kind.Links == nil || r.WantsAbsent() {
			continue
		}
		keys := r.Links().Provides
		for _, key := range keys {
			s.makes[key] = true
		}
		if f := resource.Part[fileMode](r.Want); f.Type == resources.TypeFile && len(keys) > 0 {
			s.modes[keys[0]] = f.Mode.Value
		}
		for _, n := range r.Notifies {
			if unit := services[n.Target]; unit != "" && AppliesSettings(n.Verb) && len(keys) > 0 {
				s.noteRestart(Restart{keys[0], unit})
			}
		}
	}
	if s.dropped != nil {
		for _, r := range s.dropped() {
			s.noteRestart(r)
		}
	}
}

// AppliesSettings reports whether a verb makes a unit read its settings again.
func AppliesSettings(verb string) bool { return verb == "restart" || verb == "reload" }

func (s *site) noteRestart(r Restart) {
	s.restarts[r.Key+" "+r.Unit] = true
}

// restartsUnit reports whether a change of the file at a path restarts a unit.
func (s *site) restartsUnit(path, unit string) bool {
	s.read.Do(s.readDeclared)
	return s.restarts["path:"+resource.EncodeBytes(path)+" "+unit]
}
