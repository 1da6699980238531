package config

// Verdict is what an update does to one file of :config.
type Verdict string

// The verdicts, as pacman has them.
const (
	Keep    Verdict = "keep"    // it stays
	Take    Verdict = "take"    // it is unedited, and becomes that of the new version
	Discard Verdict = "discard" // it is unedited, and the new version has none: it is removed
	Beside  Verdict = "beside"  // it is edited and stays: the new version's is written to FILE.new
	Retire  Verdict = "retire"  // it is edited, and the new version has none: it becomes FILE.old
	Stand   Verdict = "stand"   // as for the last two, but a person has put something else there: all stays
)

// Change is what happens to one file of :config.
type Change struct {
	Path    string // in :config
	Verdict Verdict
}

// tree is one of the three trees that an update compares.
type tree int

const (
	base tree = iota // the version before
	ours             // :config
	next             // the new version
)

// judgeEdit decides on a file of :config, by which versions have it. same compares it
// in two trees.
func judgeEdit(inBase, inNext bool, same func(a, b tree) (bool, error)) (Verdict, error) {
	edited := true
	if inBase {
		equal, err := same(ours, base)
		if err != nil {
			return Keep, err
		}
		edited = !equal
	}
	switch {
	case !inNext && !inBase:
		return Keep, nil
	case !inNext && edited:
		return Retire, nil
	case !inNext:
		return Discard, nil
	}
	if equal, err := same(ours, next); err != nil || equal {
		return Keep, err
	}
	if !edited {
		return Take, nil
	}
	if inBase {
		if equal, err := same(base, next); err != nil || equal {
			return Keep, err
		}
	}
	return Beside, nil
}
