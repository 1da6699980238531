package store

import "strings"

// Goal is the end of a change that is under way, as :stowing records it.
type Goal struct {
	Version string // a disk name; "" unless a version is being stowed
	Config  bool   // it is about :config and not about versions
	Nothing bool   // it is being unstowed
}

const goalNothing = ":nothing"

// text returns the goal as the text of a link. base leads from the directory of
// the state to the one of the versions: "" at home, "../../../stow/foo/" in a
// view. Only the goal of a version is ever renamed to :installed, so only that link
// has to lead to something.
func (g Goal) text(base string) string {
	switch {
	case g.Config && g.Nothing:
		return Config + "/" + goalNothing
	case g.Config:
		return Config
	case g.Nothing:
		return goalNothing
	}
	return base + g.Version
}

// parseGoal is the inverse of text.
func parseGoal(text, base string) (Goal, bool) {
	switch text {
	case Config + "/" + goalNothing:
		return Goal{Config: true, Nothing: true}, true
	case Config:
		return Goal{Config: true}, true
	case goalNothing:
		return Goal{Nothing: true}, true
	}
	v, ok := parseVersion(text, base)
	return Goal{Version: v}, ok
}

// parseVersion reads the version that :installed or :stowing names.
func parseVersion(text, base string) (string, bool) {
	v, ok := strings.CutPrefix(text, base)
	return v, ok && IsVersion(v)
}

func (g Goal) String() string {
	if g.Version == "" {
		return g.text("")
	}
	return g.Version
}
