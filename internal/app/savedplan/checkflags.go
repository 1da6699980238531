package savedplan

import (
	"fmt"
	"slices"
)

// CheckFlags refuses flags that the saved plan answers: of those that say which
// site is meant, only values of sensitive variables may be given again.
func CheckFlags(given []string) error {
	for _, name := range []string{"node", "root", "target", "prune"} {
		if slices.Contains(given, name) {
			return fmt.Errorf("--%s is part of the saved plan and cannot be given again", name)
		}
	}
	return nil
}
