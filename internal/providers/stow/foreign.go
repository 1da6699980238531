package stow

import (
	"fmt"
	"time"

	"converge/internal/stow/control"
	"converge/internal/stow/store"
)

// foreign names the holder of a package, if it is not converge: "" if there is
// none. A package that is shown and has no holder was taken from its holder; one
// that is not shown, with a record of a forced unstow, was taken from converge.
func (y *yard) foreign(name string, st store.State) (string, error) {
	mine, err := y.store.Mine(name)
	if err != nil || mine {
		return "", err
	}
	forced, was, err := y.store.Forced(name)
	if err != nil {
		return "", err
	}
	switch {
	case st.Holder != "":
		text := "managed by " + st.Holder
		if st.Installed != "" {
			text = "version " + control.ByName(st.Installed) + " is " + text
		}
		if was && forced.Mine {
			text += ", " + who(forced, "taken from converge")
		}
		return text, nil
	case st.Installed != "":
		text := "version " + control.ByName(st.Installed) + " is managed by nobody"
		if was {
			text += ", " + who(forced, "taken from "+forced.Holder)
		}
		return text, nil
	case was && forced.Mine:
		text := "unstowed by force"
		if forced.Version != "" {
			text = "version " + control.ByName(forced.Version) + " was " + text
		}
		return who(forced, text), nil
	}
	return "", nil
}

// who tells when something was forced, and by which user.
func who(f store.Forced, what string) string {
	if f.UID != "" {
		what += " by user " + f.UID
	}
	if !f.At.IsZero() {
		what += " at " + f.At.UTC().Format(time.RFC3339)
	}
	return what
}

// leftNote is how a plan tells of a package that is left alone.
func leftNote(f *finding) string {
	text := "left as it is: " + f.left
	if f.state.Interrupted {
		text += fmt.Sprintf(", whose change to %s was interrupted", f.state.To)
	}
	return text + " (adopt = true takes it over)"
}
