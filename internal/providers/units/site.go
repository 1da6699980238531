package units

import (
	"iter"
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
	read     sync.Once              // of declared, on first use
	makes    map[string]bool        // keys of units and paths that the site makes
	modes    map[string]string      // of declared files, by key; "": none is declared
	causes   map[resource.Addr]bool // a change of the resource runs a command
	restarts map[string]bool        // "KEY UNIT": a change of the resource with KEY restarts the unit
	opaque   bool                   // the plan has a change that may change files that it does not name
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

// foresee records whether the changes of a plan may change files without naming them: packages, archives and commands
// do, also a command that a change notifies. One that is declared and has nothing to do does not.
func (s *site) foresee(cs []resource.Change, beside iter.Seq[resource.Change]) {
	s.read.Do(s.readDeclared)
	s.opaque = false
	for _, c := range cs {
		s.opaque = s.opaque || s.causes[c.Addr]
	}
	for c := range beside {
		s.opaque = s.opaque || s.causes[c.Addr] || c.Kind != nil && c.Kind.Opaque && c.Action != resource.Delete
	}
}

// fileMode is the part of a wanted value that says which mode a file is to have.
type fileMode struct {
	Type string               `attr:"type"`
	Mode resource.Opt[string] `attr:"mode"`
}

func (s *site) readDeclared() {
	rs := s.declared
	s.makes, s.restarts, s.modes, s.causes = map[string]bool{}, map[string]bool{}, map[string]string{}, map[resource.Addr]bool{}
	services, opaque := map[resource.Addr]string{}, map[resource.Addr]bool{}
	for _, r := range rs {
		if r.Kind.Name == "service" {
			services[r.Addr] = resource.Must[resources.ServiceWant](r.Want).Name
		}
		opaque[r.Addr] = r.Kind.Opaque
	}
	for _, r := range rs {
		for _, n := range r.Notifies {
			s.causes[r.Addr] = s.causes[r.Addr] || opaque[n.Target]
		}
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
