package rpm

import "time"

// OldestFetch returns the earliest fetch time of the repositories; zero if there are none, or one was never fetched.
func OldestFetch(repos []Repo, fetched func(Repo) (time.Time, error)) (oldest time.Time, err error) {
	for _, r := range repos {
		at, err := fetched(r)
		if err != nil || at.IsZero() {
			return time.Time{}, err
		}
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
	}
	return oldest, nil
}
