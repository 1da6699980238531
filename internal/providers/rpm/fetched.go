package rpm

import "time"

// OldestFetch returns when the repository that was fetched longest ago was; zero if there
// is none, or one that was never fetched.
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
