package manifest

import (
	"testing"
	"time"
)

// TestParseAge shows valid and invalid times for keeping something.
func TestParseAge(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"0": 0, "0d": 0, "90d": 90 * day, "36h": 36 * time.Hour, "1d12h": 36 * time.Hour, "2d1h30m": 2*day + 90*time.Minute, "65535d": 65535 * day, "0s": 0,
		"": -1, "1": -1, "d": -1, "-1h": -1, "-1d": -1, "1.5d": -1, "1d-1h": -1, "65536d": -1, "1w": -1, "65535d2562047h": -1, "1h1d": -1, "1d 1h": -1,
	} {
		got, err := ParseAge(text)
		if (err == nil) != (want >= 0) || err == nil && got != want {
			t.Errorf("%q is %v (%v), want %v", text, got, err, want)
		}
	}
}

// FuzzParseAge: a time is never negative, and parsing its text returns it again.
func FuzzParseAge(f *testing.F) {
	for _, text := range []string{"0", "90d", "1d12h", "36h", "1h1d", "d", "-1h", "65535d2562047h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseAge(text)
		if err != nil {
			return
		}
		if again, err := ParseAge(d.String()); d < 0 || again != d || err != nil {
			t.Errorf("%q is %v, which is %v (%v)", text, d, again, err)
		}
	})
}
