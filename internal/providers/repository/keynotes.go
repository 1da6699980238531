package repository

import (
	"fmt"
	"strings"
	"time"

	"converge/internal/pgp"
)

// mostKeys is how many keys of a keyring a note names.
const mostKeys = 2

// describeKeys names the keys that a repository is given. A distribution's keyring has many.
func describeKeys(keys []pgp.Key) []string {
	switch len(keys) {
	case 0:
		return nil
	case 1:
		return []string{"its key is " + keys[0].String()}
	}
	return []string{fmt.Sprintf("its %d keys are %s", len(keys), listKeys(keys))}
}

func listKeys(keys []pgp.Key) string {
	names := make([]string, 0, mostKeys)
	for _, k := range keys[:min(len(keys), mostKeys)] {
		names = append(names, k.String())
	}
	list := strings.Join(names, ", ")
	if more := len(keys) - len(names); more > 0 {
		return fmt.Sprintf("%s and %d more", list, more)
	}
	return list
}

// warnExpiry returns a warning about the keys that expire soon.
func (r *keyReader) warnExpiry(keys []pgp.Key) []string {
	var ending []pgp.Key
	first := time.Time{}
	for _, k := range keys {
		if k.Expires.IsZero() || k.Expires.Sub(r.now()) >= warnAhead {
			continue
		}
		if ending = append(ending, k); first.IsZero() || k.Expires.Before(first) {
			first = k.Expires
		}
	}
	if len(ending) == 0 {
		return nil
	}
	subject := "the signing key " + ending[0].String() + " expires"
	if len(ending) > 1 {
		subject = fmt.Sprintf("%d of its %d signing keys expire soon, %s; the first expires", len(ending), len(keys), listKeys(ending))
	}
	return []string{fmt.Sprintf("%s at %s, in %s: have the repository signed by another key, and name that one", subject, first.UTC().Format("2006-01-02"), formatDays(first.Sub(r.now())))}
}

func formatDays(d time.Duration) string {
	if n := int(d.Hours() / 24); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}
