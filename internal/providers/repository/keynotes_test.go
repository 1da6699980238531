package repository

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"converge/internal/pgp"
)

// A keyring has one note, however many keys it has.
func TestKeyNotes(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	ring := func(days ...int) (keys []pgp.Key) {
		for i, n := range days {
			k := pgp.Key{Fingerprint: fmt.Sprint("F", i), Name: fmt.Sprint("n", i)}
			if n > 0 {
				k.Expires = now.AddDate(0, 0, n)
			}
			keys = append(keys, k)
		}
		return keys
	}
	for _, c := range []struct {
		keys      []pgp.Key
		is, warns []string
	}{
		{keys: nil},
		{keys: ring(0), is: []string{"its key is F0 (n0)"}},
		{keys: ring(20), is: []string{"its key is F0 (n0)"}, warns: []string{"the signing key F0 (n0) expires at 2026-06-21, in 20 days: have the repository signed by another key, and name that one"}},
		{keys: ring(0, 400), is: []string{"its 2 keys are F0 (n0), F1 (n1)"}},
		{
			keys: ring(20, 0, 10, 12, 400), is: []string{"its 5 keys are F0 (n0), F1 (n1) and 3 more"},
			warns: []string{"3 of its 5 signing keys expire soon, F0 (n0), F2 (n2) and 1 more; the first expires at 2026-06-11, in 10 days: have the repository signed by another key, and name that one"},
		},
	} {
		r := &keyReader{now: func() time.Time { return now }}
		if is, warns := describeKeys(c.keys), r.warnExpiry(c.keys); !slices.Equal(is, c.is) || !slices.Equal(warns, c.warns) {
			t.Errorf("%v:\n%q\n%q", c.keys, is, warns)
		}
	}
}
