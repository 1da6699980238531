package stow

import (
	"fmt"
	"time"

	"converge/internal/stow/control"
	"converge/internal/stow/store"
)

// nameHolder names the holder of a package, if it is not converge: "" if there is
// none. A package that is shown and has no holder was taken from its holder; one
// that is not shown, with a record of a forced unstow, was taken from converge.
func (view *farmView) nameHolder(name string, st store.State) (string, error) {
	mine, err := view.store.Mine(name)
	if err != nil || mine {
		return "", err
	}
	forced, was, err := view.store.Forced(name)
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
			text += ", " + describeForced(forced, "taken from converge")
		}
		return text, nil
	case st.Installed != "":
		text := "version " + control.ByName(st.Installed) + " is managed by nobody"
		if was {
			text += ", " + describeForced(forced, "taken from "+forced.Holder)
		}
		return text, nil
	case was && forced.Mine:
		text := "unstowed by force"
		if forced.Version != "" {
			text = "version " + control.ByName(forced.Version) + " was " + text
		}
		return describeForced(forced, text), nil
	}
	return "", nil
}

// describeForced adds when something was forced, and by which user.
func describeForced(f store.Forced, what string) string {
	if f.UID != "" {
		what += " by user " + f.UID
	}
	if !f.At.IsZero() {
		what += " at " + f.At.UTC().Format(time.RFC3339)
	}
	return what
}

// leftNote describes a package that is left alone, as a plan does.
func leftNote(now *status) string {
	text := "left as it is: " + now.left
	if now.state.Interrupted {
		text += fmt.Sprintf(", whose change to %s was interrupted", now.state.To)
	}
	return text + " (adopt = true takes it over)"
}
