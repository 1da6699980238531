package zypper

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"converge/internal/providers/rpm"
)

// findFailures records which words of the script fail. It returns an error if the problems match no word.
func (s *script) findFailures(a answer) error {
	missing := regexp.MustCompile(`^No provider of '(.+)' found\.$`)
	unreadable := regexp.MustCompile(`^Problem with the RPM file specified as '(.+)', skipping\.$`)
	for _, text := range a.errors {
		for _, line := range strings.Split(text, "\n") {
			for _, re := range []*regexp.Regexp{missing, unreadable} {
				if m := re.FindStringSubmatch(line); m != nil {
					s.failWord(m[1])
				}
			}
		}
	}
	for _, p := range splitProblems(a.problems) {
		s.blameWords(p)
	}
	if len(s.failed) == 0 && len(a.problems) > 0 {
		return errors.New(strings.Join(strings.Fields(strings.Join(a.problems, "; ")), " "))
	}
	return nil
}

// failWord records that zypper finds nothing for a word.
func (s *script) failWord(word string) {
	for i, own := range s.words {
		if own != word || s.failed[i] != nil {
			continue
		}
		switch w := s.request.Words[i]; {
		case w.File != "":
			s.failed[i] = errors.New("zypper cannot read the package file")
		case w.Version != "":
			s.failed[i] = fmt.Errorf("it is not offered in version %s by any package source", w.Version)
		default:
			s.failed[i] = errors.New("it is in none of the package sources")
		}
	}
}

// problem is a reason why the solver found no solution, with the solutions that zypper suggests.
type problem struct {
	reason    string
	solutions []string
}

// splitProblems parses descriptions:
//
//	Problem: nothing provides demo >= 9 needed by needs-new-1.0-1.noarch
//	 Solution 1: do not install needs-new-1.0-1.noarch
//	 Solution 2: break needs-new-1.0-1.noarch by ignoring some of its dependencies
func splitProblems(texts []string) []problem {
	var list []problem
	start := regexp.MustCompile(`^Problem(?: \d+)?: `)
	solution := regexp.MustCompile(`^ Solution \d+: `)
	for _, text := range texts {
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\n")
			last := len(list) - 1
			switch {
			case start.MatchString(line):
				_, reason, _ := strings.Cut(line, ": ")
				list = append(list, problem{reason: reason})
			case last < 0:
			case solution.MatchString(line):
				_, what, _ := strings.Cut(line, ": ")
				list[last].solutions = append(list[last].solutions, what)
			case len(list[last].solutions) > 0:
				list[last].solutions[len(list[last].solutions)-1] += "; " + strings.TrimSpace(line)
			case strings.TrimSpace(line) != "":
				list[last].reason += "; " + strings.TrimSpace(line)
			}
		}
	}
	return list
}

// blameWords records a problem as the failure of the words that the suggested solutions drop, or else of the words that
// the reason names.
func (s *script) blameWords(p problem) {
	giveUp := regexp.MustCompile(`^(?:do not install|keep(?: obsolete)?|do not forbid installation of) (\S+)|^do not ask to (?:install a solvable|delete all solvables) providing (\S+)`)
	blamed := false
	for _, solution := range p.solutions {
		if m := giveUp.FindStringSubmatch(solution); m != nil {
			blamed = s.blame(m[1]+m[2], p.reason) || blamed
		}
	}
	if blamed {
		return
	}
	for _, word := range strings.Fields(p.reason) {
		s.blame(strings.Trim(word, ",;'"), p.reason)
	}
}

// blame records a reason for the words about a package: NAME, NAME.ARCH or NAME-VERSION-RELEASE.ARCH, optionally with
// [REPOSITORY] at the end.
func (s *script) blame(text, reason string) bool {
	text, _, _ = strings.Cut(text, "[")
	blamed := false
	for i, w := range s.request.Words {
		base, _, _ := rpm.CutArch(text)
		if s.words[i] == "" || text != w.Name && base != w.Name && !rpm.IsVersionOf(text, w.Name) {
			continue
		}
		if s.failed[i] == nil {
			s.failed[i] = errors.New(reason)
		}
		blamed = true
	}
	return blamed
}

// checkAll marks the words that a solution leaves out as failed: zypper reports some of them as done.
func (s *script) checkAll(a answer) {
	for i, w := range s.request.Words {
		if s.words[i] != "" && !rpm.IsMet(w, s.installed, a.rows) {
			s.failed[i] = rpm.ErrLeftOut
		}
	}
}
