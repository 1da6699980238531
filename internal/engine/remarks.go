package engine

import "converge/internal/resource"

// remarks are what the engine knows of few steps only: a large site has a step for each
// resource, and most of them need nothing.
type remarks struct {
	differs  *resource.Change // how an audited resource differs from what is declared
	refused  error            // its solver refused it, or it was changed since the run that is taken back
	verdict  error            // why it has not lasted, or could not be renewed; see [resource.Verdicts]
	lasting  error            // why a rollback cannot take the planned change back; nil: it can, or that is not known
	loses    []string         // what it removes that no rollback brings back, though the rest goes back; see [resource.Review]
	removes  []string         // paths that the change removes besides what it is about
	lacks    string           // what it needs that is not there, where a package may bring it
	unready  error            // its solver's refusal, while something before it is pending that may help
	unsolved string           // what its solver cannot say yet, because something before it is pending
	tried    int              // effects made when it was left unfinished; 0: it was not
}

// notable returns the remarks on a step, to be read.
func (s *step) notable() remarks {
	if s.remarks == nil {
		return remarks{}
	}
	return *s.remarks
}

// remark returns the remarks on a step, to be added to.
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

// setRemoves notes the paths that a step removes besides what it is about.
func (s *step) setRemoves(paths []string) {
	if len(paths) > 0 || s.remarks != nil {
		s.remark().removes = paths
	}
}

// setLasting notes what a rollback cannot take back of a step.
func (s *step) setLasting(why error, loses []string) {
	if why != nil || len(loses) > 0 || s.remarks != nil {
		s.remark().lasting, s.remark().loses = why, loses
	}
}
