package rpm

import (
	"testing"
	"time"
)

func TestOldestFetch(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 5, n, 0, 0, 0, 0, time.UTC) }
	for name, tt := range map[string]struct {
		times map[string]time.Time
		want  time.Time
	}{
		"none":            {nil, time.Time{}},
		"several":         {map[string]time.Time{"a": day(3), "b": day(2), "c": day(4)}, day(2)},
		"one was not yet": {map[string]time.Time{"a": day(3), "b": {}}, time.Time{}},
	} {
		var repos []Repo
		for id := range tt.times {
			repos = append(repos, Repo{ID: id})
		}
		if got, err := OldestFetch(repos, func(r Repo) (time.Time, error) { return tt.times[r.ID], nil }); err != nil || !got.Equal(tt.want) {
			t.Errorf("%s: %v %v, want %v", name, got, err, tt.want)
		}
	}
}
