package engine

import "converge/internal/resource"

// remarks are what the engine knows of few steps only: a large site has a step for each resource, and most need
// nothing.
type remarks struct {
	differs  *resource.Change // how an audited resource differs from its declaration
	refused  error            // its solver refused it, or it was changed after the run that is taken back
	verdict  error            // why it did not last, or could not be renewed; see [resource.Verdicts]
	lasting  error            // why a rollback cannot take the planned change back; nil: it can, or that is not known
	loses    []string         // what it removes for good, though a rollback restores the rest; see [resource.Review]
	removes  []string         // paths that the change removes in addition to its own thing
	goesWith string           // the removed thing with which a declared one goes, though it is not itself removed
	lacks    string           // a missing thing that it needs, if a package may provide it
	unready  error            // its solver's refusal, while something pending before it may help
	unsolved string           // what its solver cannot answer yet, because something before it is pending
	tried    int              // number of effects when it was left unfinished; 0: it was not
}

// notable returns the remarks on a step, for reading.
func (s *step) notable() remarks {
	if s.remarks == nil {
		return remarks{}
	}
	return *s.remarks
}

// remark returns the remarks on a step, for writing.
func (s *step) remark() *remarks {
	if s.remarks == nil {
		s.remarks = &remarks{}
	}
	return s.remarks
}

// refuse notes why a step is refused; nil: it is not.
func (s *step) refuse(why error) {
	if why != nil || s.remarks != nil {
		s.remark().refused = why
	}
}

// setVerdict notes why a step has not lasted; nil: it has.
func (s *step) setVerdict(verdict error) {
	if verdict != nil || s.remarks != nil {
		s.remark().verdict = verdict
	}
}

// setRemoves notes the paths that a step removes in addition to its own thing.
func (s *step) setRemoves(paths []string) {
	if len(paths) > 0 || s.remarks != nil {
		s.remark().removes = paths
	}
}

// setLasting notes what a rollback of a step cannot restore.
func (s *step) setLasting(why error, loses []string) {
	if why != nil || len(loses) > 0 || s.remarks != nil {
		s.remark().lasting, s.remark().loses = why, loses
	}
}
